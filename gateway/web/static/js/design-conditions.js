// The conditions under which an element is drawn: all of a list of [fact, operator, value].

import { $, fill, h } from "./dom.js";
import { facts } from "./design-document.js";

const FACTS = [...facts.facts, ...facts.sites.map(({ value, words }) => ({ value, words, is_number: true, is_list: false, choices: [] }))];
const factOf = (name) => FACTS.find(({ value }) => value === name);
const COMPARING = ["gt", "ge", "lt", "le"];
const KNOWING = [{ value: "known", words: "is known" }, { value: "unknown", words: "is unknown" }];

// As people choose them: the operator "has" with true or false says that a fact is known or not.
const isFor = (fact) => ({ value }) => (COMPARING.includes(value) ? fact.is_number : value !== "has" || fact.is_list);
const comparisonsOf = (fact) => [...facts.operators.filter(isFor(fact)), ...KNOWING];
const comparisonOf = ([, operator, value]) => (typeof value === "boolean" ? KNOWING[value ? 0 : 1].value : operator);

/** Return {element, refresh}. read() returns the conditions; changed(conditions) is called on every change. */
export function conditionEditor(read, changed) {
  const rows = h("div", { class: "conditions" });
  const add = h("button", { type: "button", class: "quiet slim", onclick: addOne }, "Add a condition");
  const element = h("fieldset", { class: "field for-list" },
    h("legend", {}, "Only if", h("span", { class: "hint" }, "It is drawn only for titles that meet all of these.")), rows, add);
  let shown = null;

  function addOne() {
    changed([...read(), ["kind", "eq", "movie"]]);
    refresh();
    $(".condition:last-child select", rows).focus();
  }

  function change(nth, condition) {
    changed(read().map((each, place) => (place === nth ? condition : each)));
  }

  function drop(nth) {
    changed(read().filter((_, place) => place !== nth));
    add.focus();
  }

  // A row is built again only where its controls change, so that what is being typed stays as it is.
  function refresh() {
    const conditions = read();
    const form = JSON.stringify(conditions.map((each) => [each[0], comparisonOf(each)]));
    if (form !== shown) {
      const place = [...rows.querySelectorAll("select, input, button")].indexOf(document.activeElement);
      fill(rows, conditions.map((condition, nth) => row(condition, nth)));
      if (place >= 0) rows.querySelectorAll("select, input, button")[place]?.focus();
    }
    shown = form;
    conditions.forEach(([, , value], nth) => {
      const input = $(".value", rows.children[nth]);
      if (input && input !== document.activeElement) input.value = textOf(value);
    });
    add.hidden = conditions.length >= facts.most.conditions;
  }

  function row(condition, nth) {
    const [name, operator] = condition;
    const comparison = comparisonOf(condition);
    const fact = factOf(name) ?? FACTS[0];
    const choose = (label, choices, value, onchange) => {
      const select = h("select", { "aria-label": `${label} of condition ${nth + 1}`, onchange: () => onchange(select.value) }, choices.map((each) => h("option", { value: each.value }, each.words)));
      select.value = value;
      return select;
    };
    const toFact = (to) => change(nth, usual(factOf(to), comparisonsOf(factOf(to)).some(({ value }) => value === comparison) ? comparison : "eq"));
    const input = typeof condition[2] !== "boolean" && valueInput(fact, operator, nth, (value) => change(nth, [name, operator, value]));
    return h("div", { class: "condition" },
      choose("Fact", FACTS, name, toFact),
      choose("Comparison", comparisonsOf(fact), comparison, (to) => change(nth, usual(fact, to))),
      input,
      h("button", { type: "button", class: "quiet slim", "aria-label": `Remove condition ${nth + 1}`, onclick: () => drop(nth) }, "Remove"));
  }

  return { element, refresh };
}

/** Return a condition with a value that fits the fact and the comparison. */
function usual(fact, comparison) {
  if (KNOWING.some(({ value }) => value === comparison)) return [fact.value, "has", comparison === "known"];
  const one = fact.choices[0] ?? (fact.is_number ? 0 : "");
  return [fact.value, comparison, comparison === "in" ? [one] : one];
}

function valueInput(fact, operator, nth, changed) {
  const label = { class: "value", "aria-label": `Value of condition ${nth + 1}` };
  if (fact.choices.length && operator !== "in") {
    return h("select", { ...label, onchange: (event) => changed(event.currentTarget.value) }, fact.choices.map((each) => h("option", { value: each }, each)));
  }
  const isNumber = fact.is_number && operator !== "in";
  const placeholder = operator === "in" ? "one, another" : "";
  const take = (event) => {
    const value = valueOf(fact, operator, event.currentTarget.value);
    if (value !== undefined) changed(value);
  };
  return h("input", { ...label, type: isNumber ? "number" : "text", step: "any", maxlength: "200", placeholder, autocomplete: "off", spellcheck: "false", oninput: take });
}

/** Return the value of a text, or undefined while it is none. */
function valueOf(fact, operator, text) {
  const one = (word) => (fact.is_number ? Number(word) : word.slice(0, facts.most.word));
  const isFine = (value) => typeof value === "string" || (Number.isFinite(value) && Math.abs(value) <= 1_000_000);
  if (operator === "in") {
    const all = text.split(",").map((word) => word.trim()).filter(Boolean).slice(0, 20).map(one);
    return all.length && all.every(isFine) ? all : undefined;
  }
  const value = text === "" && fact.is_number ? NaN : one(text);
  return isFine(value) ? value : undefined;
}

const textOf = (value) => (Array.isArray(value) ? value.join(", ") : String(value));
