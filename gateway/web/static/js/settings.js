// Settings as text, as words and as overrides. The page describes the parameters in #facts.

import { put } from "./api.js";
import { $ } from "./dom.js";

let known = null;

/** Return the page's description of the parameters: {kinds, controls, sites, films, episodes, …}. */
export function facts() {
  known ??= JSON.parse($("#facts").textContent);
  return known;
}

const controlsOf = (kind) => facts().controls.filter((control) => control.kinds.includes(kind));

/** Return the label of a kind. */
export const kindWords = (kind) => facts().kinds.find((each) => each.kind === kind)?.words ?? kind;

/**
 * Parse the settings of a kind from a link of the configurator, a picture's address, or a query: {name: text}.
 * Throws an Error with a message.
 */
export function parseSettings(text, kind) {
  const trimmed = text.trim();
  const at = trimmed.indexOf("?");
  if (at < 0 && !trimmed.includes("=")) throw new Error("This link has no settings: it contains no “?”.");
  const query = new URLSearchParams(trimmed.slice(at + 1).split("#")[0]);
  const shown = query.get("kind");
  const names = [...query.keys()];
  const isOther = names.some((name) => name.includes(".")) || (shown && shown !== kind);
  if (isOther && !names.some((name) => name.startsWith(`${kind}.`))) {
    throw new Error(`This link has no settings for the ${kindWords(kind).toLowerCase()}.`);
  }
  const preset = query.get(`${kind}.preset`) ?? query.get("preset");
  if (preset) throw new Error(`This link uses the preset ${preset}. Open it while signed in, and save it to your key there.`);
  const chosen = {};
  for (const { name } of controlsOf(kind)) {
    const value = query.get(`${kind}.${name}`) ?? query.get(name);
    if (value) chosen[name] = value;
  }
  return chosen;
}

/** Return overrides, {name: value}, as a query without "?". */
export function settingsQuery(kind, parameters) {
  const query = new URLSearchParams();
  for (const { name } of controlsOf(kind)) {
    const value = parameters[name];
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  return query.toString().replaceAll("%2C", ",");
}

/** Return the address of the configuration page for a kind of the key's own pictures. */
export const configureUrl = (kind) => `/configure?kind=${kind}`;

/**
 * Save settings of a kind on the key; parameters that are not named are reset. presets, {kind: name}, is as in changeSettings.
 * Returns the answer of /api/key/me/settings. Throws a Refusal.
 */
export const saveSettings = (kind, parameters, presets = {}) =>
  put("/api/key/me/settings", { [kind]: choices(kind, parameters), ...defaultPresets(presets) });

/**
 * Save changes of some kinds on the key, {kind: {name: text, or null to remove it}}, and the presets of some, {kind: name, or
 * empty for none}; everything else stays. Throws a Refusal.
 */
export const changeSettings = (changes, presets = {}) => put("/api/key/me/settings", { ...typedChanges(changes), ...defaultPresets(presets) });

const PRESET = "preset-"; // before a preset's name, where a style or a profile is named

/** Return the name of the preset that a default profile is; empty if it is none. */
export const presetNamed = (name) => (name?.startsWith(PRESET) ? name.slice(PRESET.length) : "");

const defaultPresets = (presets) => (Object.keys(presets).length
  ? { default_profile: Object.fromEntries(Object.entries(presets).map(([kind, name]) => [kind, name ? PRESET + name : null])) } : {});

/** Save changes in the global settings, for admins; everything else stays. Throws a Refusal. */
export const changeGlobally = (changes) => put("/api/admin/settings", { settings: typedChanges(changes) });

/** Put the global settings of some kinds back to what they were, {kind: {name: value}}, in everything that changes name. */
export const restoreGlobally = (changes, before) =>
  put("/api/admin/settings", { settings: Object.fromEntries(Object.entries(changes).map(([kind, changed]) => [kind,
    Object.fromEntries(Object.keys(changed).map((name) => [name, before[kind]?.[name] ?? null]))])) });

/** Save changes of a profile, which is created if needed; everything else stays. Throws a Refusal. */
export const changeProfile = (name, kind, changes) =>
  put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { kind, settings: typedChanges({ [kind]: changes })[kind] });

const typedChanges = (changes) => Object.fromEntries(Object.entries(changes).map(([kind, changed]) => [kind,
  Object.fromEntries(controlsOf(kind).filter(({ name }) => name in changed).map((control) => [control.name, typed(control, changed[control.name])]))]));

/** Save settings in a profile of the key, which is created if needed. Throws a Refusal. */
export const saveProfile = (name, kind, parameters) =>
  put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { kind, settings: choices(kind, parameters, null) });

/** Save a design in a profile of the key, which is created if needed. Throws a Refusal. */
export const saveDesign = (name, kind, design) => put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { kind, design });

/** Rename a profile. Throws a Refusal. */
export const renameProfile = (name, wanted) => put(`/api/key/me/profiles/${encodeURIComponent(name)}`, { name: wanted });

// A PUT keeps what it does not name, so parameters are removed by name.
function choices(kind, parameters) {
  return Object.fromEntries(controlsOf(kind).map((control) => [control.name, typed(control, parameters[control.name])]));
}

const yes = new Set(["true", "1", "yes", "on"]);

function typed(control, value) {
  if (value === undefined || value === null || value === "") return null;
  switch (control.control) {
    case "switch": return typeof value === "boolean" ? value : yes.has(String(value).toLowerCase());
    case "slider": return Number(value);
    case "picks":
    case "list":
    case "sites": return Array.isArray(value) ? value : String(value).split(",").filter(Boolean);
    default: return String(value);
  }
}

/** Return the label of a parameter of a kind; where two have the same one, with its group. */
export const parameterWords = (kind, name) => labelled(controlsOf(kind).find((each) => each.name === name), kind);

/** Describe overrides, one line each: ["Size: Large", "Textless: yes"]. */
export function words(kind, parameters) {
  return controlsOf(kind).filter(({ name }) => isChosen(parameters[name])).map((control) => sentence(control, kind, parameters[control.name]));
}

const isChosen = (value) => value !== undefined && value !== null && value !== "";

function sentence(control, kind, value) {
  return `${labelled(control, kind)}: ${valueWords(control, kind, value)}`;
}

// Controls in different groups may share a label; a chip then names the group as well.
function labelled(control, kind) {
  const isAlone = controlsOf(kind).filter(({ label }) => label === control.label).length === 1;
  return isAlone ? control.label : `${groupWords(control.group)}, ${control.label.toLowerCase()}`;
}

const groupWords = (group) => facts().groups.find((each) => each.value === group).words;

function valueWords(control, kind, value) {
  if (control.control === "switch") return value ? "yes" : "no";
  if (control.control === "sites") return siteWords(value) || "none";
  if (["list", "picks"].includes(control.control)) return [value].flat().map((one) => choiceWords(control, kind, one)).join(", ") || "none";
  return choiceWords(control, kind, value);
}

const choiceWords = (control, kind, value) => control.bounds[kind].choices.find((each) => each.value === value)?.words ?? String(value);

const siteWords = (sites) => sites.map((site) => facts().sites.find((each) => each.value === site)?.words ?? site).join(", ");
