// The first page: the comparison, the wall in the look of the address, and a wall of the reader's own titles.

import { get } from "./api.js";
import { $, $$, fill, h, plural } from "./dom.js";
import { submitting } from "./form.js";
import { watch } from "./wall.js";

const AT_ONCE = 24;
const LIST = /(?:mdblist\.com\/lists\/|trakt\.tv\/|^(?:mdblist|trakt):)/;
const NAMED = /^(?:[\w-][\w.~-]*\/[\w-][\w.~-]*|\d{1,10})$/; // user/list-name of MDBList, or its number
const ID = /(?:episode-|season-)?tt\d{5,10}(?::\d+:\d+|-S\d+(?:E\d+)?)?/i; // also within an address of IMDb
const OTHER = /^(?:(?:movie|series|tv|collection|season|episode)-\S+|(?:imdb|tmdb|tvdb|kitsu|anilist|mal|anidb):\S+)$/i;
const FALLBACK = "fallback=true";

const wall = $("#wall");
const note = $("#wall-note");
const more = $("#wall-more");

function compare() {
  const place = $("#compare");
  const range = place && $("input", place);
  const show = () => {
    place.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${100 - range.value}% with ratings`);
  };
  range?.addEventListener("input", show);
  if (range) show();
}

/** Return the parameters of a look in an address, without those of the page that it is on. */
function lookOf(search) {
  const query = new URLSearchParams(search);
  for (const name of ["id", "episode", "kind", "fallback", "format", "key", "type", "profile"]) query.delete(name);
  return query.toString();
}

const withLook = (id, look) => `id=${encodeURIComponent(id)}${look ? `&${look}` : ""}`;

// The wall of the address: twelve films in its look.
function showLook(look) {
  for (const item of $$("li", wall)) {
    const { id } = item.dataset;
    const image = $("img", item);
    image.src = `/api/preview/poster?${withLook(id, look)}&${FALLBACK}`;
    $("a", item).href = `/configure?${withLook(id, look)}`;
    $(".small", item).textContent = "The look of this link";
  }
  fill(note, "In the look of this link. ", h("a", { href: `/configure?${look}` }, "Use this look"), " or ", h("a", { href: "/" }, "see others"), ".");
  const choice = $("#library-look");
  choice.prepend(new Option("The look of this link", look, true, true));
  choice.value = look;
}

function item(id, look) {
  const image = h("img", { alt: `${id} with its ratings`, decoding: "async", crossorigin: "anonymous", src: `/api/preview/poster?${withLook(id, look)}&${FALLBACK}` });
  watch(image);
  return h("li", { "data-id": id }, h("a", { href: `/configure?${withLook(id, look)}` }, image,
    h("span", { class: "caption" }, h("strong", {}, id)), h("span", { class: "use" }, "Use this look")));
}

// Returns the ids in a text, the list that it names, if any, and what is neither.
function readLibrary(text) {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const list = words.find((word) => LIST.test(word)) ?? (words.length === 1 && NAMED.test(words[0]) ? words[0] : null);
  const ids = words.filter((word) => word !== list).map((word) => ID.exec(word)?.[0] ?? (OTHER.test(word) ? word : null));
  const unknown = words.filter((word) => word !== list && !ID.test(word) && !OTHER.test(word));
  return { list, ids: ids.filter(Boolean), unknown };
}

const wrong = (sentence) => Object.assign(new Error(sentence), { field: "list" });
const quoted = (words) => `“${words[0]}”${words.length > 1 ? ` and ${plural(words.length - 1, "other word")}` : ""}`;

function library() {
  const form = $("#library");
  if (!form || !wall) return;
  submitting(form, async () => {
    const { list, ids, unknown } = readLibrary(form.elements.list.value);
    const listed = list ? (await get(`/api/lists?${new URLSearchParams({ list })}`)).titles : [];
    const titles = [...new Set([...ids, ...listed])];
    if (!titles.length) throw wrong(unknown.length ? `${quoted(unknown)} isn’t an id I know.` : "This list is empty.");
    const look = form.elements.look.value;
    wall.replaceChildren();
    const next = () => {
      const shown = wall.childElementCount;
      wall.append(...titles.slice(shown, shown + AT_ONCE).map((id) => item(id, look)));
      more.hidden = wall.childElementCount >= titles.length;
    };
    $("button", more).onclick = next;
    next();
    const left = unknown.length ? ` ${quoted(unknown)} ${unknown.length > 1 ? "were" : "was"} left out.` : "";
    note.textContent = `${plural(titles.length, "title")}.${left}`;
    $("#wall-title").textContent = "Your library";
    $("#wall-title").focus();
  });
}

compare();
library();
const given = lookOf(location.search);
if (given && wall && "previews" in wall.dataset) showLook(given);
for (const image of $$(".collage img, .wall img")) watch(image);
