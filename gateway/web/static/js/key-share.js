// The share form of a key: shown once, when it is made.

import { post } from "./api.js";
import { $, confirmed, copy, fill, h, trying } from "./dom.js";
import { useInAddresses } from "./key-addresses.js";

/** Fill a place with what the share form is for, and the way to another one. */
export function showShare(place, key) {
  const replace = async () => {
    const warning = "Replace the share form? Every address with the old one stops within seconds.";
    if (key.has_share && !(await confirmed(warning, "Replace it"))) return;
    const { share } = await post("/api/key/me/share");
    showNew(place, share, key.has_share);
    useInAddresses(share);
  };
  fill(place,
    h("p", {}, "The share form fetches pictures as your key does, with your looks and on your account, but nobody can sign in with it. Put it where others can read the address: on a web page, in a shared configuration."),
    h("p", { class: "small" }, key.has_share ? "You have one. It was shown when it was made, and is kept nowhere in readable form." : "You have none yet."),
    h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, replace) }, key.has_share ? "Replace it" : "Make one"));
}

function showNew(place, share, hadOne) {
  fill(place,
    h("p", {}, "This is your new share form. It is shown this once."),
    h("p", { class: "secret" }, h("code", { id: "new-share" }, share),
      h("button", { type: "button", class: "slim", onclick: (event) => trying(event.currentTarget, () => copy(share, "Share form copied")) }, "Copy")),
    hadOne && h("p", { class: "small" }, "The old one stops within seconds."));
  $("button", place).focus();
}
