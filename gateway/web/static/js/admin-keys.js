// Keys: the list, and what can be done with a key.

import { barChart } from "./admin-charts.js";
import { check, facts, field, isAt, openDialog } from "./admin-dialog.js";
import { activity, lastUsed, quotaBar } from "./admin-key-list.js";
import { renewList, showList } from "./admin-lists.js";
import { settingsFile } from "./admin-settings-file.js";
import { get, patch, post, remove } from "./api.js";
import { $, confirmed, count, fill, h, moment, plural, say, sayUndoable, trying } from "./dom.js";
import { form } from "./form.js";
import { useWords } from "./affected.js";
import { newShare, showSecrets } from "./secrets.js";

$("#key-new").addEventListener("click", () => { location.hash = "#keys/new"; });
$("#keys-list").addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  if (button) location.hash = `#keys/${button.dataset.key}`;
});

/** Show the list; #keys/7 shows the key of this number over it, and #keys/new the form of a new one. */
export async function showKeys(rest) {
  const isKey = /^[0-9]{1,18}$/.test(rest);
  if (!isKey || !$("#keys-list .rows")) showList("keys");
  if (isKey) await showKey(rest);
  else if (rest === "new") newKey();
}

function newKey() {
  const box = openDialog("New key", { address: "keys/new" });
  const name = field("key-name", "Name", { name: "name", required: true, maxLength: 100 }, "Its owner, or where it is used.");
  const limit = limitField(0);
  const tier = tierField(0);
  const direct = directCheck(false);
  const make = async () => {
    const issued = await post("/api/keys", { name: $("input", name).value.trim(), ...read(limit, tier, direct) });
    renewList("keys");
    box.close();
    await showSecrets({
      title: `Key “${issued.name}” created`,
      name: issued.name,
      secrets: [
        { label: "Key", hint: "Signs in and fetches pictures.", text: issued.key },
        { label: "Read-only key", hint: "Fetches pictures only. This is the one to share.", text: issued.share },
        ...(issued.tier ? [{ label: "Read-only key with its tier", hint: "The same key, for clients that expect an RPDB key.", text: `t${issued.tier}-${issued.share}` }] : []),
      ],
    });
  };
  box.fill(form(make, {}, name, h("div", { class: "fields" }, limit, tier), direct, h("button", {}, "Create key")));
  $("input", name).focus();
}

const limitField = (value) => field("key-limit", "Pictures per month", { name: "monthly_limit", type: "number", min: "0", max: String(2 ** 31 - 1), step: "1", value: String(value), required: true }, "0 means no limit.");
const tierField = (value) => field("key-tier", "Tier", { name: "tier", type: "number", min: "0", max: "9", step: "1", value: String(value), required: true }, "For clients made for RPDB, which read it from the start of a key: t3- opens all their options. 0 adds nothing.");
const directCheck = (isOn) => check("key-direct", "Direct", isOn, "For clients that do not follow redirects: the gateway sends the picture itself.");

const read = (limit, tier, direct) => ({
  monthly_limit: Number($("input", limit).value),
  tier: Number($("input", tier).value),
  direct: $("input", direct).checked,
});

async function showKey(id) {
  const address = `keys/${id}`;
  const found = await trying(null, () => Promise.all([get(`/api/keys/${id}`), get(`/api/keys/${id}/usage`)]));
  if (!isAt(address)) return; // the reader has gone on
  if (!found) {
    history.replaceState(null, "", "#keys");
    return;
  }
  const [key, usage] = found;
  const box = openDialog(key.name, { size: "wide", address });
  fillKey(box, key, usage);
}

function fillKey(box, key, usage) {
  box.name(key.name);
  const again = async (words, work) => {
    const changed = await work();
    say(words);
    renewList("keys");
    fillKey(box, changed, usage);
  };
  box.fill(
    facts(
      ["Begins with", h("code", {}, `${key.key_prefix}…`)],
      ["State", key.is_free ? "set by the switch in the global settings" : activity(key)],
      ["Created", moment(key.created_at)],
      ["Last used", lastUsed(key)],
      ["This month", used(key)]),
    usageChart(usage),
    changes(key, again),
    !key.is_free && settingsFile(key),
    !key.is_free && h("div", { class: "danger-zone" },
      h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, () => enable(key, key.disabled, (changed) => fillKey(box, changed, usage))) }, key.disabled ? "Enable" : "Disable"),
      h("button", { type: "button", class: "quiet", onclick: (event) => replaceShare(key, event.currentTarget) }, "Replace the read-only key"),
      h("button", { type: "button", class: "danger", onclick: (event) => deleteKey(box, key, event.currentTarget) }, "Delete")),
    key.is_free && h("p", { class: "small" }, "The free key has no secret. It is switched on and off in the ", h("a", { href: "#settings", onclick: () => box.close() }, "global settings"), "."));
}

async function enable(key, isOn, shown) {
  const set = async (disabled) => {
    shown(await patch(`/api/keys/${key.id}`, { disabled }));
    renewList("keys");
  };
  await set(!isOn);
  sayUndoable(isOn ? "The key is enabled." : "The key is disabled.", () => set(isOn));
}

function used(key) {
  if (!key.monthly_limit) return `${count(key.requests_this_month)} pictures, no limit`;
  return h("span", {}, `${count(key.requests_this_month)} of ${count(key.monthly_limit)} pictures`, quotaBar(key));
}

function usageChart(usage) {
  const [year, month] = usage.month.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const days = Object.fromEntries(usage.days.map((each) => [each.day, each.requests]));
  const numbers = Array.from({ length: last }, (_, at) => at + 1);
  const values = numbers.map((day) => days[`${usage.month}-${String(day).padStart(2, "0")}`] ?? 0);
  const chart = barChart({ title: "Usage by day", labels: numbers.map((day) => `${day}.`), series: [{ name: "pictures", values }], summary: `${count(usage.requests)} in ${usage.month}`, ticks: 6 });
  chart.classList.add("small-chart");
  return chart;
}

function changes(key, again) {
  const name = field("key-name", "Name", { name: "name", value: key.name, required: true, maxLength: 100 });
  const [limit, tier, direct] = [limitField(key.monthly_limit), tierField(key.tier), directCheck(key.direct)];
  const save = () => {
    const wish = { name: $("input", name).value.trim(), ...read(limit, tier, direct) };
    return again("Saved.", () => patch(`/api/keys/${key.id}`, wish));
  };
  return form(save, {}, h("h3", {}, "Change"), name, h("div", { class: "fields" }, limit, tier), direct, h("button", {}, "Save"));
}

async function replaceShare(key, button) {
  const question = `Replace the read-only key of “${key.name}”? Addresses with the current one stop working within seconds. The key has ${useWords(key)}.`;
  if (!(await confirmed(question, "Replace it"))) return;
  const issued = await trying(button, () => post(`/api/keys/${key.id}/share`));
  if (!issued) return;
  await showSecrets(newShare(key.name, issued.share));
}

async function deleteKey(box, key, button) {
  const found = await trying(button, () => get(`/api/keys/${key.id}/profiles`));
  if (!found) return;
  const question = `Delete “${key.name}” with its settings, ${plural(found.profiles.length, "profile")} and usage? Every address with it stops working within seconds. It has ${useWords(key)}.`;
  if (!(await confirmed(question, "Delete it"))) return;
  if (!(await trying(button, () => remove(`/api/keys/${key.id}`)))) return;
  say("Key deleted.");
  box.close();
  renewList("keys");
}
