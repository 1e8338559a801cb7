// Looks as texts, as words and as choices of a key. What parameters there are stands on the page, in #facts.

import { put } from "./api.js";
import { $ } from "./dom.js";

let known = null;

/** Return what the page was told of looks: {kinds, controls, sites, films, episodes, …}. */
export function facts() {
  known ??= JSON.parse($("#facts").textContent);
  return known;
}

const controlsOf = (kind) => facts().controls.filter((control) => control.kinds.includes(kind));

/** Return what people call a kind. */
export const kindWords = (kind) => facts().kinds.find((each) => each.kind === kind)?.words ?? kind;

/**
 * Read what a link of the configurator, the address of a picture, or a query alone chooses for a kind: {name: text}.
 * Throws an Error with a sentence.
 */
export function readLook(text, kind) {
  const trimmed = text.trim();
  const at = trimmed.indexOf("?");
  if (at < 0 && !trimmed.includes("=")) throw new Error("This is no link with a look: there is no “?” in it.");
  const query = new URLSearchParams(trimmed.slice(at + 1).split("#")[0]);
  const shown = query.get("kind");
  const names = [...query.keys()];
  const isOther = names.some((name) => name.includes(".")) || (shown && shown !== kind);
  if (isOther && !names.some((name) => name.startsWith(`${kind}.`))) {
    throw new Error(`This link holds no look for the ${kindWords(kind).toLowerCase()}.`);
  }
  const chosen = {};
  for (const { name } of controlsOf(kind)) {
    const value = query.get(`${kind}.${name}`) ?? query.get(name);
    if (value) chosen[name] = value;
  }
  return chosen;
}

/** Return choices, {name: value}, as a query without "?". */
export function lookQuery(kind, parameters) {
  const query = new URLSearchParams();
  for (const { name } of controlsOf(kind)) {
    const value = parameters[name];
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  return query.toString().replaceAll("%2C", ",");
}

/** Return the page on which a look is shaped, with this one on it. */
export const shapingAt = (kind, parameters) => `/configure?${[`kind=${kind}`, lookQuery(kind, parameters)].filter(Boolean).join("&")}`;

/**
 * Make a look the key's own for its kind: what parameters does not name goes back to what everybody has.
 * Returns what /api/key/me/settings answers. Throws a Refusal.
 */
export const saveLook = (kind, parameters) => put("/api/key/me/settings", { [kind]: choices(kind, parameters) });

/** Choose for everybody what parameters names, for admins; all else stays as everybody has it. Throws a Refusal. */
export const saveForEverybody = (kind, parameters) =>
  put("/api/admin/settings", { settings: { [kind]: named(choices(kind, parameters)) } });

const named = (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));

/** Keep a look as the key's profile of this name, which is made when there is none. Throws a Refusal. */
export const saveProfile = (name, kind, parameters) =>
  put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { kind, settings: choices(kind, parameters, null) });

/** Call the key's profile something else. Throws a Refusal. */
export const renameProfile = (name, wanted) => put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { name: wanted });

// A PUT keeps what it does not name, so what is not chosen is taken back by name.
function choices(kind, parameters) {
  return Object.fromEntries(controlsOf(kind).map((control) => [control.name, typed(control, parameters[control.name])]));
}

const yes = new Set(["true", "1", "yes", "on"]);

function typed(control, value) {
  if (value === undefined || value === null || value === "") return null;
  switch (control.control) {
    case "switch": return typeof value === "boolean" ? value : yes.has(String(value).toLowerCase());
    case "slider": return Number(value);
    case "sites": return Array.isArray(value) ? value : String(value).split(",").filter(Boolean);
    default: return String(value);
  }
}

/** Spell choices for people, one short line each: ["Size: Large", "Textless: yes"]. */
export function words(kind, parameters) {
  return controlsOf(kind).filter(({ name }) => isChosen(parameters[name])).map((control) => sentence(control, kind, parameters[control.name]));
}

const isChosen = (value) => value !== undefined && value !== null && value !== "";

function sentence(control, kind, value) {
  return `${labelled(control, kind)}: ${valueWords(control, kind, value)}`;
}

// Two controls may share a label where they stand in groups; on a chip the group is said too.
function labelled(control, kind) {
  const isAlone = controlsOf(kind).filter(({ label }) => label === control.label).length === 1;
  return isAlone ? control.label : `${groupWords(control.group)}, ${control.label.toLowerCase()}`;
}

const groupWords = (group) => facts().groups.find((each) => each.value === group).words;

function valueWords(control, kind, value) {
  if (control.control === "switch") return value ? "yes" : "no";
  if (control.control === "sites") return siteWords(value) || "none";
  return control.bounds[kind].choices.find((each) => each.value === value)?.words ?? String(value);
}

const siteWords = (sites) => sites.map((site) => facts().sites.find((each) => each.value === site)?.words ?? site).join(", ");
