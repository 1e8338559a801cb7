// The global settings, and the switch of the free key.

import { loaded } from "./admin-lists.js";
import { get, put } from "./api.js";
import { freeKeyWords, globalQuestion } from "./affected.js";
import { $, confirmed, fill, h, sayUndoable, trying } from "./dom.js";
import { form } from "./form.js";

const KINDS = ["poster", "logo", "backdrop", "episode"];

/** Other names of some parameters. */
const ALSO = { badge_direction: "direction", poster_source: "image_source", fanart_textless: "textless" };
const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

export async function showGlobalSettings() {
  const page = await loaded($("#settings-kinds"), () => get("/api/admin/settings"), showGlobalSettings);
  if (page) fillPage(page);
}

function fillPage(page) {
  fill($("#settings-free"), freeKey(page.free_key));
  fill($("#settings-kinds"), KINDS.map((kind) => kindCard(kind, page)));
}

function freeKey({ enabled, locked }) {
  const hint = locked
    ? `The configuration sets FREE_KEY_ENABLED to ${enabled}, which locks this switch.`
    : "Anyone can then fetch pictures with the key t0-free-rpdb, and try settings without signing in.";
  const input = h("input", { id: "free-key", type: "checkbox", role: "switch", checked: enabled, disabled: locked, "aria-describedby": "free-key-hint" });
  const set = async (isOn) => {
    await put("/api/admin/settings", { free_key_enabled: isOn });
    input.checked = isOn;
  };
  const toggle = async (isOn) => {
    input.checked = !isOn; // until it is so
    const question = async () => `Disable the free key? Everybody’s addresses with it stop working within seconds: ${await freeKeyWords()}.`;
    if (!isOn && !(await confirmed(await question(), "Disable it", { destroys: false }))) return;
    await set(isOn);
    sayUndoable(isOn ? "The free key is enabled." : "The free key is disabled.", () => set(!isOn));
  };
  input.addEventListener("change", () => trying(input, () => toggle(input.checked)));
  return h("div", { class: "switch" }, input,
    h("div", {}, h("label", { for: "free-key" }, "The free key"), h("span", { id: "free-key-hint", class: "hint" }, hint)));
}

function kindCard(kind, page) {
  const chosen = Object.entries(page.settings[kind] ?? {});
  const id = `settings-${kind}`;
  const input = h("input", { id, name: "look", autocomplete: "off", spellcheck: "false", maxlength: 4096, required: true, placeholder: "ratings_limit=4&position=tl" });
  return h("section", { class: "card", "aria-labelledby": `title-${id}` },
    h("div", { class: "row apart" }, h("h2", { id: `title-${id}` }, `${kind[0].toUpperCase()}${kind.slice(1)}s`), h("a", { href: `/configure?kind=${kind}` }, "Edit")),
    chosen.length
      ? h("ul", { class: "chips", "aria-label": `Settings of all ${kind}s` }, chosen.map(([name, value]) => choice(kind, name, value)))
      : h("p", { class: "soft chips" }, "No settings: Marquee’s defaults apply."),
    form(() => applyLink(kind, input.value, page.effective[kind]), {},
      h("label", { for: id }, "Apply a link ", h("span", { class: "hint" }, "A link from Configure, or the part of a picture’s address after the “?”.")),
      h("div", { class: "row nowrap" }, input, h("button", { class: "quiet" }, "Apply"))),
    chosen.length > 1 && h("p", {}, h("button", { type: "button", class: "plain", onclick: (event) => clear(kind, chosen, event.currentTarget) }, "Remove all")));
}

function choice(kind, name, value) {
  const words = `${name} ${Array.isArray(value) ? value.join(", ") : value}`;
  return h("li", { class: "chip choice" }, h("span", {}, name.replaceAll("_", " "), ": ", h("strong", {}, Array.isArray(value) ? value.join(", ") : String(value))),
    h("button", { type: "button", "aria-label": `Remove ${words}`, onclick: (event) => trying(event.currentTarget, () => change(kind, { [name]: null }, "Removed.")) }, "×"));
}

async function clear(kind, chosen, button) {
  await trying(button, () => change(kind, Object.fromEntries(chosen.map(([name]) => [name, null])), "Removed."));
}

async function change(kind, choices, words) {
  if (!(await confirmed(await globalQuestion([kind]), "Change them", { destroys: false }))) return;
  const { settings } = await get("/api/admin/settings");
  const before = Object.fromEntries(Object.keys(choices).map((name) => [name, settings[kind]?.[name] ?? null]));
  const save = async (chosen) => fillPage(await put("/api/admin/settings", { settings: { [kind]: chosen } }));
  await save(choices);
  sayUndoable(words, () => save(before));
  $(`#settings-${kind}`).focus();
}

async function applyLink(kind, text, effective) {
  const { choices, unknown } = parseSettings(text, effective);
  if (!Object.keys(choices).length) throw new Error("This contains no picture parameters. Expected something like ratings_limit=4&position=tl.");
  await change(kind, choices, unknown.length ? `Applied, without ${unknown.join(", ")}.` : "Applied. It takes effect within seconds.");
}

/** Parse a link, an address or a query into overrides for /api; ``effective`` has their types. */
export function parseSettings(text, effective) {
  const trimmed = text.trim();
  const query = trimmed.includes("?") ? trimmed.slice(trimmed.indexOf("?") + 1) : trimmed.replace(/^[^#]*#/, "");
  const choices = {};
  const unknown = [];
  for (const [given, value] of new URLSearchParams(query.split("#")[0])) {
    const name = ALSO[given] ?? given;
    if (!(name in effective)) {
      if (!["id", "kind", "look", "fallback", "type", "ext", "format", "key"].includes(name)) unknown.push(given);
    } else if (value !== "") choices[name] = typed(value, effective[name]);
  }
  return { choices, unknown };
}

function typed(value, like) {
  if (Array.isArray(like)) return value.split(",").map((each) => each.trim()).filter(Boolean);
  if (typeof like === "number" && /^-?[0-9]+(\.[0-9]+)?$/.test(value)) return Number(value);
  if (typeof like === "boolean") return YES.includes(value.toLowerCase()) ? true : NO.includes(value.toLowerCase()) ? false : value;
  return value;
}
