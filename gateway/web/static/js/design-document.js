// A design as a document: elements with all their values, the canonical text of the service, links, and how it is read.

import { $ } from "./dom.js";

const LONGEST_LINK = 2048; // bytes of canonical text

export const facts = JSON.parse($("#facts").textContent);
const types = new Map(facts.elements.map((each) => [each.type, each]));
const defaultOf = (field) => field.default ?? null;
const defaultsOf = (fields) => Object.fromEntries(fields.map((field) => [field.name, structuredClone(defaultOf(field))]));
let last = 0;

/** Return the fields and the name of a type of elements: {type, words, fields, new}. */
export const typeOf = (element) => types.get(element.values.type);
const siteName = (site) => facts.sites.find(({ value }) => value === site)?.words ?? site;

/** Return the name of an element, as people read it. */
export function nameOf(element) {
  const { values } = element;
  const detail = values.type === "text" ? values.text : values.site ? siteName(values.site) : "";
  return detail ? `${typeOf(element).words}: ${detail}` : typeOf(element).words;
}

/** Return a design without elements: {kind, art, elements}. */
export const blankDesign = (kind) => ({ kind, art: defaultsOf(facts.art), elements: [] });

/** Return a new element, {id, isHidden, isLocked, values}; only the values belong to the document. */
export function newElement(type, given = types.get(type).new) {
  last += 1;
  const values = { type, ...defaultsOf(types.get(type).fields), when: [], ...structuredClone(given) };
  return { id: `e${last}`, isHidden: false, isLocked: false, values };
}

/** Return the document of a design; without what is hidden if only the visible part is wanted. */
export function documentOf(design, { isOnlyVisible = false } = {}) {
  const art = sparse(design.art, facts.art);
  const elements = design.elements.filter(({ isHidden }) => !isOnlyVisible || !isHidden).map(plain);
  return { version: 1, kind: design.kind, ...(Object.keys(art).length && { art }), ...(elements.length && { elements }) };
}

/** Return an element's part of the document. */
export function plain(element) {
  const { type, when } = element.values;
  return { type, ...sparse(element.values, typeOf(element).fields), ...(when.length && { when }) };
}

function sparse(values, fields) {
  const kept = fields.filter((field) => field.is_required || !same(values[field.name], defaultOf(field)));
  return Object.fromEntries(kept.map(({ name }) => [name, values[name]]));
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Return the text that the service keeps: names in order, without defaults. */
export function canonicalText(design) {
  const { version, ...rest } = documentOf(design);
  return sorted(rest);
}

function sorted(value) {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${sorted(value[name])}`).join()}}`;
}

export const sizeOfText = (text) => new TextEncoder().encode(text).length;

/** Return the design of a document. Throws an Error that says what is wrong. */
export function readDocument(document) {
  if (document === null || typeof document !== "object" || Array.isArray(document)) throw new Error("This is not a design.");
  const { version = 1, kind, art = {}, elements = [] } = document;
  if (version !== 1) throw new Error("version must be 1.");
  if (!facts.kinds.some((each) => each.kind === kind)) throw new Error(`kind must be one of ${facts.kinds.map((each) => each.kind).join(", ")}.`);
  if (!Array.isArray(elements)) throw new Error("elements must be a list.");
  if (elements.length > facts.most.elements) throw new Error(`A design has at most ${facts.most.elements} elements.`);
  return { kind, art: { ...defaultsOf(facts.art), ...checked(art, facts.art, "art") }, elements: elements.map((each, nth) => readElement(each, `elements[${nth}]`)) };
}

/** Return an element of a document. Throws an Error that names its path. */
export function readElement(given, path) {
  const { type, when = [], ...values } = given ?? {};
  if (!types.has(type)) throw new Error(`${path}.type must be one of ${[...types.keys()].join(", ")}.`);
  const isCondition = (each) => Array.isArray(each) && each.length === 3 && facts.operators.some(({ value }) => value === each[1]);
  if (!Array.isArray(when) || !when.every(isCondition)) throw new Error(`${path}.when must be a list of conditions such as ["year", "ge", 2000].`);
  return newElement(type, { ...checked(values, types.get(type).fields, path), when });
}

function checked(values, fields, path) {
  const kept = Object.entries(values).map(([name, value]) => {
    const field = fields.find((each) => each.name === name);
    if (!field) throw new Error(`${path}.${name} is not known.`);
    const sentence = problemOf(field, value);
    if (sentence) throw new Error(`${path}.${name} ${sentence}`);
    return [name, normal(field, value)];
  });
  for (const { name, is_required: isRequired } of fields) if (isRequired && !(name in values)) throw new Error(`${path}.${name} is missing.`);
  return Object.fromEntries(kept);
}

// As the service keeps it: colours in lower case, and each of a list's words once.
const normal = ({ control }, value) => (control === "colour" ? value.toLowerCase() : control === "list" ? [...new Set(value)] : value);

/** Return what is wrong with a value, as the end of a sentence, or an empty text. */
export function problemOf(field, value) {
  const { control, lowest = 0, highest = 0, choices = [] } = field;
  const isChoice = (each) => choices.some((choice) => choice.value === each);
  if (control === "number") return Number.isInteger(value) && value >= lowest && value <= highest ? "" : `must be a whole number from ${lowest} to ${highest}.`;
  if (control === "switch") return typeof value === "boolean" ? "" : "must be true or false.";
  if (control === "choice") return isChoice(value ?? "") ? "" : `must be one of ${choices.map((each) => each.value).filter(Boolean).join(", ")}.`;
  if (control === "list") return Array.isArray(value) && value.length >= lowest && value.every(isChoice) ? "" : `must list some of ${choices.map((each) => each.value).join(", ")}.`;
  if (control === "colour") return /^#[0-9a-f]{6}$/i.test(value) || (field.has_auto && value === "auto") ? "" : "must be a colour such as #ffcc00.";
  return typeof value === "string" && value.length >= lowest && value.length <= highest ? "" : `must have ${lowest} to ${highest} characters.`;
}

/** Return what is after "#" in a link that holds a design. Throws an Error if the design is too large. */
export function linkOf(design) {
  const text = canonicalText(design);
  if (sizeOfText(text) > LONGEST_LINK) throw new Error("This design is too large for a link, which holds 2 KB. Export it as a file.");
  const coded = btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  return `d=${coded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** Return the design of such a link; null if the link holds none. Throws an Error. */
export function designOfLink(hash) {
  const coded = new URLSearchParams(hash.replace(/^#/, "")).get("d");
  if (!coded) return null;
  let document;
  try {
    const bytes = Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("The design in this link is damaged.");
  }
  return readDocument(document);
}
