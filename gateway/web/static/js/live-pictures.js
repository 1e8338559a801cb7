// Small pictures that the service draws for this page: a few at a time, and only those that can be seen.

import { AGAIN_MS, BUSY, fetchPicture } from "./title-artwork.js";

const AT_ONCE = 3;
const MOST_KEPT = 96;
const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

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
    this.waiting.push({ image, ...this.wanted.get(image) });
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) this.run(this.waiting.shift());
  }

  isWanted({ image, name }) {
    return image.isConnected && this.wanted.get(image)?.name === name;
  }

  async run(picture) {
    this.running += 1;
    try {
      for (const pause of [...AGAIN_MS, null]) {
        if (!this.isWanted(picture) || (await this.load(picture)) || pause === null) return;
        await new Promise((resume) => { setTimeout(resume, pause); });
      }
    } finally {
      if (this.isWanted(picture)) picture.image.removeAttribute("data-loading");
      this.running -= 1;
      this.next();
    }
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
      return problem.status !== BUSY;
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
