// Says whose settings are on the page and what was changed, and saves the difference: on the key, in a profile, or globally.

import { get } from "./api.js";
import { confirmed, fill, h, say, sayUndoable, trying } from "./dom.js";
import { globalQuestion } from "./affected.js";
import { asked } from "./key-prompt.js";
import { changeGlobally, changeProfile, changeSettings, kindWords, parameterWords, presetNamed, restoreGlobally } from "./settings.js";

const lower = (kind) => kindWords(kind).toLowerCase();

/**
 * Return {element, refresh} of the bar. read() returns {settings, kind, owner} as they are; saved(owner) is called with the
 * owner as it is saved now, and discarded() after the changes of the kind on the page were dropped.
 */
export function savingBar(read, saved, discarded) {
  const whose = h("strong", {});
  const state = h("span", { class: "small", role: "status" });
  const discard = h("button", { type: "button", class: "quiet", onclick: drop }, "Discard changes");
  const asProfile = h("button", { type: "button", class: "quiet", onclick: saveAsProfile }, "Save as profile…");
  const save = h("button", { type: "button", onclick: (event) => trying(event.currentTarget, keep) }, "Save");
  const note = h("p", { class: "small", hidden: true });
  const element = h("div", { class: "saving", hidden: true }, h("p", {}, whose, " ", state), note, h("div", { class: "row" }, save, asProfile, discard));

  function changes() {
    const { settings, owner } = read();
    const layer = (kind) => (owner.role === "admin" ? settings.start : owner.profile?.kind === kind ? settings.below : settings.normal);
    return Object.fromEntries(settings.kinds.map((kind) => [kind, settings.changesForAll(kind, layer(kind))]).filter(([, changed]) => Object.keys(changed).length));
  }

  // A key's default preset is its default profile; neither profiles nor the global settings can be one.
  function presets() {
    const { settings, owner } = read();
    const isOther = (kind) => settings.presetOf(kind) !== settings.start[kind].preset && owner.profile?.kind !== kind;
    return owner.role === "key" ? settings.kinds.filter(isOther) : [];
  }

  function unsaved() {
    const { settings } = read();
    const all = changes();
    for (const kind of presets()) all[kind] = { ...all[kind], preset: settings.presetOf(kind) };
    return all;
  }

  function refresh() {
    const { owner, kind, settings } = read();
    element.hidden = !owner;
    if (!owner) return;
    const changed = unsaved();
    const isHolder = owner.role === "key";
    const isProfile = owner.profile?.kind === kind;
    fill(whose, !isHolder ? "Global settings" : isProfile ? `Profile “${owner.profile.name}”` : `Key “${owner.name}”`);
    fill(state, changeWords(changed) || (isHolder ? "as saved" : "as saved, for every key without settings of its own"));
    fill(save, isHolder ? `Save to ${targets(owner, Object.keys(changed), kind)}` : "Save as global settings");
    const isMisplaced = settings.presetOf(kind) !== "" && (!isHolder || isProfile);
    if (isMisplaced) fill(state, isHolder ? "cannot be a preset; your key’s settings can" : "cannot be a preset; a key’s settings can");
    save.disabled = isMisplaced || !Object.keys(changed).length;
    discard.hidden = settings.isUnchanged(kind);
    asProfile.hidden = !isHolder || settings.presetOf(kind) !== "";
    const used = isHolder && !isProfile ? (owner.overrides.default_profile?.[kind] ?? "") : "";
    note.hidden = used === "" || presetNamed(used) !== "";
    if (!note.hidden) fill(note, `Addresses with ${kind}-default use the profile “${used}”, not these settings. `, h("a", { href: `/configure?profile=${encodeURIComponent(used)}` }, "Edit the profile"));
  }

  function drop() {
    const { settings, kind } = read();
    settings.reset(kind);
    discarded();
  }

  async function keep() {
    const { settings, owner } = read();
    const changed = changes();
    if (owner.role === "admin") {
      await keepGlobally(settings, owner, changed);
      return;
    }
    const { [owner.profile?.kind]: ofProfile, ...ofKey } = changed;
    const next = { ...owner };
    if (ofProfile) next.profile = await changeProfile(owner.profile.name, owner.profile.kind, ofProfile);
    const named = Object.fromEntries(presets().map((kind) => [kind, settings.presetOf(kind)]));
    if (Object.keys({ ...ofKey, ...named }).length) next.overrides = (await changeSettings(ofKey, named)).settings;
    saved(next);
    say(ofProfile ? `Saved in the profile “${owner.profile.name}”.` : `Saved as your key’s ${kindsIn({ ...ofKey, ...named })} settings.`);
  }

  async function keepGlobally(settings, owner, changed) {
    if (!(await confirmed(await globalQuestion(Object.keys(changed)), "Save for everybody", { destroys: false }))) return;
    const { settings: before } = await get("/api/admin/settings");
    const start = structuredClone(settings.start);
    await changeGlobally(changed);
    settings.settle(settings.chosen);
    saved(owner);
    sayUndoable(`Saved as global ${kindsIn(changed)} settings.`, async () => {
      await restoreGlobally(changed, before);
      settings.settle(start);
      saved(owner);
    });
  }

  async function saveAsProfile() {
    const { settings, kind, owner } = read();
    const made = await asked({
      title: `Save the ${lower(kind)} as a profile`,
      label: "Name",
      hint: "a-z, 0-9, _ and -. In an address it takes the place of " + `${kind}-default.`,
      work: async (name) => {
        const { profiles } = await get("/api/key/me/profiles");
        if (profiles.some((each) => each.name === name)) throw new Error(`There is already a profile named ${name}.`);
        return changeProfile(name, kind, Object.fromEntries(settings.pairsForAll(kind, settings.below)));
      },
    });
    if (!made) return;
    saved({ ...owner, profile: made });
    say(`Saved in the profile “${made.name}”.`);
  }

  return { element, refresh };
}

const kindsIn = (changed) => Object.keys(changed).map(lower).join(" and ");

function targets(owner, kinds, shown) {
  const own = (kinds.length ? kinds : [shown]).map((kind) => (owner.profile?.kind === kind ? `“${owner.profile.name}”` : "my key"));
  return [...new Set(own)].join(" and ");
}

function changeWords(changed) {
  const all = Object.entries(changed);
  const named = (each) => Object.keys(each).filter((name) => !["edge_inset_x", "edge_inset_y"].includes(name)); // saved with edge_inset
  const words = all.map(([kind, each]) => `${kindWords(kind)}: ${named(each).map((name) => (name === "preset" ? "preset" : parameterWords(kind, name))).join(", ")}`);
  return words.length ? `not saved yet – ${words.join("; ")}` : "";
}
