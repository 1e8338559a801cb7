// The key holder's page: usage, settings, profiles, read-only key and addresses.

import { get } from "./api.js";
import { $, fill, h, say } from "./dom.js";
import { showAddresses, useInAddresses } from "./key-addresses.js";
import { showKeySettings } from "./key-settings.js";
import { showProfiles } from "./key-profiles.js";
import { showShare } from "./key-share.js";
import { showUsage } from "./key-usage.js";
import { enteredKey, signedIn } from "./session.js";

await signedIn("key", $("#sign-in"));
$("#mine").hidden = false;

const me = await told("#head", () => get("/api/key/me"));
if (me) {
  showHead($("#head"), me);
  showShare($("#share"), me);
  showAddresses($("#addresses"));
  useInAddresses(enteredKey());
  await Promise.all([
    told("#usage", async () => showUsage($("#usage"), await get("/api/key/me/usage"))),
    told("#key-settings", async () => showKeySettings($("#key-settings"), await get("/api/key/me/settings"))),
    told("#profiles", () => showProfiles($("#profiles"))),
  ]);
}

function showHead(place, key) {
  fill(place,
    h("h1", {}, key.name),
    h("p", { class: "row" },
      h("span", { class: "chip" }, "Key ", h("code", {}, `${key.key_prefix}…`)),
      key.disabled ? h("span", { class: "chip bad" }, "Disabled") : h("span", { class: "chip good" }, "Active"),
      key.direct && h("span", { class: "chip" }, "Direct"),
      key.last_used_at === null && key.requests_this_month === 0 && h("span", { class: "chip" }, "Never used yet")));
}

/** Load a part of the page; an error is shown in its place. */
async function told(selector, work) {
  try {
    return await work();
  } catch (refusal) {
    fill($(selector), h("p", { class: "empty" }, refusal.message));
    say(refusal.message, "bad");
    return undefined;
  }
}
