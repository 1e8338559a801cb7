// The read-only key: shown once, when it is created.

import { useWords } from "./affected.js";
import { get, post } from "./api.js";
import { confirmed, fill, h, trying } from "./dom.js";
import { useInAddresses } from "./key-addresses.js";
import { newShare, showSecrets } from "./secrets.js";

/** Create or replace the read-only key of the key that is signed in, {name, has_share}; undefined if the holder changed their mind. */
export async function issueShare(key) {
  const warning = async () => `Replace the read-only key? Every address with the old one stops working within seconds. Your key has ${useWords(await get("/api/key/me"))}.`;
  if (key.has_share && !(await confirmed(await warning(), "Replace it"))) return undefined;
  const { share } = await post("/api/key/me/share");
  await showSecrets(newShare(key.name, share));
  return share;
}

/** Explain the read-only key, with a button to create or replace it. */
export function showShare(place, key) {
  const replace = async () => {
    const share = await issueShare(key);
    if (share === undefined) return;
    showShare(place, { ...key, has_share: true });
    useInAddresses(share);
  };
  fill(place,
    h("p", {}, "The read-only key fetches pictures with your settings and counts as your usage, but cannot sign in. Use it where others can see the address, such as on a web page or in a shared configuration."),
    h("p", { class: "small" }, key.has_share ? "You have one. It was shown when it was created, and only a digest of it is stored." : "You have none yet."),
    h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, replace) }, key.has_share ? "Replace it" : "Create"));
}
