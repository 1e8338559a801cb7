// What a design starts from: nothing, a preset, a look that parameters make, or a profile of the key.

import { get } from "./api.js";
import { h, openModal, trying } from "./dom.js";
import { blankDesign, facts, readDocument } from "./design-document.js";
import { Picture, thumb } from "./design-preview.js";

const ABOUT_THE_PAGE = ["kind", "id", "profile", "preset"]; // the rest of its address are settings to start from

/** Where a design belongs that is neither a profile nor a preset. */
export const NOWHERE = { role: "", name: "" };
const kindOf = (kind) => facts.kinds.find((each) => each.kind === kind);

/** Return the presets, [{name, title, kind, settings, design}]. Throws a Refusal. */
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
async function fromPreset(name) {
  const preset = (await loadPresets()).find((each) => each.name === name);
  if (!preset) throw new Error(`There is no preset named ${name}.`);
  return { design: await designOf(preset), origin: { role: "preset", name } };
}

/** Return {design, origin} of a profile. Throws an Error. */
async function fromProfile(name, user) {
  const profile = (await loadProfiles(user)).find((each) => each.name === name);
  if (!profile) throw new Error(`There is no profile named ${name}.`);
  return { design: await designOf(profile), origin: { role: "profile", name } };
}

/** Ask what to start from, with pictures of a title, {film, episode}; opened({design, origin}) is called with the answer. */
export async function askForStart(titles, user, opened) {
  const [presets, profiles] = await Promise.all([loadPresets(), loadProfiles(user)]);
  const pictures = [];
  const button = (attributes, work, ...children) => h("li", {}, h("button", {
    ...attributes, type: "button", onclick: (event) => trying(event.currentTarget, async () => { opened(await work()); dialog.close(); }),
  }, ...children));
  const plain = (words, work) => button({ class: "quiet" }, work, words);
  const pictured = ({ kind, design }, words, work) => {
    const { canvas, size, words: kindName } = kindOf(kind);
    const { frame, image } = thumb(canvas);
    if (design) pictures.push(() => new Picture(image).show(design, kind === "episode" ? titles.episode : titles.film, size, "", true));
    return button({}, work, frame, h("strong", {}, words), h("span", { class: "small" }, kindName));
  };
  const section = (title, kind, items) => items.length > 0 && [h("h3", {}, title), h("ul", { class: kind }, items)];
  const look = user?.role === "key" ? "My key’s look" : "The default look";
  const dialog = h("dialog", { class: "ask start", "aria-labelledby": "start-title" },
    h("h2", { id: "start-title", tabindex: "-1", autofocus: true }, "Start from"),
    section("New", "starts", facts.kinds.map(({ kind, words }) => plain(`Blank ${words.toLowerCase()}`, () => ({ design: blankDesign(kind), origin: NOWHERE })))),
    section(look, "starts", facts.kinds.map(({ kind, words }) => plain(words, async () => ({ design: await lookOf(kind, user), origin: NOWHERE })))),
    section("Presets", "thumbs", presets.map((each) => pictured(each, each.title, () => fromPreset(each.name)))),
    section("Profiles of my key", "thumbs", profiles.map((each) => pictured(each, each.name, () => fromProfile(each.name, user)))),
    h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel")));
  openModal(dialog);
  for (const show of pictures) {
    if (!dialog.open) return;
    await show().catch(() => {}); // a name without a picture can be chosen as well
  }
}

/** Return what the page's address asks for, {design, origin}. Throws an Error. */
export async function fromAddress(query, user) {
  if (query.get("profile")) return fromProfile(query.get("profile"), user);
  if (query.get("preset")) return fromPreset(query.get("preset"));
  const { kind } = kindOf(query.get("kind")) ?? facts.kinds[0];
  const settings = Object.fromEntries([...query].filter(([name]) => !ABOUT_THE_PAGE.includes(name)));
  return { design: await lookOf(kind, user, settings), origin: NOWHERE };
}
