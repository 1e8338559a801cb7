// The key's profiles: looks under names of their own, for clients that shall show something else.

import { get, remove } from "./api.js";
import { $, confirmed, fill, h, say, trying } from "./dom.js";
import { copyAddress, pattern } from "./key-addresses.js";
import { asked } from "./key-asking.js";
import { chips } from "./key-looks.js";
import { sample } from "./key-picture.js";
import { facts, kindWords, readLook, renameProfile, saveProfile, shapingAt, words } from "./looks.js";

/** Fill a place with the profiles, and a form for another one. */
export function showProfiles(place, profiles) {
  const none = h("p", { class: "empty" }, "No profiles yet. With one, an address can ask for another look than your default.");
  fill(place, ...(profiles.length ? profiles.map((profile) => card(place, profile)) : [none]), form(place, profiles));
}

async function shownAnew(place, sentence) {
  showProfiles(place, (await get("/api/key/me/profiles")).profiles);
  say(sentence);
  place.focus();
}

function card(place, profile) {
  const { name, kind, settings, effective } = profile;
  const button = (text, work, label) =>
    h("button", { type: "button", class: "quiet slim", "aria-label": label, onclick: (event) => trying(event.currentTarget, work) }, text);
  return h("article", { class: "card look" },
    sample(kind, effective, `Sample with the look of the profile ${name}`),
    h("h3", {}, name),
    chips([kindWords(kind), ...words(kind, settings)], ""),
    h("p", { class: "address" }, h("code", {}, pattern(name, kind).shown)),
    h("div", { class: "row" },
      button("Copy address", () => copyAddress(pattern(name, kind)), `Copy the address of ${name}`),
      h("a", { class: "button quiet slim", href: `${shapingAt(kind, settings)}&profile=${encodeURIComponent(name)}`, "aria-label": `Shape ${name}` }, "Shape it"),
      button("Paste a link", () => reshape(place, profile), `Paste a link for ${name}`),
      button("Rename", () => rename(place, name), `Rename ${name}`),
      button("Delete", () => drop(place, name), `Delete ${name}`)));
}

async function reshape(place, { name, kind }) {
  const saved = await asked({
    title: `A look for ${name}`,
    label: "Link from the configurator",
    long: true,
    work: (text) => saveProfile(name, kind, readLook(text, kind)),
  });
  if (saved) await shownAnew(place, `${name} has another look now.`);
}

async function rename(place, name) {
  const saved = await asked({
    title: `Rename ${name}`,
    label: "New name",
    hint: "a-z, 0-9, _ and -. Addresses with the old name stop.",
    value: name,
    yes: "Rename",
    work: (wanted) => renameProfile(name, wanted),
  });
  if (saved) await shownAnew(place, `It is called ${saved.name} now.`);
}

async function drop(place, name) {
  if (!(await confirmed(`Delete the profile ${name}? Addresses with its name stop.`, "Delete"))) return;
  await remove(`/api/key/me/profiles/${encodeURIComponent(name)}`);
  await shownAnew(place, `${name} is deleted.`);
}

function form(place, profiles) {
  const name = h("input", { id: "profile-name", required: true, maxlength: 64, pattern: "[a-z0-9][a-z0-9_\\-]*", autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "living-room" });
  const kind = h("select", { id: "profile-kind" }, facts().kinds.map((each) => h("option", { value: each.kind }, each.words)));
  const link = h("input", { id: "profile-look", autocomplete: "off", spellcheck: "false" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const create = async () => {
    problem.hidden = true;
    try {
      if (profiles.some((each) => each.name === name.value)) throw new Error(`There is a profile called ${name.value} already.`);
      await saveProfile(name.value, kind.value, link.value.trim() ? readLook(link.value, kind.value) : await defaults(kind.value));
    } catch (refusal) {
      fill(problem, refusal.message);
      problem.hidden = false;
      return;
    }
    await shownAnew(place, `${name.value} is there.`);
  };
  const submit = (event) => {
    event.preventDefault();
    trying($("button", event.currentTarget), create);
  };
  return h("form", { class: "card new-profile", onsubmit: submit },
    h("h3", {}, "Make a profile"),
    h("div", { class: "stack" },
      h("div", {}, h("label", { for: "profile-name" }, "Name", h("span", { class: "hint" }, "a-z, 0-9, _ and -")), name),
      h("div", {}, h("label", { for: "profile-kind" }, "Kind", h("span", { class: "hint" }, "It cannot be changed later.")), kind),
      h("div", {}, h("label", { for: "profile-look" }, "Link from the configurator", h("span", { class: "hint" }, "Leave it empty to begin with your default look.")), link)),
    problem,
    h("button", {}, "Make it"));
}

async function defaults(kind) {
  return (await get("/api/key/me/settings")).settings[kind] ?? {};
}
