// Selects the title that is shown: a sample, or any title by its id.

import { fill, h } from "./dom.js";

/** Build the chooser; returns {show}. samplesOf(kind) lists titles; chosen(id) is called when another one is chosen. */
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
    const list = samplesOf(kind);
    fill(samples,
      list.map((one) => h("option", { value: one.id }, `${one.name} (${one.year})`)),
      list.every((one) => one.id !== title) && h("option", { value: "" }, "Another title, by its id"));
    samples.value = list.some((one) => one.id === title) ? title : "";
    id.value = title;
  }

  return { show };
}
