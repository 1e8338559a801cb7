// The lists that the service makes: htmx fetches them, here as whoever is signed in; refusals are said aloud.

import { fetchAs, get } from "./api.js";
import { $, $$, moment, say } from "./dom.js";

const loaded = new Set();

/** Show a list for the first time, or again: "keys" has the form #keys-search and the place #keys-list. */
export function showList(name) {
  loaded.add(name);
  $(`#${name}-search`).dispatchEvent(new CustomEvent("refresh"));
}

/** Show a list again where it was shown before. */
export function renewList(name) {
  if (loaded.has(name)) showList(name);
}

/** Say how all lists are fetched, turned over and, once they are there, put in the reader's own words for time. */
export function watchLists() {
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.fetch = fetchPiece;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const list = event.detail.ctx.target;
    if (!list) return;
    localise(list);
    if (document.activeElement === document.body) list.focus({ preventScroll: true });
  });
  document.addEventListener("click", turn);
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[hx-get]");
    if (form?.elements.page) form.elements.page.value = "1";
  }, { capture: true });
}

/** Write every moment within an element in the reader's zone and language. */
export function localise(within) {
  for (const time of $$("time[datetime]", within)) time.textContent = moment(time.dateTime);
}

function turn(event) {
  const button = event.target.closest("[data-page], [data-before]");
  const list = button?.closest(".list");
  if (!list) return;
  const name = list.id.replace(/-list$/, "");
  const field = "page" in button.dataset ? "page" : "before";
  $(`#${name}-search`).elements[field].value = button.dataset[field];
  showList(name);
  list.scrollIntoView({ block: "nearest" });
}

// A refusal is said, and leaves the list as it was: 204 is what htmx swaps nothing for.
async function fetchPiece(path, request) {
  try {
    let answer = await fetchAs(path, request);
    if (answer.status === 401) {
      await get("/api/admin/admins"); // renews the token, or says why not
      answer = await fetchAs(path, request);
    }
    if (answer.ok) return answer;
    const content = await answer.json().catch(() => ({}));
    say(content.error ?? `The service answered ${answer.status}.`, "bad");
  } catch (error) {
    if (error.name === "AbortError") throw error;
    say(error.status === undefined ? "The service cannot be reached. Please try again." : error.message, "bad");
  }
  return new Response(null, { status: 204 });
}
