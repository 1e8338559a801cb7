// Selects the title that is shown: a sample, or any title by its id.

import { fill, h } from "./dom.js";

/**
 * Build the chooser; returns {show}. samplesOf(kind) lists titles in groups, each [its name, titles]; chosen(id) is
 * called when another title is chosen.
 */
export function buildChooser(place, samplesOf, chosen) {
  const samples = h("select", { id: "sample", onchange: () => samples.value && chosen(samples.value) });
  const id = h("input", { id: "title-id", maxlength: "100", autocomplete: "off", spellcheck: "false", autocapitalize: "none", required: true });
  const submit = (event) => { event.preventDefault(); if (id.value.trim()) chosen(id.value.trim()); };
  place.append(
    h("div", {}, h("label", { for: "sample" }, "Title"), samples),
    h("form", { onsubmit: submit, novalidate: true },
      h("label", { for: "title-id" }, "or its id"),
      h("div", { class: "row nowrap" }, id, h("button", { class: "quiet" }, "Show"))));

  function show(kind, title) {
    const groups = samplesOf(kind);
    const list = groups.flatMap(([, titles]) => titles);
    const options = (titles) => titles.map((one) => h("option", { value: one.id }, `${one.name} (${one.year})`));
    fill(samples,
      groups.length > 1 ? groups.map(([name, titles]) => h("optgroup", { label: name }, options(titles))) : options(list),
      list.every((one) => one.id !== title) && h("option", { value: "" }, "Another title, by its id"));
    samples.value = list.some((one) => one.id === title) ? title : "";
    id.value = title;
  }

  return { show };
}
