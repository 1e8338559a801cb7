// Shows new keys. They cannot be shown again, so the dialog closes only by its button, and asks once if nothing was kept.

import { confirmed, copy, h, openModal, say } from "./dom.js";

/**
 * Show secrets, [{label, hint, text}], that belong to a key of this name; resolves when the dialog is closed.
 * Copying or downloading any of them counts as keeping.
 */
export function showSecrets({ title, name, secrets }) {
  return new Promise((resolve) => {
    const it = secrets.length > 1 ? "them" : "it";
    let isKept = false;
    let hasAsked = false;
    const keep = () => { isKept = true; };
    const done = h("button", { type: "button", onclick: () => leave(true) }, `I’ve saved ${it}`);
    const file = URL.createObjectURL(new Blob([fileText(name, secrets)], { type: "text/plain" }));
    const dialog = h("dialog", { class: "ask secrets", "aria-labelledby": "secrets-title", closedby: "none", oncopy: keep },
      h("h2", { id: "secrets-title", tabIndex: -1 }, title),
      h("p", { class: "warning" }, h("strong", {}, `Copy ${it} now.`), ` This is the only time that ${secrets.length > 1 ? "they are" : "it is"} shown: Marquee stores only a digest.`),
      secrets.map((each, nth) => row(each, nth, keep)),
      h("div", { class: "row end" }, h("a", { class: "button quiet", href: file, download: fileName(name), onclick: keep }, "Download .txt"), done));

    async function leave(isDone) {
      if (!isKept && !hasAsked) {
        hasAsked = true;
        isDone = await confirmed(`Nothing was copied or downloaded, and nobody can show ${it} again. Close anyway?`, "Close anyway");
      }
      if (isDone) dialog.close();
      else done.focus();
    }

    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.closest("dialog") !== dialog) return;
      event.preventDefault(); // a browser lets a page stop only the first of two in its own event
      leave(false);
    });
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("click", (event) => event.target === dialog && leave(false));
    const guard = (event) => !isKept && event.preventDefault();
    addEventListener("beforeunload", guard);
    openModal(dialog, () => {
      removeEventListener("beforeunload", guard);
      URL.revokeObjectURL(file);
      resolve();
    });
    document.getElementById("secrets-title").focus();
  });
}

/** Return what the dialog of a new read-only key says. */
export const newShare = (name, share) => ({
  title: "New read-only key",
  name,
  secrets: [{ label: "Read-only key", hint: "Fetches pictures only, and cannot sign in.", text: share }],
});

function row({ label, hint, text }, nth, keep) {
  const input = h("input", { id: `secret-${nth}`, value: text, readOnly: true, spellcheck: "false", onfocus: (event) => event.target.select() });
  const copying = async () => {
    try {
      await copy(text, `${label} copied`);
      keep();
    } catch {
      input.select();
      say("The browser does not allow copying. The text is selected for you.", "bad");
    }
  };
  return h("div", { class: "secret" },
    h("label", { for: input.id }, label, h("span", { class: "hint" }, hint)), input,
    h("button", { type: "button", class: "quiet", "aria-label": `Copy the ${label.toLowerCase()}`, onclick: copying }, "Copy"));
}

const fileName = (name) => `marquee-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "key"}.txt`;

const fileText = (name, secrets) =>
  [`${name} – Marquee at ${location.origin}`, "", ...secrets.flatMap(({ label, hint, text }) => [`${label}: ${text}`, hint, ""])].join("\n");
