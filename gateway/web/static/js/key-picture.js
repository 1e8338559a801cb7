// A sample picture with given settings.

import { fetchAs } from "./api.js";
import { h } from "./dom.js";
import { facts, settingsQuery } from "./settings.js";

const TRIES = 5;
const PAUSE_MS = 1500;

/** Return a figure that shows a sample of a kind with these parameters. */
export function sample(kind, parameters, alt) {
  const image = h("img", { alt, hidden: true });
  const figure = h("figure", { class: `sample ${kind} drawing` }, image);
  load(figure, image, titles(kind).map((id) => `/api/preview/${kind}?${settingsQuery(kind, parameters)}&id=${id}&fallback=true`));
  return figure;
}

// Sources differ in the episodes that they know, so there are two to try.
const titles = (kind) => (kind === "episode" ? facts().episodes : facts().films.slice(0, 1)).map(({ id }) => id);

/** Show the first complete picture; until then, or if there is none, a fallback. */
async function load(figure, image, addresses) {
  for (let nth = 1; nth <= TRIES; nth += 1) {
    for (const address of addresses) {
      const answer = await fetchAs(address, { cache: "no-store" }).catch(() => null);
      if (!answer?.ok) continue;
      const isWhole = answer.headers.get("X-Cache-Status") !== "MISS-FALLBACK";
      if (isWhole || image.hidden) await show(image, await answer.blob());
      if (isWhole) {
        figure.classList.remove("drawing");
        return;
      }
    }
    await new Promise((resume) => { setTimeout(resume, PAUSE_MS * nth); });
  }
  figure.classList.remove("drawing");
  if (image.hidden) figure.append(h("p", { class: "small" }, "No picture at the moment."));
}

async function show(image, picture) {
  const url = URL.createObjectURL(picture);
  image.src = url;
  await image.decode().catch(() => {});
  image.hidden = false;
  URL.revokeObjectURL(url);
}
