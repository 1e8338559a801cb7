// Reloads pictures that were not drawn yet when the page was opened.

import { AGAIN_MS, LATER_MS, mayPass, rest } from "./late-pictures.js";

const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

/** Replace a fallback picture as soon as the real one is ready. */
async function replaceWhenReady(image) {
  const address = image.src;
  let answer = await ask(address, "force-cache");
  image.classList.toggle("drawing", isLate(answer));
  if (!image.naturalWidth) image.src = EMPTY; // an empty frame instead of a broken picture
  for (const pause of [...AGAIN_MS, ...LATER_MS]) {
    if (!isLate(answer)) break;
    await rest(pause);
    if (!image.isConnected) return;
    answer = await ask(address, "reload");
    if (!isStandIn(answer)) await show(image, answer);
  }
  image.classList.remove("drawing");
}

const ask = (address, cache) => fetch(address, { cache }).catch(() => null);
const isLate = (answer) => (answer?.ok ? isStandIn(answer) : mayPass(answer?.status));
const isStandIn = (answer) => !answer?.ok || answer.headers.get("X-Cache-Status") === "MISS-FALLBACK";

async function show(image, answer) {
  const url = URL.createObjectURL(await answer.blob());
  image.src = url;
  await image.decode().catch(() => {});
  URL.revokeObjectURL(url);
}

/** Watch a picture from its arrival on. */
export function watch(image) {
  if (image.complete) {
    replaceWhenReady(image);
    return;
  }
  const arrival = new AbortController(); // what is shown later is no arrival
  for (const happened of ["load", "error"]) {
    image.addEventListener(happened, () => { arrival.abort(); replaceWhenReady(image); }, { signal: arrival.signal });
  }
}
