// The admins: list, create, remove, and change your own password.

import { field, openDialog } from "./admin-dialog.js";
import { loaded } from "./admin-lists.js";
import { get, post, remove } from "./api.js";
import { $, confirmed, day, fill, h, say, trying } from "./dom.js";
import { form } from "./form.js";

$("#admin-new").addEventListener("click", () => { location.hash = "#admins/new"; });

/** Show the list; #admins/new and #admins/password open their forms over it. */
export async function showAdmins(rest = "") {
  if (rest === "new") newAdmin();
  if (rest === "password") changePassword();
  const answer = await loaded($("#admins-list"), () => get("/api/admin/admins"), () => showAdmins());
  if (!answer) return;
  fill($("#admins-list"), h("div", { class: "table" }, h("table", { class: "rows" },
    h("thead", {}, h("tr", {}, ["Name", "Since"].map((word) => h("th", { scope: "col" }, word)), h("th", { scope: "col" }, h("span", { class: "unseen" }, "Do")))),
    h("tbody", {}, answer.admins.map((admin) => row(admin, answer.admins.length))))));
}

function row(admin, number) {
  const change = admin.is_you
    ? h("button", { type: "button", class: "quiet slim", onclick: () => { location.hash = "#admins/password"; } }, "Change password")
    : h("button", { type: "button", class: "quiet slim", "aria-label": `Remove ${admin.username}`, onclick: (event) => removeAdmin(admin, event.currentTarget) }, "Remove");
  return h("tr", {},
    h("th", { scope: "row" }, admin.username, admin.is_you && h("span", { class: "soft" }, number === 1 ? " – you, the only one" : " – you")),
    h("td", { "data-label": "Since" }, day(admin.created_at)),
    h("td", { class: "end" }, change));
}

function newAdmin() {
  const box = openDialog("New admin", { address: "admins/new" });
  const name = field("admin-name", "Name", { name: "username", required: true, maxlength: 64, autocapitalize: "none" }, "Letters, digits and . _ - @.");
  const password = field("admin-password", "Password", { name: "password", required: true, type: "password", autocomplete: "new-password", minlength: 8 }, "At least eight characters. They can change it here.");
  const make = async () => {
    const made = await post("/api/admin/admins", { username: $("input", name).value.trim(), password: $("input", password).value });
    box.close();
    say(`${made.username} is now an admin.`);
    showAdmins();
  };
  box.fill(h("p", {}, "An admin has the same rights as you, and can remove you."), form(make, {}, name, password, h("button", {}, "Create admin")));
  $("input", name).focus();
}

async function removeAdmin(admin, button) {
  if (!(await confirmed(`Remove the admin ${admin.username}? They are signed out everywhere.`, "Remove"))) return;
  if (await trying(button, () => remove(`/api/admin/admins/${admin.id}`))) say(`${admin.username} was removed.`);
  showAdmins();
}

function changePassword() {
  const box = openDialog("Change your password", { address: "admins/password" });
  const old = field("old-password", "Current password", { name: "old", required: true, type: "password", autocomplete: "current-password" });
  const next = field("new-password", "New password", { name: "new", required: true, type: "password", autocomplete: "new-password", minlength: 8 }, "At least eight characters.");
  const change = async () => {
    await post("/api/auth/password", { old: $("input", old).value, new: $("input", next).value });
    box.close();
    say("Password changed. Your other sessions have ended.");
  };
  box.fill(form(change, {}, old, next, h("button", {}, "Change")));
  $("input", old).focus();
}
