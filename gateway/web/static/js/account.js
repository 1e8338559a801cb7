// Who is signed in, at the top of every page, with a button to sign out.

import { sessionStatus, signOut } from "./api.js";
import { $, fill, h, trying } from "./dom.js";

const place = $("#who");

/** Show who is signed in: {role, name}, or null. */
export function showAccount(user) {
  place.hidden = user === null;
  if (user === null) return;
  const words = user.role === "admin" ? `Admin ${user.name}` : `Key “${user.name}”`;
  fill(place, h("span", { class: "small", title: words }, words), h("button", { class: "quiet slim", type: "button", onclick: leave }, "Sign out"));
}

/** Say that nobody is signed in any more; the page starts again once somebody is. */
export function showEnded() {
  place.hidden = false;
  fill(place, h("span", { class: "small" }, "Your session has ended"), h("button", { class: "quiet slim", type: "button", onclick: () => location.reload() }, "Sign in"));
}

async function leave(event) {
  await trying(event.currentTarget, signOut);
  location.reload();
}

sessionStatus().then((now) => now.signed_in && showAccount({ role: now.role, name: now.username ?? now.key_name })).catch(() => {});
