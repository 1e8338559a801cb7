// Asks for a text in a dialog, which stays open until the action on the text succeeds.

import { h, openModal } from "./dom.js";
import { form } from "./form.js";

/**
 * Ask for a text. `work(text)` may throw: the message is then shown, and the text can be corrected.
 * Resolves to the result of `work`, or to undefined if the dialog was cancelled.
 */
export function asked({ title, label, hint, value = "", yes = "Save", long = false, work }) {
  return new Promise((resolve) => {
    let result;
    const input = h(long ? "textarea" : "input", { id: "asked", rows: "4", autocomplete: "off", spellcheck: "false", required: true });
    input.value = value;
    const close = () => dialog.close();
    const submit = async () => {
      result = await work(input.value.trim());
      close();
    };
    const dialog = h("dialog", { class: "ask wide", "aria-labelledby": "asked-title" },
      form(submit, {},
        h("h2", { id: "asked-title" }, title),
        h("div", { class: "field" }, h("label", { for: "asked" }, label, hint && h("span", { class: "hint" }, hint)), input),
        h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"), h("button", {}, yes))));
    openModal(dialog, () => resolve(result));
    input.select();
  });
}
