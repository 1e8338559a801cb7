// Builds elements. Text is inserted as text, so user input never becomes markup.

const UNDO_MS = 10_000;

/** Return an element: h("button", {class: "quiet", onclick: go}, "Go"). null and false among the children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Replace the children of an element. */
export const fill = (element, ...children) => element.replaceChildren(...children.flat().filter(Boolean));

/** Return a function that calls once after the last of many calls. */
export function debounced(call, wait = 250) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), wait);
  };
}

/** Show a message, also to screen readers; kind is "good" or "bad". */
export function say(sentence, kind = "good") {
  show(kind, kind === "bad" ? 9000 : 4000, sentence);
}

/** Show a message with a button that takes back what was done, for ten seconds. */
export function sayUndoable(sentence, undo) {
  const button = h("button", { type: "button", class: "undo", onclick: async () => { note.remove(); await trying(null, undo); } }, "Undo");
  const note = show("good", UNDO_MS, sentence, button);
}

function show(kind, lasts, ...children) {
  const note = h("p", { class: `said ${kind}`, role: kind === "bad" ? "alert" : "status" }, ...children);
  $("#said").append(note);
  setTimeout(() => note.remove(), lasts);
  return note;
}

/** Do something that may fail, with the button disabled; an error is shown, and resolves to undefined. */
export async function trying(button, work) {
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (refusal) {
    say(refusal.message, "bad");
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

/** Copy a text and confirm it. Throws an Error with a message if the browser does not allow it. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Error("Your browser allows copying over https only. Please select the text and copy it yourself.");
  }
  say(`${what}.`);
}

/** Open a dialog over the page, and remove it when it closes. Messages appear in it: behind it nobody would see them. */
export function openModal(dialog, onclose) {
  const said = $("#said");
  dialog.addEventListener("close", () => {
    dialog.remove();
    ($$("dialog[open]").at(-1) ?? document.body).append(said);
    onclose?.();
  });
  document.body.append(dialog);
  dialog.append(said);
  dialog.showModal();
}

/** Ask for confirmation in a dialog; resolves to the answer. Its button is red, unless nothing is destroyed. */
export function confirmed(question, yes, { destroys = true } = {}) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "ask" },
      h("form", { method: "dialog" },
        h("p", {}, question),
        h("div", { class: "row end" },
          h("button", { value: "no", class: "quiet" }, "Cancel"),
          h("button", { value: "yes", class: destroys ? "danger" : null }, yes))),
    );
    openModal(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

const units = ["B", "kB", "MB", "GB", "TB"];

/** Format a number in decimal, rounded half up: 0.285 is 28.5%, and 1.45 is 1.5. What arithmetic adds behind the 12th digit is dropped. */
export function decimal(number, places = 0) {
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: places, maximumFractionDigits: places });
  return format.format(Number(number.toPrecision(12)));
}

/** Format a share. Only a whole is 100%, and only nothing is 0%. */
export function percent(share, places = 1) {
  const least = 0.1 ** places;
  return share <= 0 || share >= 1 ? `${decimal(100 * share)}%` : `${decimal(Math.min(Math.max(100 * share, least), 100 - least), places)}%`;
}

/** Format a number of bytes. */
export function bytes(number) {
  let power = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), units.length - 1);
  if (power < units.length - 1 && number / 1000 ** power >= 999.5) power += 1;
  const value = number / 1000 ** power;
  return `${decimal(value, power && value < 9.95 ? 1 : 0)} ${units[power]}`;
}

export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
export const count = (number) => new Intl.NumberFormat().format(number);
export const day = (text) => new Date(text).toLocaleDateString(undefined, { dateStyle: "medium" });
export const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

const UNITS = [[86_400, "day"], [3600, "hour"], [60, "minute"]];

/** Return how long ago something was, in the greatest unit of which it is at least two: 3 s ago, 90 minutes ago. */
export function ago(seconds) {
  const [size, word] = UNITS.find(([each]) => seconds >= 2 * each) ?? [1, null];
  return word ? `${plural(Math.floor(seconds / size), word)} ago` : `${Math.max(1, Math.floor(seconds))} s ago`;
}

/** Return when a key was last used. That is noted once an hour, so nothing more exact is said. */
export function usedWords(at, now = Date.now()) {
  if (!at) return "never";
  const hours = Math.floor((now - Date.parse(at)) / 3_600_000);
  if (hours < 2) return hours < 1 ? "in the last hour" : "in the last 2 hours";
  if (hours < 48) return `about ${hours} hours ago`;
  return hours < 30 * 24 ? `${Math.floor(hours / 24)} days ago` : day(at);
}
