// Builds pieces of a page. Text goes in as text, so nothing that somebody wrote becomes markup.

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

/** Put children in the place of whatever an element holds. */
export const fill = (element, ...children) => element.replaceChildren(...children.flat().filter(Boolean));

/** Return a function that calls once after the last of many calls. */
export function debounced(call, wait = 250) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), wait);
  };
}

/** Say a sentence to everybody, also to a screen reader; kind is "good" or "bad". */
export function say(sentence, kind = "good") {
  const place = $("#said");
  const note = h("p", { class: `said ${kind}`, role: kind === "bad" ? "alert" : "status" }, sentence);
  place.append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 9000 : 4000);
}

/** Do something that may be refused, with the button at rest meanwhile; a refusal is said, and gives undefined. */
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

/** Copy a text, and say so. Throws an Error with a sentence where the browser does not let pages copy. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Error("Your browser lets pages copy over https only. Please mark the text and copy it yourself.");
  }
  say(`${what}.`);
}

/** Ask for leave in a dialog of our own; resolves to whether it was given. */
export function confirmed(question, yes = "Yes") {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "ask", onclose: () => { resolve(dialog.returnValue === "yes"); dialog.remove(); } },
      h("form", { method: "dialog" },
        h("p", {}, question),
        h("div", { class: "row end" },
          h("button", { value: "no", class: "quiet" }, "Cancel"),
          h("button", { value: "yes", class: "danger" }, yes))),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

const units = ["B", "kB", "MB", "GB", "TB"];

/** Spell a number of bytes. */
export function bytes(number) {
  const power = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), units.length - 1);
  return `${(number / 1000 ** power).toFixed(power && number / 1000 ** power < 10 ? 1 : 0)} ${units[power]}`;
}

export const count = (number) => new Intl.NumberFormat().format(number);
export const day = (text) => new Date(text).toLocaleDateString(undefined, { dateStyle: "medium" });
export const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
