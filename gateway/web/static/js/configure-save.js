// Offers to keep the look for whoever is signed in: as the key's own, as one of its profiles, or for everybody.

import { who } from "./api.js";
import { h, say, trying } from "./dom.js";
import { kindWords, saveForEverybody, saveLook, saveProfile } from "./looks.js";

// Read at once: the page brings its address into another form, without the profile.
const profile = new URLSearchParams(location.search).get("profile");

/** Put the buttons into a row; read() tells {look, kind} as they are when a button is pressed. */
export async function offerSaving(row, read) {
  const somebody = await who().catch(() => null);
  if (somebody === null) return;
  row.append(...(somebody.role === "admin" ? forAdmins(read) : forHolders(read)));
}

function forHolders(read) {
  const own = saving("Save to my key", read, saveLook, (kind) => `Your key’s ${kind} looks like this now`);
  if (!profile) return [own];
  const kept = (kind, parameters) => saveProfile(profile, kind, parameters);
  return [saving(`Save to “${profile}”`, read, kept, () => `The profile “${profile}” looks like this now`), own];
}

const forAdmins = (read) => [
  saving("Make it everybody’s look", read, saveForEverybody, (kind) => `Everybody’s ${kind} looks like this now, unless their key says otherwise`),
];

function saving(words, read, save, said) {
  const keep = async (event) => {
    const { look, kind } = read();
    const kept = await trying(event.currentTarget, () => save(kind, Object.fromEntries(look.pairs(kind))));
    if (kept !== undefined) say(`${said(kindWords(kind).toLowerCase())}.`);
  };
  return h("button", { type: "button", onclick: keep }, words);
}
