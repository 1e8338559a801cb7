// Small pictures that the service draws for this page: a few at a time, and only those that can be seen.

import { h } from "./dom.js";
import { AGAIN_MS, LATER_MS, mayPass } from "./late-pictures.js";
import { fetchPicture } from "./title-artwork.js";

const AT_ONCE = 3;
const MOST_KEPT = 96;
const PAUSES_MS = [...AGAIN_MS, ...LATER_MS];
const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

/**
 * Return an image that keeps the space of a picture of these pixels, whatever it shows: an image takes the shape of what it has
 * loaded, which is a single pixel at first, and all that follows would move under the pointer.
 */
export function roomFor([width, height]) {
  const image = h("img", { alt: "", src: EMPTY, width: Math.round(width), height: Math.round(height) });
  image.style.aspectRatio = `${width} / ${height}`;
  return image;
}

export class LivePictures {
  constructor() {
    this.waiting = [];
    this.running = 0;
    this.urls = new Map(); // of pictures that were shown lately, by name
    this.seen = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => this.queue(target)));
    this.wanted = new Map(); // by image: {name, kind, title, query}
  }

  /** Show a picture in an image as soon as both are there; the one before stays until then, unless it is of another title. */
  want(image, kind, title, query) {
    const name = `${kind} ${title} ${query}`;
    const before = this.wanted.get(image);
    if (before?.name === name) return;
    this.wanted.set(image, { name, kind, title, query });
    if (before?.title !== title || before?.kind !== kind) image.src = EMPTY;
    image.toggleAttribute("data-loading", !this.urls.has(name));
    this.seen.unobserve(image);
    if (this.urls.has(name)) this.put(image, name);
    else this.seen.observe(image); // tells at once whether it can be seen
  }

  queue(image) {
    this.seen.unobserve(image);
    this.waiting.push({ image, pauses: [...PAUSES_MS], ...this.wanted.get(image) });
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) this.run(this.waiting.shift());
  }

  isWanted({ image, name }) {
    return image.isConnected && this.wanted.get(image)?.name === name;
  }

  // One that is late makes room for the others, and is requested again after a pause.
  async run(picture) {
    this.running += 1;
    const isFinal = !this.isWanted(picture) || (await this.load(picture));
    this.running -= 1;
    this.next();
    if (!this.isWanted(picture)) return;
    const pause = isFinal ? undefined : picture.pauses.shift();
    if (pause === undefined) picture.image.removeAttribute("data-loading");
    else setTimeout(() => { this.waiting.push(picture); this.next(); }, pause);
  }

  /** Show what there is; returns whether it is final. */
  async load({ image, name, kind, title, query }) {
    try {
      // A title without such a picture gets a neutral one.
      const { blob, cache } = await fetchPicture(kind, title, `${query && `${query}&`}fallback=true`);
      if (this.urls.has(name)) URL.revokeObjectURL(this.urls.get(name));
      this.urls.set(name, URL.createObjectURL(blob));
      if (this.isWanted({ image, name })) this.put(image, name);
      this.forgetOldest();
      return cache !== "MISS-FALLBACK";
    } catch (problem) {
      return !mayPass(problem.status);
    }
  }

  put(image, name) {
    image.src = this.urls.get(name);
    image.removeAttribute("data-loading");
  }

  forgetOldest() {
    for (const [name, url] of this.urls) {
      if (this.urls.size <= MOST_KEPT) return;
      if ([...this.wanted.values()].some((each) => each.name === name)) continue;
      URL.revokeObjectURL(url);
      this.urls.delete(name);
    }
  }
}
