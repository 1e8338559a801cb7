// The list of keys.

import { defineList, empty, pages, summary, table, time } from "./admin-lists.js";
import { count, h, plural } from "./dom.js";

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
    h("td", { "data-label": "Last used" }, time(key.last_used_at)),
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
  const isSpent = key.requests_this_month >= key.monthly_limit;
  return h("progress", { max: key.monthly_limit, value: Math.min(key.requests_this_month, key.monthly_limit), class: isSpent ? "spent" : null, "aria-label": "Share of the quota used" });
}

function state(key) {
  return [
    key.is_free ? h("span", { class: "chip" }, "free, see global settings") : activity(key),
    key.direct && h("span", { class: "chip" }, "direct"),
    key.tier > 0 && h("span", { class: "chip" }, `tier ${key.tier}`),
  ];
}

/** Return whether a key is active, as a chip. */
export const activity = (key) => (key.disabled ? h("span", { class: "chip bad" }, "disabled") : h("span", { class: "chip good" }, "active"));
