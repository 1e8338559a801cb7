// A sample picture with given settings.

import { fetchAs } from "./api.js";
import { h } from "./dom.js";
import { fetchDesign } from "./design-preview.js";
import { AGAIN_MS, LATER_MS, mayPass, rest } from "./late-pictures.js";
import { facts, settingsQuery } from "./settings.js";

const SIZES = { backdrop: "small" }; // the sample is a small one

/** Return a figure that shows a sample of a kind with these parameters; with a preset, only some of them count. */
export function sample(kind, parameters, preset, alt) {
  const counted = preset ? Object.fromEntries(facts().beside_preset.map((name) => [name, parameters[name]])) : parameters;
  const ask = (title) => fetchAs(`/api/preview/${kind}?${preset && `preset=${preset}&`}${settingsQuery(kind, counted)}&id=${title}&fallback=true`, { cache: "no-store" });
  return figureOf(kind, alt, async (title) => {
    const answer = await ask(title);
    if (!answer.ok) throw Object.assign(new Error("no picture"), { status: answer.status });
    return { blob: await answer.blob(), isFinished: answer.headers.get("X-Cache-Status") !== "MISS-FALLBACK" };
  });
}

/** Return a figure that shows a sample of a design. */
export const sampleOfDesign = (kind, design, alt) =>
  figureOf(kind, alt, (title) => fetchDesign(design, title, SIZES[kind] ?? "medium", new AbortController().signal));

function figureOf(kind, alt, fetched) {
  const image = h("img", { alt, hidden: true });
  const figure = h("figure", { class: `sample ${kind} drawing` }, image);
  load(figure, image, titles(kind), fetched);
  return figure;
}

// Sources differ in the episodes that they know, so there are two to try.
const titles = (kind) => (kind === "episode" ? facts().episodes : facts().films.slice(0, 1)).map(({ id }) => id);

/** Show the first complete picture; until then, or if there is none, a fallback. */
async function load(figure, image, ids, fetched) {
  for (const pause of [...AGAIN_MS, ...LATER_MS, null]) {
    const refusals = [];
    for (const id of ids) {
      const found = await fetched(id).catch((problem) => { refusals.push(problem.status); });
      if (!found) continue;
      if (found.isFinished || image.hidden) await show(image, found.blob);
      if (found.isFinished) {
        figure.classList.remove("drawing");
        return;
      }
    }
    if (pause === null || !figure.isConnected || (refusals.length === ids.length && !refusals.some(mayPass))) break;
    await rest(pause);
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
