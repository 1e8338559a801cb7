// Whose settings the configuration page starts from: the global ones, a key's own, or one of its profiles.

import { get } from "./api.js";
import { say } from "./dom.js";

/** Return {role, name, has_share, overrides, profile} of the user who is signed in; null for a stranger. Throws a Refusal. */
export async function loadOwner(user, profileName) {
  if (user?.role !== "key") return user;
  const loads = [get("/api/key/me"), get("/api/key/me/settings"), profileName ? loadProfile(profileName) : null];
  const [{ has_share }, { settings }, profile] = await Promise.all(loads);
  return { ...user, has_share, overrides: settings, profile };
}

async function loadProfile(wanted) {
  const { profiles } = await get("/api/key/me/profiles");
  const found = profiles.find(({ name }) => name === wanted);
  if (!found) say(`There is no profile named ${wanted}. These are the settings of your key.`, "bad");
  if (found?.design) {
    location.replace(`/design?profile=${encodeURIComponent(wanted)}`); // it has no parameters to choose
    await new Promise(() => {});
  }
  return found ?? null;
}
