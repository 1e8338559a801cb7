// Shows the sign-in form on pages that need it, and in a dialog where a session has ended.

import { showAccount, showEnded } from "./account.js";
import { signIn, sessionStatus, who, whenExpired } from "./api.js";
import { $, fill, h, openModal } from "./dom.js";
import { form } from "./form.js";

let entered = "";

/** Return the key that was entered on this page; empty after a reload, because it is not stored. */
export const enteredKey = () => entered;

/**
 * Return who is signed in, {role, name}, once the role fits ("admin", "key", or "any").
 * Until then the place shows a form; afterwards it is empty.
 */
export async function signedIn(role, place) {
  const already = await who().catch(() => null);
  if (already && fits(already, role)) return shown(already, place);
  return new Promise((resolve) => {
    const done = (now) => resolve(shown(now, place));
    showForm(role, place, already, done);
  });
}

/** Ask a user, {role, name}, to sign in again; resolves to whether they did. Somebody else gets the page for themselves. */
function askAgain(before) {
  return new Promise((resolve) => {
    let isThere = false;
    const done = (now) => {
      showAccount(now);
      if (now.name !== before.name) return location.reload();
      isThere = true;
      return dialog.close();
    };
    const whose = before.role === "admin" ? `admin ${before.name}` : `key “${before.name}”`;
    const later = h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Not now");
    const dialog = h("dialog", { class: "ask again", "aria-labelledby": "again-title" },
      h("h2", { id: "again-title" }, "Sign in again"),
      h("p", {}, `The session of the ${whose} has ended. Sign in to continue where you left off.`),
      before.role === "admin" ? credentials("login", "Sign in", done, "current-password", null, later) : keyFields(done, later));
    openModal(dialog, () => {
      if (!isThere) showEnded();
      resolve(isThere);
    });
    $("input", dialog).focus();
  });
}

whenExpired(askAgain);

const fits = (user, role) => role === "any" || user.role === role;

function shown(user, place) {
  fill(place);
  place.hidden = true;
  showAccount(user);
  return user;
}

async function showForm(role, place, already, done) {
  place.hidden = false;
  const now = await sessionStatus().catch(() => ({ setup_needed: false }));
  const form = role === "key" ? keyForm(done, now.setup_needed) : now.setup_needed ? setUpForm(done) : adminForm(role, done);
  const other = already && h("p", { class: "small" }, `You are signed in as someone else (${already.name}): this page needs ${role === "admin" ? "an admin" : "a key"}.`);
  fill(place, h("section", { class: "narrow card" }, other, ...form));
  $("input", place)?.focus();
}

function adminForm(role, done) {
  const form = credentials("login", "Sign in", done, "current-password");
  const asKey = role === "any" && h("p", { class: "small" }, "Or ", h("a", { href: "/key" }, "sign in with your key"), ".");
  return [h("h1", {}, "Sign in"), form, asKey];
}

function setUpForm(done) {
  return [
    h("h1", {}, "Create the first admin"),
    h("p", {}, "This is a new installation. Choose a name and a password for its first admin."),
    credentials("setup", "Create admin", done, "new-password", "At least eight characters."),
  ];
}

function credentials(how, words, done, kind, hint, ...others) {
  const name = h("input", { id: "username", name: "username", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: kind, required: true });
  return asking(words, done, () => signIn(how, { username: name.value, password: password.value }), [
    field("username", "Name", name),
    field("password", "Password", password, hint),
  ], others);
}

function keyForm(done, isNew) {
  return [
    h("h1", {}, "Sign in with your key"),
    h("p", {}, "The key is the 64 characters that you were given. A read-only key cannot sign in."),
    keyFields(done),
    h("p", { class: "small after" }, isNew
      ? ["This is a new installation without keys. ", h("a", { href: "/admin" }, "Create its first admin"), ", who can create keys."]
      : "No key yet? Ask the operator of this installation."),
  ];
}

function keyFields(done, ...others) {
  const key = h("input", { id: "key", name: "key", type: "password", autocomplete: "current-password", required: true, spellcheck: "false", maxlength: 64 });
  return asking("Sign in", done, () => signInWith(key.value.trim()), [field("key", "Key", key)], others);
}

async function signInWith(key) {
  const user = await signIn("key-login", { key });
  entered = key;
  return user;
}

function field(id, words, input, hint) {
  return h("div", { class: "field" }, h("label", { for: id }, words, hint && h("span", { class: "hint" }, hint)), input);
}

function asking(words, done, work, fields, others = []) {
  return form(async () => done(await work()), {}, ...fields, h("div", { class: "row" }, h("button", {}, words), ...others));
}
