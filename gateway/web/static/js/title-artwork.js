// Pictures of a title from /api/preview: one with settings, one without badges, and the list of those that can be chosen.

import { fetchAs } from "./api.js";
import { AGAIN_MS, BUSY, rest } from "./late-pictures.js";

const LONGEST_MS = 30_000;
const PLAIN = "ratings_limit=0&awards=false&chips=none&badges=none";
const MOST_PLAIN = 32;

/** A picture's error, with the service's message. */
export class NoPicture extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/** The artwork of titles; small pictures that were shown lately are kept. */
export class TitleArtwork {
  constructor() {
    this.plain = new Map(); // by kind, title and file: the picture without badges
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

  /** Return the pictures of a title from which one can be chosen, and the title's id: {pictures: [{source, file, language}], media}. */
  async pictures(kind, title) {
    const { address } = await fetchPicture(kind, title, PLAIN, AbortSignal.timeout(LONGEST_MS));
    return listBelow(address, "artwork");
  }

  forgetOldest() {
    if (this.plain.size <= MOST_PLAIN) return;
    const [[name, url]] = this.plain;
    URL.revokeObjectURL(url);
    this.plain.delete(name);
  }
}

/** Return the sites whose ratings a picture shows, in order; address is the one that the picture was fetched from. */
export const shownSites = async (address) => (await listBelow(address, "ratings")).sites;

async function listBelow(address, name) {
  const answer = await fetch(`${address.split("?")[0]}/${name}`, { signal: AbortSignal.timeout(LONGEST_MS) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new NoPicture(said.error ?? `The service answered ${answer.status}.`, answer.status);
  return said;
}

// Repeat what fails because the service is busy.
async function patiently(work) {
  for (const pause of AGAIN_MS) {
    try {
      return await work();
    } catch (problem) {
      if (problem.status !== BUSY) throw problem;
      await rest(pause);
    }
  }
  return work();
}

/** Return a title's picture with these parameters: {blob, address, seconds, cache}. Throws NoPicture. */
export async function fetchPicture(kind, title, query, signal = new AbortController().signal) {
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
