// Dialogs of the admin panel.

import { $$, fill, h, openModal } from "./dom.js";

let number = 0;
let addressed = null; // the open dialog that has an address: {address, close}

/** Return whether the page is at this address of the panel, such as "keys/7". */
export const isAt = (address) => decodeURIComponent(location.hash) === `#${address}`;

/** Close the dialog of another address than the current one, with the questions that it asks. */
export function closeLeft() {
  if (!addressed || isAt(addressed.address)) return;
  for (const question of $$("dialog.ask:not(.secrets)")) question.close();
  addressed?.close();
}

/**
 * Open a dialog; returns functions to fill, name and close it. Closing removes it and calls ``onclose``. One that has
 * an address, such as "keys/7", is opened by a link there: closing it leads to the section, and leaving it closes it.
 */
export function openDialog(title, { size = "medium", address = null, onclose } = {}) {
  const id = `dialog-${(number += 1)}`;
  const heading = h("h2", { id, tabIndex: -1 }, title);
  const body = h("div", { class: "dialog-body" });
  const leave = h("button", { type: "button", class: "quiet slim", onclick: () => dialog.close() }, "Close");
  const dialog = h("dialog", { class: size, "aria-labelledby": id },
    h("div", { class: "dialog-head" }, heading, leave), body);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  if (address) addressed = { address, close: () => dialog.close() };
  openModal(dialog, () => {
    if (address) {
      addressed = null;
      if (isAt(address)) history.replaceState(null, "", `#${address.split("/")[0]}`);
    }
    onclose?.();
  });
  heading.focus();
  return {
    body,
    fill: (...children) => fill(body, ...children),
    name: (text) => fill(heading, text),
    close: () => dialog.close(),
  };
}

/** Return a labelled input with a hint: field("name", "Name", {value: "…"}, "As you like."). */
export function field(id, words, attributes = {}, hint = null) {
  return h("div", { class: "field" },
    h("label", { for: id }, words, hint && h("span", { class: "hint" }, hint)),
    h("input", { id, name: id, autocomplete: "off", spellcheck: "false", ...attributes }));
}

/** Return a labelled checkbox. */
export function check(id, words, isOn, hint = null) {
  return h("label", { class: "check" },
    h("input", { id, type: "checkbox", checked: isOn }), h("span", {}, words), hint && h("span", { class: "hint" }, hint));
}

/** Return a list of facts of [name, value] pairs; those without a value are left out. */
export function facts(...pairs) {
  return h("dl", { class: "facts" },
    pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
