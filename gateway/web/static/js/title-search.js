// A field in which a title can be named: by its name, a link or an id. After the combobox pattern of the WAI-ARIA practices.

import { fetchAs } from "./api.js";
import { debounced, fill, h } from "./dom.js";
import { retried } from "./late-pictures.js";

const PAUSE_MS = 200;
const LONGEST_MS = 12_000;
const AN_ID = /^(?:tt\d|(?:movie|series|tv|collection|season|episode)-\S*\d|(?:imdb|tmdb|tvdb|kitsu|anilist|mal|anidb):|[0-9a-f]{16,}$)/i;
const KINDS = { movie: "Film", series: "Series", season: "Season", episode: "Episode", collection: "Collection" };

export const PLACEHOLDER = "Metropolis, tt0017136, or a link";

/** Return how a title is called: "Metropolis (1927)", or its id where the name is not known. */
export const titleWords = ({ id, name, year }) => (name ? `${name}${year ? ` (${year})` : ""}` : id);

/** Find titles: [{id, kind, name, year, poster}], best first. Throws an Error with a sentence. */
export async function findTitles(text, signal) {
  const limited = () => (signal ? AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]) : AbortSignal.timeout(LONGEST_MS));
  let answer;
  try {
    answer = await fetchAs(`/api/search?q=${encodeURIComponent(text)}`, { signal: limited, cache: "no-store" });
  } catch (problem) {
    if (signal?.aborted) throw signal.reason;
    throw new Error("The search cannot be reached. Please check your connection and try again.", { cause: problem });
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? `The service answered ${answer.status}.`);
  return said.titles;
}

let fields = 0;

/**
 * Make an input a search for titles; returns {pick, show}. chosen(title) is called with {id, kind, name, year}.
 *
 * suggested() lists titles to choose from before anything is typed. takes is what the input has afterwards: "words", "id" or
 * "nothing". With isLoose, Enter belongs to the form unless a title in the list is marked, and ids are left to the form.
 * pick() chooses the first title of what is typed, as Enter does; show(text) puts a text in the field, as if it was chosen.
 */
export function titleSearch(input, { chosen, suggested = () => [], takes = "words", isLoose = false }) {
  const name = `titles-${(fields += 1)}`;
  const list = h("ul", { role: "listbox", id: name, "aria-label": "Suggestions", hidden: true, onmousedown: (event) => event.preventDefault() });
  const spoken = h("p", { class: "unseen", role: "status" });
  const problem = h("p", { class: "problem", id: `${name}-problem`, role: "alert", hidden: true });
  const box = h("div", { class: "title-search" });
  input.before(box);
  box.append(input, list, problem, spoken);
  for (const [attribute, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": name,
    autocomplete: "off", spellcheck: "false", autocapitalize: "none", maxlength: "500",
  })) input.setAttribute(attribute, value);

  let titles = []; // in the list
  let active = -1;
  let found = null; // what was found last: {text, titles}
  let settled = ""; // what the field had when it was last chosen or shown
  let running = null;

  const typed = () => input.value.trim();
  // Where the form takes ids itself, a list would only be in the way of them.
  const isTyped = () => typed() !== "" && typed() !== settled && !(isLoose && AN_ID.test(typed()));
  const searchSoon = debounced(() => isTyped() && look(), PAUSE_MS);

  input.addEventListener("input", () => {
    running?.stop.abort();
    say("");
    if (isTyped()) searchSoon();
    else suggest();
  });
  input.addEventListener("click", () => (isTyped() ? found?.text === typed() && open(found.titles) : suggest()));
  input.addEventListener("focus", () => !isLoose && input.select());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", press);

  async function press(event) {
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) await (isTyped() ? look() : suggest());
      if (!list.hidden) mark(active + (event.key === "ArrowDown" ? 1 : -1), isOpen ? 0 : event.key);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault(); // in a dialog, only the list closes
      close();
    } else if (event.key === "Enter" && !event.isComposing && (isOpen && active >= 0 || !isLoose)) {
      event.preventDefault();
      if (isOpen && active >= 0) choose(titles[active]);
      else await pick();
    }
  }

  /** Search for what is typed, and open the list. Returns the titles; undefined if it failed, or something else was typed. */
  async function look() {
    const text = typed();
    if (found?.text === text) return open(found.titles);
    if (running?.text !== text || running.stop.signal.aborted) {
      running?.stop.abort();
      const stop = new AbortController();
      running = { text, stop, answer: search(text, stop.signal) };
    }
    return running.answer;
  }

  async function search(text, signal) {
    input.setAttribute("aria-busy", "true");
    try {
      const listed = await findTitles(text, signal);
      found = { text, titles: listed };
      if (!listed.length) say(isLoose ? "" : `Nothing found for “${text.slice(0, 60)}”. Try its original name, or paste its IMDb link.`);
      else if (document.activeElement === input) open(listed);
      return listed;
    } catch (refusal) {
      if (!signal.aborted && !isLoose) say(refusal.message);
      return undefined;
    } finally {
      if (running?.stop.signal === signal) {
        running = null;
        input.removeAttribute("aria-busy");
      }
    }
  }

  async function pick() {
    if (!isTyped()) return;
    const listed = await look();
    if (listed?.length) choose(listed[0]);
  }

  function suggest() {
    const listed = suggested();
    if (listed.length) open(listed);
    else close();
  }

  function open(listed) {
    titles = listed;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    fill(list, listed.map(row));
    list.hidden = !listed.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    spoken.textContent = listed.length === 1 ? "1 title" : `${listed.length} titles`;
    return listed;
  }

  function row(title, nth) {
    return h("li", { role: "option", id: `${name}-${nth}`, "aria-selected": "false", onclick: () => choose(title) },
      title.poster ? retried(h("img", { src: title.poster, alt: "", width: 46, height: 69, decoding: "async" })) : null,
      h("span", { class: "name" }, title.name || title.id, title.year ? h("span", { class: "year" }, ` ${title.year}`) : null),
      h("span", { class: "kind small" }, KINDS[title.kind] ?? ""));
  }

  // Before the first title is the last one, and the other way round.
  function mark(next, opening) {
    active = opening === "ArrowUp" ? titles.length - 1 : (next + titles.length) % titles.length;
    [...list.children].forEach((option, nth) => option.setAttribute("aria-selected", String(nth === active)));
    input.setAttribute("aria-activedescendant", `${name}-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function choose(title) {
    running?.stop.abort();
    close();
    show(takes === "nothing" ? "" : takes === "id" ? title.id : titleWords(title));
    chosen(title);
  }

  function show(text) {
    input.value = settled = text;
    say("");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function say(sentence) {
    problem.textContent = sentence;
    problem.hidden = !sentence;
    if (!problem.isConnected) list.after(problem); // a form removes it when it is submitted
    if (sentence) {
      close();
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-errormessage", problem.id);
    } else {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-errormessage");
    }
  }

  return { pick, show };
}
