// Words of which some are picked; their order is that in which they were picked.

import { $, $$, h } from "./dom.js";

/** Return {element, refresh}. read() returns the selected words; changed(words) is called on every change. */
export function picks({ words, hint, choices, highest, read, changed }) {
  const buttons = choices.map(({ value, words: choice }) =>
    h("button", { type: "button", class: "quiet slim", "data-value": value, onclick: () => toggle(value) },
      h("span", { class: "rank number", "aria-hidden": "true" }), choice));
  const element = h("fieldset", { class: "field" },
    h("legend", {}, words, hint && h("span", { class: "hint" }, hint)), h("div", { class: "picks" }, ...buttons));

  function toggle(value) {
    const picked = read();
    changed(picked.includes(value) ? picked.filter((each) => each !== value) : [...picked, value]);
  }

  function refresh() {
    const picked = read();
    for (const button of $$("button", element)) {
      const rank = picked.indexOf(button.dataset.value) + 1;
      button.setAttribute("aria-pressed", String(rank > 0));
      button.disabled = rank === 0 && picked.length >= highest;
      $(".rank", button).textContent = rank > 0 && highest > 1 ? `${rank} ` : "";
    }
  }

  return { element, refresh };
}
