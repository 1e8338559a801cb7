// The controls of the settings, built from the service's description of each parameter.

import { $, $$, fill, h } from "./dom.js";
import { artworkStrip } from "./artwork-strip.js";
import { languageList } from "./configure-languages.js";
import { orderList } from "./configure-order.js";
import { picks } from "./configure-picks.js";
import { positionPicker } from "./configure-position.js";

/** Return {element, refresh} for a parameter. read() returns its value; changed(value) is called on every change. */
const MAKERS = { picks, segments, slider, switch: toggle, text };

/**
 * Fill the form with the controls of a kind; returns {refresh, showArt, markSites}.
 * changed() is called after every choice, which by then is in the settings. artwork is that of the title: see artwork-strip.js.
 */
export function buildControls(form, facts, settings, kind, changed, artwork) {
  const own = facts.controls.filter(({ kinds }) => kinds.includes(kind));
  const built = new Map();
  for (const control of own) {
    const made = make(control, facts, settings, kind, () => { refresh(); changed(); }, artwork);
    if (made) built.set(control.name, made);
  }
  const groups = facts.groups.map(({ value, words }) => {
    const parts = own.filter(({ name, group }) => group === value && built.has(name)).map(({ name }) => built.get(name).element);
    return parts.length && h("details", { class: "card group", open: isOpen(form, value), "data-group": value },
      h("summary", {}, h("h2", {}, words)), ...parts);
  });
  fill(form, groups);
  refresh();

  function refresh() {
    const isPreset = settings.presetOf(kind) !== "";
    for (const [name, { element, refresh: again }] of built) {
      again();
      element.hidden = isPreset && !facts.beside_preset.includes(name);
    }
    for (const group of groups.filter(Boolean)) {
      group.hidden = [...built].every(([name, { element }]) => element.hidden || own.find((each) => each.name === name).group !== group.dataset.group);
    }
  }

  return {
    refresh,
    showArt: (url) => built.get("position")?.showArt(url),
    markSites: (sites) => built.get("ratings_order").mark(sites),
  };
}

// Presets come first, so groups are closed; one that was opened stays so.
const isOpen = (form, group) => Boolean($(`[data-group="${group}"]`, form)?.open);

function make(control, facts, settings, kind, changed, artwork) {
  const { name, label, hint, bounds } = control;
  const read = () => settings.get(kind, name);
  const choose = (value) => { settings.set(kind, name, value); changed(); };
  const common = { ...bounds[kind], name, words: label, hint, read, changed: choose };
  if (name === "lang") return languageList(common);
  if (name === "art") return artworkStrip({ field: text(common), read, changed: choose, artwork });
  switch (control.control) {
    case "sites":
      return name === "ratings_order" ? sources(common, facts, settings, kind, changed) : null;
    case "list":
      return labelList(common);
    case "position":
      return positionPicker({ ...common, shape: facts.kinds.find((one) => one.kind === kind).canvas.medium });
    default:
      return MAKERS[control.control](common);
  }
}

// Order and exclusion are one control: rows can be dragged and switched off.
function sources(common, facts, settings, kind, changed) {
  return orderList({
    ...common,
    sites: facts.sites,
    read: () => ({
      order: settings.get(kind, "ratings_order"),
      excluded: settings.get(kind, "ratings_exclude"),
      limit: settings.get(kind, "ratings_limit"),
    }),
    changed: (order, excluded) => {
      settings.set(kind, "ratings_order", order);
      settings.set(kind, "ratings_exclude", excluded);
      changed();
    },
  });
}

// Labels that are switched on come first, in their order; without any the value is the word "none".
function labelList({ choices, words, hint, read, changed }) {
  const all = choices.map(({ value }) => value);
  return orderList({
    sites: choices,
    words,
    hint,
    read: () => {
      const chosen = read().filter((word) => all.includes(word));
      const others = all.filter((word) => !chosen.includes(word));
      return { order: [...chosen, ...others], excluded: others, limit: all.length };
    },
    changed: (order, excluded) => {
      const chosen = order.filter((word) => !excluded.includes(word));
      changed(chosen.length ? chosen : ["none"]);
    },
  });
}

function segments({ name, words, hint, choices, read, changed }) {
  const parts = choices.map(({ value, words: choice }) =>
    h("label", {}, h("input", { type: "radio", name, value, onchange: () => changed(value) }), h("span", {}, choice)));
  const element = h("fieldset", { class: "field" },
    h("legend", {}, words, hint && h("span", { class: "hint" }, hint)), h("div", { class: "segments" }, ...parts));
  const refresh = () => $$("input", element).forEach((input) => { input.checked = input.value === read(); });
  return { element, refresh };
}

function slider({ name, words, hint, lowest, highest, read, changed }) {
  const shown = h("output", { for: `c-${name}`, class: "number" });
  const input = h("input", {
    type: "range", id: `c-${name}`, min: String(lowest), max: String(highest), "aria-describedby": hint ? `h-${name}` : null,
    oninput: () => changed(Number(input.value)),
  });
  const element = h("div", { class: "field" },
    h("div", { class: "row apart nowrap" }, h("label", { for: `c-${name}` }, words), shown),
    hint && h("span", { class: "hint", id: `h-${name}` }, hint), input);
  const refresh = () => { input.value = String(read()); shown.textContent = String(read()); };
  return { element, refresh };
}

function toggle({ name, words, hint, read, changed }) {
  const input = h("input", {
    type: "checkbox", role: "switch", class: "switch", id: `c-${name}`, "aria-describedby": hint ? `h-${name}` : null,
    onchange: () => changed(input.checked),
  });
  const element = h("div", { class: "field row apart nowrap" },
    h("div", {}, h("label", { for: `c-${name}` }, words), hint && h("span", { class: "hint", id: `h-${name}` }, hint)), input);
  const refresh = () => { input.checked = read(); };
  return { element, refresh };
}

function text({ name, words, hint, lowest, highest, pattern, read, changed }) {
  const problem = h("span", { class: "problem", role: "alert", hidden: true });
  const named = h("span", { class: "hint" });
  const input = h("input", {
    id: `c-${name}`, maxlength: String(highest), autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    "aria-describedby": `h-${name}`, oninput: () => take(false), onchange: () => take(true),
  });
  const isGood = (word) => word === "" || (word.length >= lowest && new RegExp(pattern).test(word));

  function take(isDone) {
    const word = input.value.trim();
    problem.hidden = isGood(word) || !isDone;
    problem.textContent = `Not valid: ${hint}`;
    if (isGood(word) && word !== read()) changed(word);
  }

  const element = h("div", { class: "field" },
    h("label", { for: `c-${name}` }, words, h("span", { class: "hint", id: `h-${name}` }, hint)), input, named, problem);
  const refresh = () => {
    if (document.activeElement !== input) input.value = read();
    named.textContent = name === "region" ? regionWords(read()) : "";
  };
  return { element, refresh };
}

function regionWords(code) {
  try {
    return code ? (new Intl.DisplayNames([navigator.language], { type: "region" }).of(code) ?? "") : "";
  } catch {
    return "";
  }
}
