// The read-only key: shown once, when it is created.

import { post } from "./api.js";
import { $, confirmed, copy, fill, h, trying } from "./dom.js";
import { useInAddresses } from "./key-addresses.js";

/** Explain the read-only key, with a button to create or replace it. */
export function showShare(place, key) {
  const replace = async () => {
    const warning = "Replace the read-only key? Every address with the old one stops working within seconds.";
    if (key.has_share && !(await confirmed(warning, "Replace it"))) return;
    const { share } = await post("/api/key/me/share");
    showNew(place, share, key.has_share);
    useInAddresses(share);
  };
  fill(place,
    h("p", {}, "The read-only key fetches pictures with your settings and counts as your usage, but cannot sign in. Use it where others can see the address, such as on a web page or in a shared configuration."),
    h("p", { class: "small" }, key.has_share ? "You have one. It was shown when it was created, and only a digest of it is stored." : "You have none yet."),
    h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, replace) }, key.has_share ? "Replace it" : "Create"));
}

function showNew(place, share, hadOne) {
  fill(place,
    h("p", {}, "This is your new read-only key. It is shown only once."),
    h("p", { class: "secret" }, h("code", { id: "new-share" }, share),
      h("button", { type: "button", class: "slim", onclick: (event) => trying(event.currentTarget, () => copy(share, "Read-only key copied")) }, "Copy")),
    hadOne && h("p", { class: "small" }, "The old one stops working within seconds."));
  $("button", place).focus();
}
