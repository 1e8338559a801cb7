// A design as a file, as a link, and elements on the clipboard.

import { copy, h, plural, say } from "./dom.js";
import { documentOf, facts, linkOf, plain, readDocument, readElement } from "./design-document.js";
import { jsonOfFile } from "./design-json.js";

const STORED = "marquee-elements"; // where the browser gives no access to its clipboard

/** Let the design be saved as a file. */
export function exportFile(design, name) {
  const text = `${JSON.stringify(documentOf(design), null, 1)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: url, download: `${name || `${design.kind}-design`}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Let a file be chosen; resolves to its design. Throws an Error that says what is wrong with it. */
export function importFile() {
  return new Promise((resolve, reject) => {
    const input = h("input", { type: "file", accept: ".json,application/json", onchange: () => read(input.files[0]).then(resolve, reject) });
    input.click();
  });
}

const read = async (file) => readDocument(await jsonOfFile(file));

/** Copy a link that holds the design. Throws an Error. */
export async function copyLink(design) {
  const url = new URL(`/design#${linkOf(design)}`, location.href);
  await copy(url.href, "Link copied");
}

const textOf = (elements) => JSON.stringify({ elements: elements.map(plain) });

const words = (elements) => (elements.length === 1 ? "Element" : plural(elements.length, "element"));

/** Return the elements of a text from the clipboard; null if it holds none. Throws an Error where they are wrong. */
function elementsOf(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  const list = Array.isArray(given?.elements) ? given.elements : given?.type ? [given] : null;
  return list?.slice(0, facts.most.elements).map((each, nth) => readElement(each, `elements[${nth}]`)) ?? null;
}

/** Copy, cut and paste elements of the store by the usual keys, also between two designs. Returns {copy, paste} for buttons. */
export function useClipboard(store) {
  const isTyping = (event) => event.target.closest?.("input, textarea, select, [contenteditable], dialog") || String(getSelection());

  function take(event) {
    if (!store.selected || isTyping(event)) return;
    event.preventDefault();
    const { selection } = store;
    event.clipboardData.setData("text/plain", textOf(selection));
    sessionStorage.setItem(STORED, textOf(selection));
    if (event.type === "cut") store.remove();
    say(`${words(selection)} ${event.type === "cut" ? "cut" : "copied"}.`);
  }

  function put(text) {
    const elements = elementsOf(text);
    if (!elements?.length) throw new Error("The clipboard holds no elements of a design.");
    store.add(elements, store.selection.at(-1)?.id ?? null);
  }

  function give(event) {
    const text = event.clipboardData.getData("text/plain");
    if (isTyping(event)) return;
    event.preventDefault();
    try {
      put(text);
    } catch (problem) {
      say(problem.message, "bad");
    }
  }

  document.addEventListener("copy", take);
  document.addEventListener("cut", take);
  document.addEventListener("paste", give);
  return {
    async copy() {
      const { selection } = store;
      sessionStorage.setItem(STORED, textOf(selection));
      await navigator.clipboard?.writeText(textOf(selection)).catch(() => {});
      say(`${words(selection)} copied.`);
    },
    async paste() {
      const text = await navigator.clipboard?.readText?.().catch(() => null);
      put(text && elementsOf(text) ? text : (sessionStorage.getItem(STORED) ?? ""));
    },
  };
}
