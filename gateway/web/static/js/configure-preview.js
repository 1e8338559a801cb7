// Previews settings on a title: requests the picture, and keeps the old one until the new one has loaded.

import { bytes, decimal, fill, h } from "./dom.js";
import { AGAIN_MS, BUSY, LATER_MS, rest } from "./late-pictures.js";
import { NoPicture, fetchPicture } from "./title-artwork.js";

const CACHED = {
  HIT: "cached",
  STALE: "cached, being redrawn",
  MISS: "drawn just now",
  "MISS-FALLBACK": "plain for now, still being drawn",
};

export class Preview {
  /** shapes has [width, height] by kind; finished() is called when a picture is there that had been late. */
  constructor(shapes, finished) {
    Object.assign(this, { shapes, finished });
    this.last = new Map(); // by kind: the picture that was shown last, {url, title}
    this.image = h("img", { alt: "", hidden: true });
    this.frame = h("div", { class: "frame", id: "frame", role: "tabpanel", tabindex: "0" }, this.image, h("span", { class: "lights", "aria-hidden": "true" }));
    this.state = h("p", { class: "state small", role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.element = h("div", { class: "preview" }, this.frame, this.state, this.problem);
  }

  /**
   * Show a kind's picture. titles are ids, the next one is tried where the one before is unknown here; found(id) is called
   * once there is one with a picture, which may be a plain one at first.
   * Resolves to the id that is shown; to null when there is no picture, to undefined when another one was wanted meanwhile.
   */
  async show(kind, titles, query, name, found) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.frameOf(kind, name);
    try {
      for (const [nth, title] of titles.entries()) {
        try {
          await this.until(kind, title, query, name, found, running.signal);
          return title;
        } catch (problem) {
          if (problem.status !== 404 || nth === titles.length - 1) throw problem;
        }
      }
    } catch (problem) {
      if (running.signal.aborted) return undefined;
      this.fail(problem);
    } finally {
      if (this.running === running) this.frame.removeAttribute("aria-busy");
    }
    return null;
  }

  /** Reserve the space of a kind's picture, and show a message in place of its details. */
  wait(kind, sentence) {
    this.shapeOf(kind);
    this.say(sentence);
  }

  say(sentence) {
    fill(this.state, sentence);
  }

  shapeOf(kind) {
    const [width, height] = this.shapes[kind];
    this.frame.style.aspectRatio = `${width} / ${height}`;
    this.frame.style.setProperty("--shape", String(width / height));
    this.frame.dataset.kind = kind;
  }

  frameOf(kind, name) {
    this.shapeOf(kind);
    this.frame.setAttribute("aria-busy", "true");
    const before = this.last.get(kind);
    if (this.kind !== kind) {
      this.image.hidden = !before;
      if (before) this.image.src = before;
      this.image.alt = "";
      this.kind = kind;
    }
    this.frame.setAttribute("aria-label", `${name}, preview`);
  }

  async until(kind, title, query, name, found, signal) {
    for (const pause of [...AGAIN_MS, null]) {
      try {
        const picture = await fetchPicture(kind, title, query, signal);
        await this.put(kind, picture, name, signal);
        found(title);
        if (picture.cache !== "MISS-FALLBACK") return;
      } catch (problem) {
        if (problem.status !== BUSY || pause === null) throw problem;
        this.say("The service is busy. Retrying…");
      }
      if (pause !== null) await rest(pause, signal);
    }
    fill(this.state, "This takes longer than usual. Showing the plain picture for now.");
    this.later(kind, title, query, name, signal).catch(() => {}); // the plain picture stays
  }

  async later(kind, title, query, name, signal) {
    for (const pause of LATER_MS) {
      await rest(pause, signal);
      const found = await fetchPicture(kind, title, query, signal).catch(() => null);
      if (!found || found.cache === "MISS-FALLBACK") continue;
      await this.put(kind, found, name, signal);
      this.finished();
      return;
    }
  }

  async put(kind, { blob, address, seconds, cache }, name, signal) {
    const url = URL.createObjectURL(blob);
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
      signal.throwIfAborted();
    } catch (problem) {
      URL.revokeObjectURL(url);
      if (signal.aborted) throw problem;
      throw new NoPicture("The response is not a picture.", 0);
    }
    this.address = address; // of the picture that is shown
    const old = this.last.get(kind);
    this.last.set(kind, url);
    this.image.src = url;
    this.image.hidden = false;
    this.image.alt = name;
    if (old) URL.revokeObjectURL(old);
    this.problem.hidden = true;
    const parts = [`${next.naturalWidth} × ${next.naturalHeight}`, bytes(blob.size), `${decimal(seconds, 2)} s`, CACHED[cache] ?? cache];
    fill(this.state, ...parts.filter(Boolean).map((part) => h("span", {}, part)));
    this.state.dataset.cache = cache;
  }

  fail(problem) {
    const sentence = problem.name === "TimeoutError" ? "The picture did not arrive in time. Please try again." : problem.message;
    fill(this.problem, sentence, this.image.hidden ? null : h("span", { class: "hint" }, "The previous picture is still shown."));
    this.problem.hidden = false;
    fill(this.state);
  }
}
