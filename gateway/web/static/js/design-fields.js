// The values of what is selected, as fields: an element's, or the artwork's where nothing is selected.

import { fill, h, plural } from "./dom.js";
import { picks } from "./configure-picks.js";
import { conditionEditor } from "./design-conditions.js";
import { facts, nameOf, problemOf, typeOf } from "./design-document.js";

const TEXT_FIELDS = ["title", "year", "runtime", "genre", "season", "episode", "episode_title", "status", "score", "rank"];
const FIRST = ["text", "site", "sites", "words", "edge", "anchor", "x", "y", "width", "height", "size", "scale"];
const rankOf = ({ name }) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
const inOrder = (fields) => [...fields].sort((one, other) => rankOf(one) - rankOf(other));

/** Return the panel; actions are the buttons for what is selected, and aligning those for several elements. */
export function fieldPanel(store, actions, aligning) {
  const title = h("h2", { id: "fields-title" });
  const place = h("div", { class: "fields" });
  const element = h("div", {}, title, place);
  let shown = null;
  let parts = [];

  function refresh() {
    const { selected, selection } = store;
    const isOne = selection.length < 2;
    const name = !isOne ? "several" : selected ? selected.id : "art";
    if (name !== shown && isOne) build(selected);
    if (name !== shown && !isOne) fill(place, actions, aligning);
    if (!isOne) parts = [];
    shown = name;
    fill(title, !isOne ? plural(selection.length, "element") : selected ? nameOf(selected) : "Artwork");
    parts.forEach((part) => part.refresh());
  }

  function build(selected) {
    const fields = inOrder(selected ? typeOf(selected).fields : facts.art);
    const id = selected?.id;
    const read = (name) => (id ? (store.selected?.id === id ? store.selected.values[name] : undefined) : store.design.art[name]);
    const write = (name, value) => (id ? store.update(id, { [name]: value }, `${id} ${name}`) : store.updateArt({ [name]: value }, `art ${name}`));
    parts = fields.map((field) => control(field, () => read(field.name), (value) => write(field.name, value)));
    const hint = id ? null : h("p", { class: "small" }, "The picture behind the elements. Select an element to edit it.");
    const conditions = id && conditionEditor(() => read("when") ?? [], (when) => store.update(id, { when }, `${id} when`));
    if (conditions) parts.push(conditions);
    fill(place, hint, id && actions, h("div", { class: "grid" }, parts.map((part) => part.element)));
  }

  store.onChange(refresh);
  return { element, refresh };
}

function control(field, read, write) {
  return (CONTROLS[field.control] ?? textField)(field, read, write);
}

const idOf = (field) => `field-${field.name}`;

function labelled(field, input, ...more) {
  const hint = field.hint && h("span", { class: "hint" }, field.hint);
  return h("div", { class: `field for-${field.control}` }, h("label", { for: idOf(field) }, field.label, hint), input, ...more);
}

// What is wrong stays in the field, and out of the design.
function written(field, input, valueOf, write) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true, id: `${idOf(field)}-problem` });
  const take = () => {
    const value = valueOf();
    const sentence = problemOf(field, value);
    problem.hidden = !sentence;
    fill(problem, sentence && `It ${sentence}`);
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (!sentence) write(value);
  };
  const show = (text) => {
    if (document.activeElement === input && input.getAttribute("aria-invalid")) return;
    if (input.value !== text) input.value = text;
    problem.hidden = true;
    input.removeAttribute("aria-invalid");
  };
  input.setAttribute("aria-errormessage", problem.id);
  return { problem, take, show };
}

function numberField(field, read, write) {
  const input = h("input", { id: idOf(field), type: "number", min: String(field.lowest ?? 0), max: String(field.highest), step: "1", inputmode: "numeric", oninput: () => kept.take() });
  const kept = written(field, input, () => (input.value === "" ? null : Number(input.value)), write);
  return { element: labelled(field, input, kept.problem), refresh: () => kept.show(String(read())) };
}

function textField(field, read, write) {
  const input = h("input", { id: idOf(field), maxlength: String(field.highest), autocomplete: "off", spellcheck: "false", oninput: () => kept.take() });
  const kept = written(field, input, () => input.value, write);
  const fieldOfTitle = h("select", { "aria-label": "Field of the title" }, TEXT_FIELDS.map((name) => h("option", { value: name }, `{${name}}`)));
  const put = () => {
    input.setRangeText(`{${fieldOfTitle.value}}`, input.selectionStart, input.selectionEnd, "end");
    kept.take();
    input.focus();
  };
  const insert = field.name === "text" && h("div", { class: "row nowrap insert" }, fieldOfTitle, h("button", { type: "button", class: "quiet slim", onclick: put }, "Insert"));
  return { element: labelled(field, input, insert, kept.problem), refresh: () => kept.show(read() ?? "") };
}

function choiceField(field, read, write) {
  const input = h("select", { id: idOf(field), onchange: () => write(input.value || null) }, field.choices.map(({ value, words }) => h("option", { value }, words)));
  return { element: labelled(field, input), refresh: () => { input.value = read() ?? ""; } };
}

function switchField(field, read, write) {
  const input = h("input", { id: idOf(field), type: "checkbox", role: "switch", class: "switch", onchange: () => write(input.checked) });
  return { element: labelled(field, input), refresh: () => { input.checked = read(); } };
}

function colourField(field, read, write) {
  const input = h("input", { id: idOf(field), type: "color", oninput: () => write(input.value) });
  const auto = field.has_auto && h("input", { type: "checkbox", onchange: () => write(auto.checked ? "auto" : input.value) });
  const refresh = () => {
    const value = read() ?? "auto";
    if (auto) auto.checked = value === "auto";
    if (value !== "auto") input.value = value.toLowerCase();
  };
  return { element: labelled(field, input, auto && h("label", { class: "check" }, auto, "By the score")), refresh };
}

function listField(field, read, write) {
  const list = picks({
    words: field.label, hint: field.hint, choices: field.choices, highest: field.highest, read: () => read() ?? [],
    changed: (words) => words.length >= field.lowest && write(words),
  });
  list.element.classList.add("for-list");
  return list;
}

const CONTROLS = { number: numberField, choice: choiceField, switch: switchField, colour: colourField, list: listField };
