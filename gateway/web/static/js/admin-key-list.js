// The list of keys.

import { defineList, empty, pages, summary, table } from "./admin-lists.js";
import { count, h, plural, usedWords } from "./dom.js";

const HEADS = ["Name", "Begins with", "This month", "Last used", "State"];

defineList("keys", "/api/keys", (page, query) => {
  if (page.keys.length) {
    return [
      summary(plural(page.total, "key"), query.q ? ` matching “${query.q}”` : "", "."),
      table(HEADS, "Open", page.keys.map(row)),
      pages(page.page, Math.ceil(page.total / page.page_size)),
    ];
  }
  if (query.q) return [empty(`No key has “${query.q}” in its name or prefix.`)];
  return [empty("There are no keys yet. Create one and give it to the people who should see pictures.")];
});

function row(key) {
  return h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", "data-key": key.id }, key.name)),
    h("td", { "data-label": "Begins with" }, h("code", {}, `${key.key_prefix}…`)),
    h("td", { "data-label": "This month" }, usage(key)),
    h("td", { "data-label": "Last used" }, lastUsed(key)),
    h("td", { "data-label": "State" }, h("span", { class: "chips" }, state(key))),
    h("td", { class: "end" }, h("button", { type: "button", class: "quiet slim", "data-key": key.id, "aria-label": `Open ${key.name}` }, "Open")));
}

function usage(key) {
  const used = count(key.requests_this_month);
  if (!key.monthly_limit) return h("span", { class: "number" }, used, h("span", { class: "soft" }, ", no limit"));
  return [h("span", { class: "number" }, `${used} of ${count(key.monthly_limit)}`), quotaBar(key)];
}

/** Return a bar with the share of a key's monthly limit that is used. */
export function quotaBar(key) {
  return h("progress", { max: key.monthly_limit, value: Math.min(key.requests_this_month, key.monthly_limit), class: isSpent(key) ? "spent" : null, "aria-label": "Share of the quota used" });
}

function state(key) {
  return [
    key.is_free ? h("span", { class: "chip" }, "free, see global settings") : activity(key),
    key.direct && h("span", { class: "chip" }, "direct"),
    key.tier > 0 && h("span", { class: "chip" }, `tier ${key.tier}`),
  ];
}

const isSpent = (key) => key.monthly_limit > 0 && key.requests_this_month >= key.monthly_limit;

/** Return when a key was last used, as an element. */
export const lastUsed = (key) => (key.last_used_at ? h("time", { datetime: key.last_used_at }, usedWords(key.last_used_at)) : h("span", { class: "soft" }, "never"));

/** Return whether a key is active, as a chip. */
export function activity(key) {
  if (key.disabled) return h("span", { class: "chip bad" }, "disabled");
  if (isSpent(key)) return h("span", { class: "chip bad" }, "quota used up");
  return h("span", { class: "chip good" }, "active");
}
