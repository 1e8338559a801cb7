// A small picture on which to click the position of the badges.

import { $, $$, h } from "./dom.js";

/** Return {element, refresh, showArt}. choices are the places; shape is [width, height] of the picture. */
export function positionPicker({ name, words, hint, choices, shape, read, changed }) {
  const art = h("img", { alt: "", hidden: true });
  const said = h("output", { class: "small" });
  const spots = choices.map(({ value, words: place }) =>
    h("label", { class: `spot at-${value}`, title: place },
      h("input", { type: "radio", name, value, onchange: () => changed(value) }),
      h("span", { class: "badge", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("span", { class: "unseen" }, place)));
  const canvas = h("div", { class: "canvas" }, art, ...spots);
  canvas.style.aspectRatio = `${shape[0]} / ${shape[1]}`;
  canvas.style.maxWidth = shape[0] < shape[1] ? "11.5rem" : "19rem";

  function refresh() {
    const now = read();
    for (const input of $$("input", canvas)) input.checked = input.value === now;
    said.textContent = choices.find(({ value }) => value === now)?.words ?? "";
  }

  function showArt(url) {
    art.src = url;
    art.hidden = false;
  }

  const element = h("fieldset", { class: "field places" },
    h("legend", {}, words, h("span", { class: "hint" }, hint)), canvas, said);
  return { element, refresh, showArt };
}
