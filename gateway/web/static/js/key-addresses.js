// The addresses that a key's holder pastes into clients. The key itself is known here only while its holder says so.

import { $, copy, fill, h, trying } from "./dom.js";
import { facts, kindWords } from "./looks.js";

const PLACE_FOR_KEY = "YOUR-KEY";
let key = "";

/** Return the address of pictures in a style, with places for a client's own words: {shown, whole}. */
export function pattern(style, kind) {
  const title = kind === "episode" ? "{imdb_id}:{season}:{episode}" : "{imdb_id}";
  const path = `/imdb/${style}/${title}.${kind === "logo" ? "png" : "jpg"}`;
  return { shown: `/${PLACE_FOR_KEY}${path}`, whole: `${location.origin}/${key || PLACE_FOR_KEY}${path}` };
}

/** Use a key or share form in the addresses from now on; it stays on this page. */
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
      h("label", { for: "address-key" }, "Key or share form", h("span", { class: "hint" }, "It is put into the addresses that you copy, and goes nowhere else.")),
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

/** Copy an address, and say what is still to be put into it. Throws like copy. */
export const copyAddress = ({ whole }) => copy(whole, key ? "Address copied" : `Copied: put your key in the place of ${PLACE_FOR_KEY}`);
