// Previews settings on a title: requests the picture, and keeps the old one until the new one has loaded.

import { fetchAs } from "./api.js";
import { bytes, decimal, fill, h } from "./dom.js";

const LONGEST_MS = 30_000;
const AGAIN_MS = [700, 1500, 2500, 4000, 6000]; // after an unfinished picture, or a timeout
const PLAIN = "ratings_limit=0&awards=false&chips=none&badges=none";
const MOST_PLAIN = 32;
const BUSY = 503;
const CACHED = {
  HIT: "cached",
  STALE: "cached, being redrawn",
  MISS: "drawn just now",
  "MISS-FALLBACK": "plain for now, still being drawn",
};

/** A picture's error, with the service's message. */
class NoPicture extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

export class Preview {
  /** shapes has [width, height] by kind. */
  constructor(shapes) {
    this.shapes = shapes;
    this.last = new Map(); // by kind: the picture that was shown last, {url, title}
    this.plain = new Map(); // by kind and title: the picture without badges
    this.image = h("img", { alt: "", hidden: true });
    this.frame = h("div", { class: "frame", id: "frame", role: "tabpanel", tabindex: "0" }, this.image, h("span", { class: "lights", "aria-hidden": "true" }));
    this.state = h("p", { class: "state small", role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.element = h("div", { class: "preview" }, this.frame, this.state, this.problem);
  }

  /**
   * Show a kind's picture. titles are ids, the next one is tried where the one before is unknown here.
   * Resolves to the id that is shown; to undefined when another picture was wanted meanwhile, or there is none.
   */
  async show(kind, titles, query, name) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.frameOf(kind, name);
    try {
      for (const [nth, title] of titles.entries()) {
        try {
          await this.until(kind, title, query, name, running.signal);
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
    return undefined;
  }

  /** Return the URL of a title's plain picture, without badges, on a file if one is named; undefined if there is none. */
  async art(kind, title, file = "") {
    const name = `${kind} ${title} ${file}`;
    if (!this.plain.has(name)) {
      try {
        const { blob } = await patiently(() => fetchPicture(kind, title, file ? `${PLAIN}&art=${file}` : PLAIN));
        this.plain.set(name, URL.createObjectURL(blob));
        this.forgetOldest();
      } catch {
        return undefined;
      }
    }
    return this.plain.get(name);
  }

  /** Return the pictures of a title from which one can be chosen: [{source, file, language}]. */
  async pictures(kind, title) {
    const { address } = await fetchPicture(kind, title, PLAIN, AbortSignal.timeout(LONGEST_MS));
    const answer = await fetch(`${address.split("?")[0]}/artwork`, { signal: AbortSignal.timeout(LONGEST_MS) });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new NoPicture(said.error ?? `The service answered ${answer.status}.`, answer.status);
    return said.pictures;
  }

  forgetOldest() {
    if (this.plain.size <= MOST_PLAIN) return;
    const [[name, url]] = this.plain;
    URL.revokeObjectURL(url);
    this.plain.delete(name);
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

  async until(kind, title, query, name, signal) {
    for (const pause of [...AGAIN_MS, null]) {
      try {
        const found = await fetchPicture(kind, title, query, signal);
        await this.put(kind, found, name, signal);
        if (found.cache !== "MISS-FALLBACK") return;
      } catch (problem) {
        if (problem.status !== BUSY || pause === null) throw problem;
        this.say("The service is busy. Retrying…");
      }
      if (pause !== null) await rest(pause, signal);
    }
    fill(this.state, "This takes longer than usual. Showing the plain picture for now.");
  }

  async put(kind, { blob, seconds, cache }, name, signal) {
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

// Repeat what fails because the service is busy.
async function patiently(work) {
  for (const pause of AGAIN_MS) {
    try {
      return await work();
    } catch (problem) {
      if (problem.status !== BUSY) throw problem;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return work();
}

async function fetchPicture(kind, title, query, signal = new AbortController().signal) {
  const path = `/api/preview/${kind}?${title ? `id=${encodeURIComponent(title)}&` : ""}${query}`;
  const started = performance.now();
  const answer = await ask(path, signal);
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new NoPicture(said.error ?? `The service answered ${answer.status}.`, answer.status);
  }
  const blob = await answer.blob();
  return { blob, address: answer.url, seconds: (performance.now() - started) / 1000, cache: answer.headers.get("X-Cache-Status") ?? "" };
}

// The browser revalidates its cache: a picture that was plain a moment ago may be finished now.
async function ask(path, signal) {
  try {
    return await fetchAs(path, { signal: () => AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]), cache: "no-cache" });
  } catch (problem) {
    if (signal.aborted) throw signal.reason;
    if (problem.name === "TimeoutError") throw problem;
    throw new NoPicture("The service cannot be reached. Please check your connection and try again.", 0);
  }
}

function rest(pause, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, pause);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}
