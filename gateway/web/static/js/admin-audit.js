// The audit log.

import { defineList, empty, older, showList, table, time } from "./admin-lists.js";
import { h } from "./dom.js";

export const showAudit = () => showList("audit");

defineList("audit", "/api/admin/audit", (page, query) => {
  if (!page.entries.length) return [empty("No entries."), older(null, query)];
  return [table(["When", "Who", "What", "To what", "Details"], null, page.entries.map(row)), older(page.before, query)];
});

function row(entry) {
  const details = Object.entries(entry.details);
  return h("tr", {},
    h("td", { "data-label": "When" }, time(entry.at)),
    h("td", { "data-label": "Who" }, entry.actor),
    h("td", { "data-label": "What" }, spaced(entry.action)),
    h("td", { "data-label": "To what" }, entry.target || "–"),
    h("td", { "data-label": "Details" }, h("span", { class: "chips" },
      details.length
        ? details.map(([name, value]) => h("span", { class: "chip long" }, `${spaced(name)}: ${valueWords(value)}`))
        : h("span", { class: "soft" }, "none"))));
}

const spaced = (name) => name.replaceAll("_", " ");

function valueWords(value) {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}
