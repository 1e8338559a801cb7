// Pins: a title is always drawn on the artwork that was chosen, for a key or for everybody.

import { get, put, remove } from "./api.js";
import { fill, h, say, trying } from "./dom.js";

/**
 * Return {element, open, refresh} of the buttons that pin a picture and remove the pin. base is where the pins are, such as
 * /api/key/me, and whose says for whom they hold; title() is the title's id. open(media) is called with the id under which
 * the title is stored, refresh(picture) with the {source, file} that is chosen, or undefined.
 */
export function pinButtons({ base, whose, kind, title }) {
  const state = h("p", { class: "hint", role: "status" });
  const pin = h("button", { type: "button", class: "slim", onclick: (event) => trying(event.currentTarget, keep) }, `Always use this for ${whose}`);
  const unpin = h("button", { type: "button", class: "quiet slim", onclick: (event) => trying(event.currentTarget, drop) }, "Stop always using it");
  const element = h("div", { class: "pin", hidden: true }, state, h("div", { class: "row" }, pin, unpin));
  let pins = [];
  let media;
  let chosen;

  async function open(id) {
    media = id;
    if (id) ({ pins } = await get(`${base}/art`));
    refresh(chosen);
  }

  function refresh(picture) {
    chosen = picture;
    const pinned = pins.find((each) => each.media === media && each.kind === kind);
    element.hidden = !media || !(pinned || chosen);
    fill(state, pinned ? `Always used for ${whose}: ${pinned.file}` : "");
    pin.hidden = !chosen || chosen.file === pinned?.file;
    unpin.hidden = !pinned;
  }

  async function keep() {
    const made = await put(address(), { kind, source: chosen.source, file: chosen.file });
    pins = [made, ...pins.filter((each) => each.media !== made.media || each.kind !== kind)];
    media = made.media;
    refresh(chosen);
    say(`This title’s ${kind} is now always drawn on this picture for ${whose}. Clients may show the previous one for five minutes.`);
  }

  async function drop() {
    ({ pins } = await remove(`${address()}?kind=${kind}`));
    refresh(chosen);
    say(`This title’s ${kind} follows the settings again.`);
  }

  const address = () => `${base}/titles/${encodeURIComponent(title())}/art`;

  return { element, open, refresh };
}
