// The key's own settings, which apply to addresses without parameters: one card for each kind.

import { $, confirmed, fill, h, sayUndoable, trying } from "./dom.js";
import { asked } from "./key-prompt.js";
import { sample } from "./key-picture.js";
import { facts, kindWords, parseSettings, presetNamed, saveSettings, configureUrl, words } from "./settings.js";

/** Show the settings; `settings` is the answer of /api/key/me/settings. */
export function showKeySettings(place, settings) {
  fill(place, ...facts().kinds.map(({ kind }) => card(place, kind, settings)));
}

function card(place, kind, { settings, effective }) {
  const chosen = settings[kind] ?? {};
  const preset = presetNamed(settings.default_profile?.[kind]);
  const spelled = [...(preset ? [`Preset: ${preset}`] : []), ...words(kind, chosen)];
  const presets = (name) => (preset ? { [kind]: name } : {}); // parameters count once the preset is gone
  const again = (answer) => answer && changed(place, kind, answer, () => saveSettings(kind, chosen, presets(preset)));
  return h("article", { class: "card settings-card", id: `settings-${kind}` },
    sample(kind, effective[kind], preset, `${kindWords(kind)} of a sample title as your key shows it`),
    h("h3", {}, kindWords(kind)),
    chips(spelled, "Global settings"),
    h("div", { class: "row" },
      h("a", { class: "button slim", href: configureUrl(kind), "aria-label": `Edit the ${kind}` }, "Edit"),
      h("button", { type: "button", class: "quiet slim", onclick: async () => again(await paste(kind, presets(""))), "aria-label": `Paste a link for the ${kind}` }, "Paste a link"),
      spelled.length > 0 && h("button", { type: "button", class: "quiet slim", onclick: async (event) => again(await reset(kind, presets(""), event.currentTarget)), "aria-label": `Reset the ${kind}` }, "Reset")));
}

/** Return these words as chips, or one that explains that there are none. */
export function chips(spelled, none) {
  const shown = spelled.length ? spelled : [none];
  return h("ul", { class: "chips", "aria-label": "Settings" }, shown.map((line) => h("li", { class: "chip" }, line)));
}

function changed(place, kind, answer, restore) {
  showKeySettings(place, answer);
  sayUndoable(`${kindWords(kind)} saved. Clients show it at their next request.`, async () => showKeySettings(place, await restore()));
  $(`#settings-${kind} a`).focus();
}

const paste = (kind, presets) =>
  asked({
    title: `Settings of the ${kindWords(kind).toLowerCase()}`,
    label: "Link from the configurator",
    hint: "Or any picture’s address with parameters. It replaces the current settings.",
    long: true,
    work: (text) => saveSettings(kind, parseSettings(text, kind), presets),
  });

async function reset(kind, presets, button) {
  const sure = await confirmed(`Reset all settings of the ${kindWords(kind).toLowerCase()}? The global settings then apply.`, "Reset");
  return sure ? trying(button, () => saveSettings(kind, {}, presets)) : undefined;
}
