// Saves the settings for the signed-in user: on the key, in one of its profiles, or globally.

import { who } from "./api.js";
import { h, say, trying } from "./dom.js";
import { kindWords, saveGlobally, saveSettings, saveProfile } from "./settings.js";

// Read at once: the page rewrites its address, without the profile.
const profile = new URLSearchParams(location.search).get("profile");

/** Put the buttons into a row; read() tells {settings, kind} as they are when a button is pressed. */
export async function offerSaving(row, read) {
  const user = await who().catch(() => null);
  if (user === null) return;
  row.append(...(user.role === "admin" ? forAdmins(read) : forHolders(read)));
}

function forHolders(read) {
  const own = saving("Save to my key", read, saveSettings, (kind) => `Saved as your key’s ${kind} settings`);
  if (!profile) return [own];
  const kept = (kind, parameters) => saveProfile(profile, kind, parameters);
  return [saving(`Save to “${profile}”`, read, kept, () => `Saved in the profile “${profile}”`), own];
}

const forAdmins = (read) => [
  saving("Save as global settings", read, saveGlobally, (kind) => `Saved as global ${kind} settings. Keys with their own settings keep them`),
];

function saving(words, read, save, said) {
  const keep = async (event) => {
    const { settings, kind } = read();
    const kept = await trying(event.currentTarget, () => save(kind, Object.fromEntries(settings.pairsForAll(kind))));
    if (kept !== undefined) say(`${said(kindWords(kind).toLowerCase())}.`);
  };
  return h("button", { type: "button", onclick: keep }, words);
}
