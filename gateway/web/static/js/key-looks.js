// What the key's pictures look like when an address says nothing: one card for each kind.

import { $, confirmed, fill, h, say, trying } from "./dom.js";
import { asked } from "./key-asking.js";
import { sample } from "./key-picture.js";
import { facts, kindWords, readLook, saveLook, shapingAt, words } from "./looks.js";

/** Fill a place with the looks; `settings` is what /api/key/me/settings answers. */
export function showLooks(place, settings) {
  fill(place, ...facts().kinds.map(({ kind }) => card(place, kind, settings)));
}

function card(place, kind, { settings, effective }) {
  const chosen = settings[kind] ?? {};
  const spelled = words(kind, chosen);
  const again = (answer) => answer && changed(place, kind, answer);
  return h("article", { class: "card look", id: `look-${kind}` },
    sample(kind, effective[kind], `${kindWords(kind)} of a sample title as your key shows it`),
    h("h3", {}, kindWords(kind)),
    chips(spelled, "As everybody’s"),
    h("div", { class: "row" },
      h("a", { class: "button slim", href: shapingAt(kind, chosen), "aria-label": `Shape the ${kind}` }, "Shape it"),
      h("button", { type: "button", class: "quiet slim", onclick: async () => again(await paste(kind)), "aria-label": `Paste a link for the ${kind}` }, "Paste a link"),
      spelled.length > 0 && h("button", { type: "button", class: "quiet slim", onclick: async (event) => again(await reset(kind, event.currentTarget)), "aria-label": `Reset the ${kind}` }, "Reset")));
}

/** Return chips of these words, or one that says what it means that there are none. */
export function chips(spelled, none) {
  const shown = spelled.length ? spelled : [none];
  return h("ul", { class: "chips", "aria-label": "What is chosen" }, shown.map((line) => h("li", { class: "chip" }, line)));
}

function changed(place, kind, answer) {
  showLooks(place, answer);
  say(`${kindWords(kind)} saved. Clients show it when they next ask.`);
  $(`#look-${kind} a`).focus();
}

const paste = (kind) =>
  asked({
    title: `A look for the ${kindWords(kind).toLowerCase()}`,
    label: "Link from the configurator",
    hint: "Or any address of a picture with parameters. It takes the place of what you had chosen.",
    long: true,
    work: (text) => saveLook(kind, readLook(text, kind)),
  });

async function reset(kind, button) {
  const sure = await confirmed(`Take back all that you chose for the ${kindWords(kind).toLowerCase()}? It then looks as everybody’s.`, "Reset");
  return sure ? trying(button, () => saveLook(kind, {})) : undefined;
}
