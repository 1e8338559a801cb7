// Selects the title that is shown: by name, link or id, or one of the samples.

import { h } from "./dom.js";
import { PLACEHOLDER, findTitles, titleSearch, titleWords } from "./title-search.js";

/**
 * Build the chooser; returns {show, nameOf}. samplesOf(kind) lists titles to start with; chosen(title) is called with
 * {id, kind, name, year} when another title is chosen. show(kind, id, mayAsk) shows a title, for whose name it asks the service
 * if it may; nameOf(id) is what a title is called as far as the page knows.
 */
export function buildChooser(place, samplesOf, chosen) {
  const names = new Map(); // by id
  let shown = { kind: "", id: "" };
  const input = h("input", { id: "title", placeholder: PLACEHOLDER });
  place.append(h("label", { for: "title" }, "Title"), input);
  const search = titleSearch(input, {
    suggested: () => samplesOf(shown.kind),
    chosen: (title) => {
      names.set(title.id, titleWords(title));
      if (title.id !== shown.id) chosen(title);
    },
  });

  function nameOf(id) {
    const sample = samplesOf(shown.kind).find((one) => one.id === id);
    return names.get(id) ?? (sample ? titleWords(sample) : id);
  }

  async function show(kind, id, mayAsk) {
    const isOther = id !== shown.id || kind !== shown.kind;
    shown = { kind, id };
    if (isOther) search.show(nameOf(id));
    if (!mayAsk || names.has(id) || nameOf(id) !== id) return;
    names.set(id, id); // asked once
    const [title] = await findTitles(id).catch(() => []);
    if (title?.name) names.set(id, titleWords(title));
    if (id === shown.id && input.value === id) search.show(nameOf(id));
  }

  return { show, nameOf };
}
