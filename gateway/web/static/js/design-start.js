// What a design starts from: nothing, a preset, a look that parameters make, or a profile of the key.

import { get } from "./api.js";
import { h, openModal, trying } from "./dom.js";
import { blankDesign, facts, readDocument } from "./design-document.js";

const ABOUT_THE_PAGE = ["kind", "id", "profile", "preset"]; // the rest of its address are settings to start from

/** Where a design belongs that is neither a profile nor a preset. */
export const NOWHERE = { role: "", name: "" };
const kindWords = (kind) => facts.kinds.find((each) => each.kind === kind).words;

/** Return the presets, [{name, kind, design}]. Throws a Refusal. */
export const loadPresets = async () => (await get("/api/presets")).presets;

/** Return the key's profiles; none for those who have no key. Throws a Refusal. */
export const loadProfiles = async (user) => (user?.role === "key" ? (await get("/api/key/me/profiles")).profiles : []);

/**
 * Return the design of the look of a kind: that of the key which is signed in, else that of the installation; with
 * other settings on top of it, if there are any. Throws a Refusal.
 */
export async function lookOf(kind, user, others = {}) {
  const own = user?.role === "key" ? ((await get("/api/key/me/settings")).settings[kind] ?? {}) : {};
  return ofSettings(kind, { ...own, ...others });
}

async function ofSettings(kind, settings) {
  const chosen = Object.entries(settings).filter(([, value]) => value !== null && value !== "");
  const query = new URLSearchParams([["kind", kind], ...chosen.map(([name, value]) => [name, String(value)])]);
  return readDocument((await get(`/api/design/from?${query}`)).design);
}

// One of parameters becomes a design when it is saved.
async function designOf({ kind, design, settings, effective = settings }) {
  return design ? readDocument(design) : ofSettings(kind, effective);
}

/** Return {design, origin} of a preset. Throws an Error. */
export async function fromPreset(name) {
  const preset = (await loadPresets()).find((each) => each.name === name);
  if (!preset) throw new Error(`There is no preset named ${name}.`);
  return { design: await designOf(preset), origin: { role: "preset", name } };
}

/** Return {design, origin} of a profile. Throws an Error. */
export async function fromProfile(name, user) {
  const profile = (await loadProfiles(user)).find((each) => each.name === name);
  if (!profile) throw new Error(`There is no profile named ${name}.`);
  return { design: await designOf(profile), origin: { role: "profile", name } };
}

/** Ask what to start from; opened({design, origin}) is called with it. */
export async function askForStart(kind, user, opened) {
  const [presets, profiles] = await Promise.all([loadPresets(), loadProfiles(user)]);
  const start = (words, work, hint) => h("li", {}, h("button", {
    type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, async () => { opened(await work()); dialog.close(); }),
  }, h("span", {}, words), hint && h("span", { class: "small" }, hint)));
  const section = (title, items) => items.length > 0 && [h("h3", {}, title), h("ul", { class: "starts" }, items)];
  const look = user?.role === "key" ? "The look of my key" : "The usual look";
  const dialog = h("dialog", { class: "ask start", "aria-labelledby": "start-title" },
    h("h2", { id: "start-title", tabindex: "-1", autofocus: true }, "Start from"),
    section("New", facts.kinds.map((each) => start(`Blank ${each.words.toLowerCase()}`, () => ({ design: blankDesign(each.kind), origin: NOWHERE })))),
    section(look, facts.kinds.map((each) => start(each.words, async () => ({ design: await lookOf(each.kind, user), origin: NOWHERE })))),
    section("Presets", presets.map((each) => start(each.name, () => fromPreset(each.name), kindWords(each.kind)))),
    section("Profiles of my key", profiles.map((each) => start(each.name, () => fromProfile(each.name, user), kindWords(each.kind)))),
    h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel")));
  openModal(dialog);
}

/** Return what the page's address asks for, {design, origin}. Throws an Error. */
export async function fromAddress(query, user) {
  if (query.get("profile")) return fromProfile(query.get("profile"), user);
  if (query.get("preset")) return fromPreset(query.get("preset"));
  const kind = facts.kinds.find((each) => each.kind === query.get("kind"))?.kind ?? facts.kinds[0].kind;
  const settings = Object.fromEntries([...query].filter(([name]) => !ABOUT_THE_PAGE.includes(name)));
  return { design: await lookOf(kind, user, settings), origin: NOWHERE };
}
