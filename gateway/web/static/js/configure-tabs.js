// Tabs: one of them can be focused, the arrow keys move between them.

import { $$, h } from "./dom.js";

/** Return a list of tabs for entries [value, words]; chosen(value) is told when another one is. */
export function tabs({ label, entries, panel, chosen }) {
  const buttons = entries.map(([value, words]) =>
    h("button", { type: "button", role: "tab", class: "tab", "data-value": value, "aria-controls": panel, onclick: () => chosen(value) }, words));
  const element = h("div", { role: "tablist", class: "tabs", "aria-label": label, onkeydown: go }, ...buttons);

  function go(event) {
    const all = $$("[role=tab]", element);
    const now = all.indexOf(document.activeElement);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    chosen(next.dataset.value);
    next.focus();
  }

  function show(value) {
    for (const button of buttons) {
      const isIt = button.dataset.value === value;
      button.setAttribute("aria-selected", String(isIt));
      button.tabIndex = isIt ? 0 : -1;
    }
  }

  return { element, show };
}
