// Fills this host and the reader's key into the lines of the guides. Without this script they are examples.

import { isKey, isLoopback } from "./configure-snippets.js";
import { $, $$ } from "./dom.js";

const HOST = "https://posters.example";
const places = $$("pre, .body li code, .body p code").filter((each) => /posters\.example|\bKEY\b/.test(each.textContent));
const originals = places.map((each) => each.textContent);
const input = $("#guide-key");

function show() {
  const key = isKey(input.value.trim()) ? input.value.trim() : "KEY";
  places.forEach((each, nth) => {
    each.textContent = originals[nth].replaceAll(HOST, location.origin).replace(/\bKEY\b/g, key).replaceAll("/h.…/", `/${key === "KEY" ? "h.…" : key}/`);
  });
}

input.addEventListener("input", show);
$("#fill-in").hidden = false;
$("#loopback").hidden = !isLoopback(location.origin);
show();
