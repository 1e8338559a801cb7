// Designs that were not saved, kept in this browser: each visit of the page keeps its own, and offers those of earlier ones.

import { facts, readDocument, documentOf } from "./design-document.js";

const STORED = "marquee-design-drafts";
const MOST = 5;
const visit = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

function load() {
  try {
    const drafts = JSON.parse(localStorage.getItem(STORED));
    return Array.isArray(drafts) ? drafts : [];
  } catch {
    return [];
  }
}

function store(drafts) {
  try {
    if (drafts.length) localStorage.setItem(STORED, JSON.stringify(drafts.slice(-MOST)));
    else localStorage.removeItem(STORED);
    return true;
  } catch {
    return false;
  }
}

/** Keep the design of this visit, with where it belongs and what is saved there. Returns whether the browser lets us. */
export const keepDraft = (design, origin, saved) =>
  store([...load().filter((each) => each.visit !== visit), { visit, at: Date.now(), document: documentOf(design), origin, saved }]);

/** Forget the draft of a visit; of this one, if none is named. */
export const forgetDraft = (which = visit) => store(load().filter((each) => each.visit !== which));

/** Return the latest draft of an earlier visit, {visit, at, design, origin, saved, words}, or null. */
export function earlierDraft() {
  for (const draft of load().filter((each) => each.visit !== visit).reverse()) {
    try {
      const design = readDocument(draft.document);
      const kind = facts.kinds.find((each) => each.kind === design.kind).words.toLowerCase();
      return { ...draft, design, words: `${kind}, ${design.elements.length} ${design.elements.length === 1 ? "element" : "elements"}` };
    } catch {
      forgetDraft(draft.visit); // of a version that had other elements
    }
  }
  return null;
}
