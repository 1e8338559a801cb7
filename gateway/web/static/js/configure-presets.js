// Presets: looks to start from, each shown on the title in question. Some are parameters; the others are published by this
// installation, and an address names them in place of its style.

import { $, fill, h } from "./dom.js";
import { roomFor } from "./live-pictures.js";

const SMALL = { backdrop: "imageSize=small", episode: "imageSize=small" }; // the smallest that there is

/**
 * Build the grids; returns {element, refresh, show}. read() returns {kind, title, settings}; applied() is called after a preset
 * was put into the settings. show() draws the presets of the title and kind, refresh() marks the one that is chosen.
 */
export function presetGrid({ facts, shapes, pictures, read, applied }) {
  const ours = h("div", { class: "presets", role: "group", "aria-label": "Presets" });
  const published = h("div", { class: "presets", role: "group", "aria-labelledby": "published-title" });
  const section = h("div", { class: "published" },
    h("h3", { id: "published-title" }, "Presets of this server", h("span", { class: "hint" }, "An address names one in place of its style.")), published);
  const element = h("div", { class: "stack" }, ours, section);
  let kindShown = null;

  const all = (kind) => [
    ...facts.presets[kind].map(({ value, words, parameters }) => ({
      name: value, words, place: ours,
      isChosen: (settings) => settings.isChosen(kind, settings.withPreset(kind, parameters)),
      choose: (settings) => settings.choose(kind, settings.withPreset(kind, parameters)),
      query: (settings) => settings.queryOf(kind, settings.withPreset(kind, parameters), SMALL[kind]),
    })),
    ...facts.published[kind].map(({ value, words }) => ({
      name: `preset-${value}`, words, place: published,
      isChosen: (settings) => settings.presetOf(kind) === value,
      choose: (settings) => settings.choosePreset(kind, value),
      query: () => [`preset=${encodeURIComponent(value)}`, SMALL[kind]].filter(Boolean).join("&"),
    })),
  ];
  const button = ({ name }) => $(`[data-preset="${name}"]`, element);

  function show() {
    const { kind, title, settings } = read();
    if (kindShown !== kind) {
      section.hidden = !facts.published[kind].length;
      for (const place of [ours, published]) {
        place.dataset.kind = kind;
        fill(place, all(kind).filter((preset) => preset.place === place).map((preset) =>
          h("button", { type: "button", class: "preset", "data-preset": preset.name, onclick: () => apply(preset) },
            roomFor(shapes[kind]), h("span", {}, preset.words))));
      }
      kindShown = kind;
    }
    refresh();
    if (!title) return;
    for (const preset of all(kind)) pictures.want($("img", button(preset)), kind, title, preset.query(settings));
  }

  function apply(preset) {
    preset.choose(read().settings);
    applied();
  }

  function refresh() {
    const { kind, settings } = read();
    for (const preset of all(kind)) button(preset)?.setAttribute("aria-pressed", String(preset.isChosen(settings)));
  }

  return { element, refresh, show };
}
