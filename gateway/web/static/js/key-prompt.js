// Asks for a text in a dialog, which stays open until the action on the text succeeds.

import { fill, h } from "./dom.js";

/**
 * Ask for a text. `work(text)` may throw: the message is then shown, and the text can be corrected.
 * Resolves to the result of `work`, or to undefined if the dialog was cancelled.
 */
export function asked({ title, label, hint, value = "", yes = "Save", long = false, work }) {
  return new Promise((resolve) => {
    let result;
    const input = h(long ? "textarea" : "input", { id: "asked", rows: "4", autocomplete: "off", spellcheck: "false", required: true });
    input.value = value;
    const problem = h("p", { class: "problem", role: "alert", hidden: true });
    const button = h("button", {}, yes);
    const close = () => dialog.close();
    const submit = async (event) => {
      event.preventDefault();
      problem.hidden = button.disabled = true;
      try {
        result = await work(input.value.trim());
        close();
      } catch (refusal) {
        fill(problem, refusal.message);
        problem.hidden = button.disabled = false;
      }
    };
    const dialog = h("dialog", { class: "ask wide", "aria-labelledby": "asked-title", onclose: () => { resolve(result); dialog.remove(); } },
      h("form", { onsubmit: submit },
        h("h2", { id: "asked-title" }, title),
        h("div", { class: "field" }, h("label", { for: "asked" }, label, hint && h("span", { class: "hint" }, hint)), input),
        problem,
        h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"), button)));
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}
