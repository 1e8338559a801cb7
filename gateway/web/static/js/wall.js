// Reloads pictures that were not drawn yet when the page was opened.

const TRIES = 6;
const PAUSE_MS = 1500;
const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

/** Replace a fallback picture as soon as the real one is ready. */
async function replaceWhenReady(image) {
  const address = image.src;
  let answer = await ask(address, "force-cache");
  image.classList.toggle("drawing", isStandIn(answer));
  for (let nth = 1; isStandIn(answer) && nth <= TRIES; nth += 1) {
    await new Promise((resume) => { setTimeout(resume, PAUSE_MS * nth); });
    answer = await ask(address, "reload");
    if (!isStandIn(answer)) await show(image, answer);
  }
  image.classList.remove("drawing");
  if (!image.naturalWidth) image.src = EMPTY; // an empty frame instead of a broken picture
}

const ask = (address, cache) => fetch(address, { cache }).catch(() => null);
const isStandIn = (answer) => !answer?.ok || answer.headers.get("X-Cache-Status") === "MISS-FALLBACK";

async function show(image, answer) {
  const url = URL.createObjectURL(await answer.blob());
  image.src = url;
  await image.decode().catch(() => {});
  URL.revokeObjectURL(url);
}

/** Watch a picture from its arrival on. */
export function watch(image) {
  if (image.complete) replaceWhenReady(image);
  else for (const happened of ["load", "error"]) image.addEventListener(happened, () => replaceWhenReady(image), { once: true });
}
