// The lists of the admin panel: a search form, a page of rows fetched from /api, and buttons to turn pages.

import { get } from "./api.js";
import { $, count, debounced, fill, h, moment, say } from "./dom.js";

const TYPING_MS = 300;
const lists = {};

/**
 * Say where a list comes from and how it looks: "keys" has the form #keys-search and the place #keys-list.
 * ``rows`` gets the answer and the form's values, and returns elements.
 */
export function defineList(name, path, rows) {
  const form = $(`#${name}-search`);
  const place = $(`#${name}-list`);
  lists[name] = { path, rows, form, place, loads: 0 };
  const typed = debounced(() => showList(name), TYPING_MS);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    showList(name);
  });
  form.addEventListener("input", () => {
    if (form.elements.page) form.elements.page.value = "1";
    typed();
  });
  place.addEventListener("click", (event) => turnPage(name, event));
}

/** Load a list and show it; an error is shown as a message and leaves the list as it was. */
export async function showList(name) {
  const list = lists[name];
  const load = (list.loads += 1);
  const query = Object.fromEntries([...new FormData(list.form)].filter(([, value]) => value !== ""));
  list.place.classList.add("loading");
  const reply = await loaded(list.place, () => get(`${list.path}?${new URLSearchParams(query)}`), () => showList(name));
  if (load !== list.loads) return; // a newer search is under way
  list.place.classList.remove("loading");
  if (!reply) return;
  fill(list.place, ...list.rows(reply, query));
  if (document.activeElement === document.body) list.place.focus({ preventScroll: true });
}

/** Load what a place shows; an error is shown as a message, and where nothing was loaded before, in the place with a button. */
export async function loaded(place, work, again) {
  try {
    return await work();
  } catch (refusal) {
    if (!place.firstElementChild || $(".reading, .failed", place)) {
      fill(place, h("p", { class: "empty failed" }, refusal.message, " ", h("button", { type: "button", class: "quiet slim", onclick: again }, "Try again")));
    }
    say(refusal.message, "bad");
    return undefined;
  }
}

/** Load a list again if it was shown before. */
export function renewList(name) {
  if (lists[name].loads) showList(name);
}

function turnPage(name, event) {
  const button = event.target.closest("[data-page], [data-before]");
  if (!button) return;
  const { form, place } = lists[name];
  const field = "page" in button.dataset ? "page" : "before";
  form.elements[field].value = button.dataset[field];
  showList(name);
  place.scrollIntoView({ block: "nearest" });
}

/** Return a table; its last column has buttons, and ``action`` is its heading for screen readers. */
export function table(heads, action, rows) {
  const cells = heads.map((head) => h("th", { scope: "col" }, head));
  const last = action && h("th", { scope: "col" }, h("span", { class: "unseen" }, action));
  return h("div", { class: "table" },
    h("table", { class: "rows" }, h("thead", {}, h("tr", {}, cells, last)), h("tbody", {}, rows)));
}

export const summary = (...words) => h("p", { class: "small", role: "status" }, ...words);
export const empty = (...words) => h("p", { class: "empty", role: "status" }, ...words);

/** Return a moment in the reader's zone and language. */
export const time = (at) => (at ? h("time", { datetime: at }, moment(at)) : h("span", { class: "soft" }, "never"));

/** Return the buttons of a list with numbered pages; nothing if there is only one. */
export function pages(page, last) {
  if (last <= 1) return null;
  return h("nav", { class: "pages", "aria-label": "Pages" },
    pageButton("Back", page - 1, page <= 1),
    h("span", { class: "small" }, `Page ${page} of ${count(last)}`),
    pageButton("Next", page + 1, page >= last));
}

const pageButton = (words, page, isOff) => h("button", { type: "button", class: "quiet slim", "data-page": page, disabled: isOff }, words);

/** Return the buttons of a list that goes back in time. */
export function older(before, query) {
  if (!before && !query.before) return null;
  const button = (words, value) => h("button", { type: "button", class: "quiet slim", "data-before": value }, words);
  return h("nav", { class: "pages", "aria-label": "Pages" },
    query.before && button("Newest", ""), before && button("Older", String(before)));
}
