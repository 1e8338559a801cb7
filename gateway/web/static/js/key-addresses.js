// Addresses to paste into clients. The key is known only while it is entered on this page.

import { $, copy, fill, h, trying } from "./dom.js";
import { facts, kindWords } from "./settings.js";

const PLACE_FOR_KEY = "YOUR-KEY";
let key = "";

/** Return the address of pictures in a style, with a client's placeholders: {shown, whole}. */
export function pattern(style, kind) {
  const title = kind === "episode" ? "{imdb_id}:{season}:{episode}" : "{imdb_id}";
  const path = `/imdb/${style}/${title}.${kind === "logo" ? "png" : "jpg"}`;
  return { shown: `/${PLACE_FOR_KEY}${path}`, whole: `${location.origin}/${key || PLACE_FOR_KEY}${path}` };
}

/** Use a key or read-only key in the addresses from now on; it stays on this page. */
export function useInAddresses(text) {
  key = text.trim();
  const input = $("#address-key");
  if (input) input.value = key;
  show();
}

/** Fill a place with the addresses. */
export function showAddresses(place) {
  const input = h("input", { id: "address-key", type: "password", autocomplete: "off", spellcheck: "false", maxlength: 64, value: key, oninput: () => { key = input.value.trim(); show(); } });
  fill(place,
    h("div", { class: "field key-field" },
      h("label", { for: "address-key" }, "Key or read-only key", h("span", { class: "hint" }, "Used only in the addresses that you copy.")),
      input),
    h("ul", { id: "address-list", class: "addresses" }));
  show();
}

function show() {
  const list = $("#address-list");
  if (!list) return;
  const rows = facts().kinds.map(({ kind }) => row(kindWords(kind), pattern(`${kind}-default`, kind)));
  const check = { shown: `/${PLACE_FOR_KEY}/isValid`, whole: `${location.origin}/${key || PLACE_FOR_KEY}/isValid` };
  fill(list, ...rows, row("Is it valid?", check));
}

function row(words, address) {
  const button = h("button", { type: "button", class: "quiet slim", onclick: () => trying(button, () => copyAddress(address)), "aria-label": `Copy the address: ${words}` }, "Copy");
  return h("li", {}, h("span", { class: "what" }, words), h("code", {}, address.shown), button);
}

/** Copy an address, and say what still has to be filled in. Throws like copy. */
export const copyAddress = ({ whole }) => copy(whole, key ? "Address copied" : `Copied. Replace ${PLACE_FOR_KEY} with your key`);
