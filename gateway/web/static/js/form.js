// Does what a form asks for. What is wrong stays in the form, beside the field that it is about.

import { $, $$, h } from "./dom.js";

/** Return a form that calls ``work`` when it is submitted. Its fields have the names of the request's fields. */
export function form(work, attributes, ...children) {
  const element = h("form", attributes, ...children);
  submitting(element, work);
  return element;
}

/** Call ``work`` whenever the form is submitted and its fields are valid, with its button disabled meanwhile. */
export function submitting(element, work) {
  element.noValidate = true; // the browser's own bubbles disappear again
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear(element);
    const wrong = [...element.elements].find((input) => !input.checkValidity());
    if (wrong) {
      complain(element, (wrong.validity.patternMismatch && wrong.title) || wrong.validationMessage, wrong);
      return;
    }
    const button = sender(element);
    button.disabled = true;
    try {
      await work(event);
    } catch (refusal) {
      complain(element, refusal.message, refusal.field && element.elements.namedItem(refusal.field));
    } finally {
      button.disabled = false;
    }
  });
}

const sender = (element) => $("button:not([type=button])", element);

function clear(element) {
  $$(".problem", element).forEach((problem) => problem.remove());
  $$("[aria-invalid]", element).forEach((input) => {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-errormessage");
  });
}

function complain(element, sentence, input) {
  const problem = h("p", { class: "problem", role: "alert" }, sentence);
  if (!input) {
    (sender(element).closest(".row") ?? sender(element)).before(problem);
    return;
  }
  problem.id = `${input.id}-problem`;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-errormessage", problem.id);
  input.after(problem);
  input.focus();
}
