// Presets: sets of parameters to start from, each shown on the title in question.

import { $, fill, h } from "./dom.js";

const SMALL = { backdrop: "imageSize=small", episode: "imageSize=small" }; // the smallest that there is

/**
 * Build the grid; returns {element, refresh, show}. read() returns {kind, title, settings}; applied() is called after a preset
 * was put into the settings. show() draws the presets of the title and kind, refresh() marks the one that is chosen.
 */
export function presetGrid({ facts, pictures, read, applied }) {
  const element = h("div", { class: "presets", role: "group", "aria-label": "Presets" });
  let kindShown = null;

  function show() {
    const { kind, title, settings } = read();
    if (kindShown !== kind) {
      const [width, height] = facts.kinds.find((one) => one.kind === kind).canvas.medium;
      element.dataset.kind = kind;
      fill(element, facts.presets[kind].map((preset) =>
        h("button", { type: "button", class: "preset", "data-preset": preset.value, onclick: () => apply(preset) },
          h("img", { alt: "", width, height }), h("span", {}, preset.words))));
      kindShown = kind;
    }
    refresh();
    if (!title) return;
    for (const preset of facts.presets[kind]) {
      const pairs = settings.queryOf(kind, settings.withPreset(kind, preset.parameters), SMALL[kind]);
      pictures.want($(`[data-preset="${preset.value}"] img`, element), kind, title, pairs);
    }
  }

  function apply(preset) {
    const { kind, settings } = read();
    settings.choose(kind, settings.withPreset(kind, preset.parameters));
    applied();
  }

  function refresh() {
    const { kind, settings } = read();
    for (const preset of facts.presets[kind]) {
      const isChosen = settings.isChosen(kind, settings.withPreset(kind, preset.parameters));
      $(`[data-preset="${preset.value}"]`, element)?.setAttribute("aria-pressed", String(isChosen));
    }
  }

  return { element, refresh, show };
}
