// The bar that stays in view: a client, the line that it needs, and Copy.

import { fill, h } from "./dom.js";

export const EMPTY = "Leave this field empty.";

/** Build it; returns {element, show}. show(snippet) shows a client's; chosen(client) and copied(text, label, element) are called. */
export function copyBar({ entries, chosen, copied }) {
  const client = h("select", { id: "bar-client", onchange: () => chosen(client.value) },
    ...entries.map(({ value, words }) => h("option", { value }, words)));
  const field = h("select", { id: "bar-field", onchange: () => { wanted = field.selectedIndex; refresh(); } });
  const fields = h("div", { class: "of-client" }, h("label", { class: "unseen", for: "bar-field" }, "Field"), field);
  const line = h("code", { class: "line", id: "bar-line", tabindex: "0", role: "textbox", "aria-readonly": "true" });
  const button = h("button", { type: "button", onclick: () => copied(text(), label(), line) }, "Copy");
  const element = h("section", { class: "bar", "aria-label": "Copy" },
    h("div", { class: "of-client" }, h("label", { class: "unseen", for: "bar-client" }, "Client"), client), fields, line, button);
  let snippet = null;
  let wanted = 0;

  const text = () => snippet.blocks[wanted].text;
  const label = () => snippet.blocks[wanted].label;

  function show(next) {
    if (snippet?.value !== next.value) wanted = next.main ?? 0;
    snippet = next;
    wanted = Math.min(wanted, next.blocks.length - 1);
    client.value = next.value;
    fill(field, next.blocks.map((block, nth) => h("option", { value: String(nth) }, block.label)));
    fields.hidden = next.blocks.length < 2;
    refresh();
  }

  function refresh() {
    field.value = String(wanted);
    line.textContent = text() || (snippet.blocks[wanted].why ?? EMPTY);
    line.setAttribute("aria-label", label());
    line.classList.toggle("blank", !text());
    button.disabled = !text();
  }

  return { element, show };
}
