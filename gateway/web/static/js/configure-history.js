// Undo and redo of what was chosen on the page, by buttons and by keyboard.

import { h } from "./dom.js";

const MOST = 100;
const ONE_CHANGE_MS = 1000; // a slider that is dragged is one change
const TYPED_IN = "textarea, input:not([type=checkbox]):not([type=radio]):not([type=range])";

/** Build it; returns {element, note}. Call note() after every change; restored() is called when settings.chosen is another one. */
export function settingsHistory(settings, restored) {
  const past = [];
  const future = [];
  let now = structuredClone(settings.chosen);
  let last = { at: 0, what: "" };
  const undo = step("Undo", "Ctrl+Z", past, future);
  const redo = step("Redo", "Ctrl+Shift+Z", future, past);
  const element = h("div", { class: "row nowrap history" }, undo, redo);
  document.addEventListener("keydown", press);
  refresh();

  function step(words, keys, from, to) {
    return h("button", { type: "button", class: "quiet slim", title: keys, "aria-keyshortcuts": keys.replace("Ctrl", "Control"), onclick: () => go(from, to) }, words);
  }

  function note() {
    const what = changes(now, settings.chosen);
    if (!what.length) return;
    const isSame = what.length === 1 && what[0] === last.what && !what[0].endsWith(".preset") && Date.now() - last.at < ONE_CHANGE_MS;
    if (!isSame) past.push(now);
    if (past.length > MOST) past.shift();
    now = structuredClone(settings.chosen);
    last = { at: Date.now(), what: what[0] };
    future.length = 0;
    refresh();
  }

  function go(from, to) {
    note(); // a change of a moment ago
    if (!from.length) return;
    to.push(now);
    now = from.pop();
    settings.chosen = structuredClone(now);
    last = { at: 0, what: "" };
    refresh();
    restored();
  }

  function press(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest?.(`${TYPED_IN}, dialog`)) return;
    const key = event.key.toLowerCase();
    const isRedo = (key === "z" && event.shiftKey) || key === "y";
    if (!isRedo && key !== "z") return;
    event.preventDefault();
    if (isRedo) go(future, past);
    else go(past, future);
  }

  function refresh() {
    undo.disabled = !past.length;
    redo.disabled = !future.length;
  }

  return { element, note };
}

function changes(before, after) {
  return Object.keys(after).flatMap((kind) => Object.keys(after[kind])
    .filter((name) => String(before[kind][name]) !== String(after[kind][name])).map((name) => `${kind}.${name}`));
}
