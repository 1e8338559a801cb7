// The other kinds of picture of the title that is shown, small, beside its preview.

import { fill, h } from "./dom.js";
import { roomFor } from "./live-pictures.js";

/**
 * Build them; returns {element, reserve, show}. reserve(kinds) keeps the space of these kinds, show(kinds, titleOf, queryOf) fills
 * it with their pictures; chosen(kind) is called on a click.
 */
export function otherKinds({ words, shapes, pictures, chosen }) {
  const element = h("div", { class: "others", role: "group", "aria-label": "Other pictures of this title" });
  const buttons = new Map();

  function button(kind) {
    const made = h("button", { type: "button", class: "other", "data-kind": kind, onclick: () => chosen(kind) },
      roomFor(shapes[kind]), h("span", {}, words(kind)));
    buttons.set(kind, made);
    return made;
  }

  function reserve(kinds) {
    fill(element, kinds.map((kind) => buttons.get(kind) ?? button(kind)));
    element.hidden = !kinds.length;
  }

  function show(kinds, titleOf, queryOf) {
    reserve(kinds);
    for (const kind of kinds) pictures.want(buttons.get(kind).firstElementChild, kind, titleOf(kind), queryOf(kind));
  }

  return { element, reserve, show };
}
