// The key's profiles: named settings for clients that should show something else.

import { get, put, remove } from "./api.js";
import { confirmed, fill, h, plural, say, sayUndoable, trying } from "./dom.js";
import { form } from "./form.js";
import { copyAddress, pattern } from "./key-addresses.js";
import { asked } from "./key-prompt.js";
import { chips } from "./key-settings.js";
import { sample, sampleOfDesign } from "./key-picture.js";
import { facts, kindWords, parseSettings, renameProfile, saveDesign, saveProfile, configureUrl, words } from "./settings.js";

/** Load the profiles and fill a place with them, and a form for another one. Throws a Refusal. */
export async function showProfiles(place) {
  const [{ profiles }, { settings }] = await Promise.all([get("/api/key/me/profiles"), get("/api/key/me/settings")]);
  const defaults = settings.default_profile ?? {};
  const none = h("p", { class: "empty" }, "No profiles yet. With a profile, an address can use other settings than your default.");
  fill(place, ...(profiles.length ? profiles.map((profile) => card(place, profile, defaults[profile.kind] === profile.name)) : [none]), newProfile(place, profiles));
}

async function showAgain(place, sentence) {
  await showProfiles(place);
  if (sentence) say(sentence);
  place.focus();
}

function card(place, profile, isDefault) {
  const { name, kind, settings, effective, design } = profile;
  const button = (text, work, label) =>
    h("button", { type: "button", class: "quiet slim", "aria-label": label, onclick: (event) => trying(event.currentTarget, work) }, text);
  const edit = design ? `/design?profile=${encodeURIComponent(name)}` : `${configureUrl(kind)}&profile=${encodeURIComponent(name)}`;
  const alt = `Sample of the profile ${name}`;
  const said = design ? ["Design", plural(design.elements?.length ?? 0, "element")] : words(kind, settings);
  return h("article", { class: "card settings-card" },
    design ? sampleOfDesign(kind, design, alt) : sample(kind, effective, "", alt),
    h("h3", {}, name),
    chips([kindWords(kind), isDefault && "Used by default", ...said].filter(Boolean), ""),
    h("p", { class: "address" }, h("code", {}, pattern(name, kind).shown)),
    h("div", { class: "row" },
      button("Copy address", () => copyAddress(pattern(name, kind)), `Copy the address of ${name}`),
      h("a", { class: "button quiet slim", href: edit, "aria-label": `Edit ${name}` }, "Edit"),
      !design && button("Paste a link", () => reshape(place, profile), `Paste a link for ${name}`),
      isDefault
        ? button("Stop using by default", () => useByDefault(place, profile, false), `Stop using ${name} by default`)
        : button("Use by default", () => useByDefault(place, profile, true), `Use ${name} by default`),
      button("Rename", () => rename(place, name), `Rename ${name}`),
      button("Delete", () => drop(place, profile), `Delete ${name}`)));
}

async function useByDefault(place, { name, kind }, isIt) {
  await put("/api/key/me/settings", { default_profile: { [kind]: isIt ? name : null } });
  await showAgain(place, isIt ? `Addresses with ${kind}-default now use ${name}.` : `Addresses with ${kind}-default use your settings again.`);
}

async function reshape(place, { name, kind, settings }) {
  const saved = await asked({
    title: `Settings of ${name}`,
    label: "Link from the configurator",
    long: true,
    work: (text) => saveProfile(name, kind, parseSettings(text, kind)),
  });
  if (!saved) return;
  await showAgain(place);
  sayUndoable(`${name} is saved.`, async () => {
    await saveProfile(name, kind, settings);
    await showAgain(place, `${name} is as before.`);
  });
}

async function rename(place, name) {
  const saved = await asked({
    title: `Rename ${name}`,
    label: "New name",
    hint: "a-z, 0-9, _ and -. Addresses with the old name stop working.",
    value: name,
    yes: "Rename",
    work: (wanted) => renameProfile(name, wanted),
  });
  if (saved) await showAgain(place, `Renamed to ${saved.name}.`);
}

async function drop(place, { name, kind, settings, design }) {
  if (!(await confirmed(`Delete the profile ${name}? Addresses with its name stop working.`, "Delete"))) return;
  await remove(`/api/key/me/profiles/${encodeURIComponent(name)}`);
  await showAgain(place);
  sayUndoable(`${name} is deleted.`, async () => {
    await (design ? saveDesign(name, kind, design) : saveProfile(name, kind, settings));
    await showAgain(place, `${name} is back.`);
  });
}

function newProfile(place, profiles) {
  const name = h("input", { id: "profile-name", required: true, maxlength: 64, pattern: "[a-z0-9][a-z0-9_\\-]*", title: "Use 1 to 64 lower-case letters, digits, - and _.", autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "living-room" });
  const kind = h("select", { id: "profile-kind" }, facts().kinds.map((each) => h("option", { value: each.kind }, each.words)));
  const link = h("input", { id: "profile-settings", autocomplete: "off", spellcheck: "false" });
  const create = async () => {
    if (profiles.some((each) => each.name === name.value)) throw new Error(`There is already a profile named ${name.value}.`);
    await saveProfile(name.value, kind.value, link.value.trim() ? parseSettings(link.value, kind.value) : await defaults(kind.value));
    await showAgain(place, `${name.value} is created.`);
  };
  return form(create, { class: "card new-profile" },
    h("h3", {}, "Create a profile"),
    h("div", { class: "stack" },
      h("div", {}, h("label", { for: "profile-name" }, "Name", h("span", { class: "hint" }, "a-z, 0-9, _ and -")), name),
      h("div", {}, h("label", { for: "profile-kind" }, "Kind", h("span", { class: "hint" }, "It cannot be changed later.")), kind),
      h("div", {}, h("label", { for: "profile-settings" }, "Link from the configurator", h("span", { class: "hint" }, "Leave empty to start with your default settings.")), link)),
    h("button", {}, "Create"));
}

async function defaults(kind) {
  return (await get("/api/key/me/settings")).settings[kind] ?? {};
}
