// The artwork of a title, of which one picture can be chosen to draw on.

import { $$, fill, h } from "./dom.js";
import { LATER_MS, rest } from "./late-pictures.js";
import { pinButtons } from "./pinned-art.js";

const MOST = 12;

/**
 * Return {element, refresh} with the pictures below the field for a file's name, if there is one. read() returns the chosen
 * file, changed(file) is called when another one is chosen. artwork is {title(), list(), thumb(file), pins}: the title's id, a
 * promise of {pictures: [{source, file, language}], media}, one of the URL of a small picture, and what pinButtons() gets, if
 * pictures can be pinned.
 */
export function artworkStrip({ field, read, changed, artwork }) {
  const strip = h("div", { class: "strip", hidden: true });
  const state = h("p", { class: "hint", role: "status" });
  const open = h("button", { type: "button", class: "quiet", onclick: load }, "Show this title’s pictures");
  const pins = artwork.pins ? pinButtons({ ...artwork.pins, title: artwork.title }) : null;
  const element = h("div", { class: "artwork" }, field?.element, h("div", { class: "field" }, open, state, strip, pins?.element));
  let listed; // the title whose pictures are in the strip
  let shown = []; // they themselves

  async function load() {
    open.disabled = true;
    fill(state, "Looking…");
    listed = artwork.title();
    try {
      show(await artwork.list());
    } catch (problem) {
      fill(state, problem.message);
    } finally {
      open.disabled = false;
    }
  }

  async function show({ pictures, media }) {
    if (listed !== artwork.title()) return;
    shown = pictures.slice(0, MOST);
    fill(state, pictures.length ? "" : "The sources have no pictures of this kind.");
    strip.hidden = pictures.length === 0;
    fill(strip, choice({ file: "" }, "Automatic"), ...shown.map((picture) => choice(picture, nameOf(picture))));
    refresh();
    drawThumbs();
    await pins?.open(media).catch((problem) => fill(state, problem.message));
  }

  // One after another: a dozen new pictures at once would keep other callers waiting. Those that are late come later.
  async function drawThumbs() {
    let missing = $$("img", strip);
    for (const pause of [...LATER_MS, null]) {
      for (const image of missing) {
        const url = await artwork.thumb(image.dataset.file);
        if (!image.isConnected) return;
        if (url) image.src = url;
      }
      missing = missing.filter((image) => !image.src);
      if (!missing.length || pause === null) return;
      await rest(pause);
    }
  }

  function choice({ file }, name) {
    const image = file && h("img", { alt: "", "data-file": file });
    return h("button", { type: "button", class: "quiet", "data-file": file, "aria-label": name, title: name, onclick: () => changed(file) }, image || name);
  }

  function refresh() {
    field?.refresh();
    if (listed !== undefined && listed !== artwork.title()) {
      listed = undefined;
      shown = [];
      strip.hidden = true;
      fill(strip);
      fill(state);
      pins?.open(undefined);
    }
    pins?.refresh(shown.find(({ file }) => file === read()));
    for (const button of $$("button", strip)) button.setAttribute("aria-pressed", String(button.dataset.file === read()));
  }

  return { element, refresh };
}

const SOURCES = { tmdb: "TMDB", fanart: "Fanart.tv" };

function nameOf({ source, file, language }) {
  const words = language ? (displayName(language) || language) : "Without text";
  return `${words}, ${SOURCES[source] ?? source}, ${file}`;
}

function displayName(language) {
  try {
    return new Intl.DisplayNames([navigator.language], { type: "language" }).of(language);
  } catch {
    return "";
  }
}
