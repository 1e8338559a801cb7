// The picture of a design, as the service draws it: of the title that is shown, and small ones of titles that strain a design.

import { fetchAs } from "./api.js";
import { bytes, decimal, fill, h } from "./dom.js";
import { AGAIN_MS, BUSY, LATER_MS, rest } from "./late-pictures.js";
import { NoPicture } from "./title-artwork.js";

const LONGEST_MS = 30_000;
const JSON_TYPE = "application/json";

/** Return a frame of the shape of a canvas, [width, height], and the hidden image in it. */
export function thumb(canvas) {
  const image = h("img", { alt: "", hidden: true });
  const frame = h("span", { class: "thumb" }, image);
  frame.style.aspectRatio = canvas.join(" / ");
  return { frame, image };
}

/** Return a title's picture of a document: {blob, seconds, isFinished}. Throws NoPicture. */
export async function fetchDesign(document, title, size, signal) {
  const query = new URLSearchParams({ id: title, ...(size !== "medium" && { imageSize: size }) });
  const started = performance.now();
  const body = new Blob([JSON.stringify(document)], { type: JSON_TYPE });
  const said = await answered(() => fetchAs(`/api/preview/design?${query}`, { method: "POST", body, signal: () => within(signal) }), signal);
  const { location } = await said.json();
  const answer = await answered(() => fetch(location, { cache: "no-cache", signal: within(signal) }), signal);
  const blob = await answer.blob();
  return { blob, seconds: (performance.now() - started) / 1000, isFinished: answer.headers.get("X-Cache-Status") !== "MISS-FALLBACK" };
}

const within = (signal) => AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);

async function answered(request, signal) {
  let answer;
  try {
    answer = await request();
  } catch (problem) {
    if (signal.aborted) throw signal.reason;
    const isLate = problem.name === "TimeoutError";
    throw new NoPicture(isLate ? "The picture did not arrive in time. Please try again." : "The service cannot be reached. Please check your connection and try again.", 0);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new NoPicture(said.error ?? `The service answered ${answer.status}.`, answer.status);
}

/**
 * Call ``show(picture)`` with each version until the finished one, which may come after it resolved: where it ``mayComeLater``,
 * it resolves with the first version. Throws NoPicture.
 */
async function untilFinished(document, title, size, signal, show, mayComeLater) {
  for (const pause of [...AGAIN_MS, null]) {
    try {
      const found = await fetchDesign(document, title, size, signal);
      await show(found);
      if (found.isFinished) return;
      if (mayComeLater) {
        finishLater([...AGAIN_MS, ...LATER_MS], document, title, size, signal, show).catch(() => {}); // the plain picture stays
        return;
      }
    } catch (problem) {
      if (problem.status !== BUSY || pause === null) throw problem;
    }
    if (pause !== null) await rest(pause, signal);
  }
  finishLater(LATER_MS, document, title, size, signal, show).catch(() => {});
}

async function finishLater(pauses, document, title, size, signal, show) {
  for (const pause of pauses) {
    await rest(pause, signal);
    const found = await fetchDesign(document, title, size, signal).catch(() => null);
    if (!found?.isFinished) continue;
    await show(found);
    return;
  }
}

/** Puts pictures into an image; the one before stays until the next one is there. */
export class Picture {
  constructor(image) {
    this.image = image;
    this.running = null;
  }

  /** Show a title's picture; resolves to whether it is there, or undefined when another one was wanted meanwhile. */
  async show(document, title, size, alt, mayComeLater = false) {
    this.stop();
    const { signal } = (this.running = new AbortController());
    try {
      await untilFinished(document, title, size, signal, (found) => this.put(found, alt, signal), mayComeLater);
      return true;
    } catch (problem) {
      if (signal.aborted) return undefined;
      throw problem;
    }
  }

  stop() {
    this.running?.abort();
  }

  async put(found, alt, signal) {
    const url = URL.createObjectURL(found.blob);
    const next = new Image();
    next.src = url;
    await next.decode().catch(() => { throw new NoPicture("The response is not a picture.", 0); });
    signal.throwIfAborted();
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.image.src = url;
    this.image.alt = alt;
    this.image.hidden = false;
    this.onput?.(found, next);
  }
}

/** The large picture, with what is known of it below. shaped(width, height) is called with its size. */
export class MainPicture {
  constructor(shaped) {
    this.image = h("img", { alt: "", hidden: true, draggable: false });
    this.state = h("p", { class: "state small", role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.picture = new Picture(this.image);
    this.picture.onput = (found, { naturalWidth: width, naturalHeight: height }) => {
      shaped(width, height);
      fill(this.state, `${width} × ${height} · ${bytes(found.blob.size)} · ${decimal(found.seconds, 2)} s${found.isFinished ? "" : " · plain for now, still being drawn"}`);
    };
  }

  /** Resolves to whether the picture of this document is shown. */
  async show(document, title, size, alt) {
    const frame = this.image.parentElement;
    frame.setAttribute("aria-busy", "true");
    try {
      const isShown = await this.picture.show(document, title, size, alt);
      if (isShown) this.clear();
      if (isShown !== undefined) frame.removeAttribute("aria-busy");
      return Boolean(isShown);
    } catch (problem) {
      fill(this.problem, problem.message, this.image.hidden ? null : h("span", { class: "hint" }, "The previous picture is still shown."));
      this.problem.hidden = false;
      fill(this.state);
      frame.removeAttribute("aria-busy");
      return false;
    }
  }

  clear() {
    this.problem.hidden = true;
  }
}

/** The strip of titles that strain a design. chosen(id) is called for the one that is to be edited on. */
export class Strip {
  constructor(place, chosen) {
    Object.assign(this, { place, chosen, kind: null, slots: [] });
  }

  build(kind, titles, canvas) {
    if (this.kind === kind) return;
    this.kind = kind;
    this.slots.forEach(({ picture }) => picture.stop());
    this.slots = titles.map((title) => {
      const { frame, image } = thumb(canvas);
      const note = h("span", { class: "small" }, title.name);
      const button = h("button", { type: "button", onclick: () => this.chosen(title.id) }, frame, h("strong", {}, title.words), note);
      return { title, note, picture: new Picture(image), item: h("li", {}, button) };
    });
    fill(this.place, this.slots.map(({ item }) => item));
  }

  /** Show a document on all titles, one after the other; a newer call takes over. */
  async show(document, size) {
    const turn = (this.turn = {});
    for (const { title, note, picture } of this.slots) {
      if (this.turn !== turn) return;
      try {
        await picture.show(document, title.id, size, "", true); // the button says what it is
        fill(note, title.name);
      } catch (problem) {
        fill(note, problem.message);
      }
    }
  }

  stop() {
    this.turn = null;
    this.slots.forEach(({ picture }) => picture.stop());
  }
}
