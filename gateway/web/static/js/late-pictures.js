// How pages wait for pictures that are not drawn yet: they show what there is, and ask again for about four minutes.

export const AGAIN_MS = [700, 1500, 2500, 4000, 6000]; // while somebody looks at the place of the picture
export const LATER_MS = [10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 60_000]; // a source is slow, or the queue is long
export const BUSY = 503;

const PASSING = [0, 408, 429, 502, BUSY, 504]; // 0: there was no answer

/** Return whether a request that was refused with a status may succeed later. */
export const mayPass = (status) => PASSING.includes(status ?? 0);

/** Resolve after a pause; rejects when the signal, if there is one, is aborted, or was before. */
export function rest(pause, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, pause);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

/** Request an image again that failed to load, a few times; then it is removed. */
export function retried(image) {
  const { src } = image;
  const pauses = [...AGAIN_MS];
  image.addEventListener("error", () => {
    const pause = pauses.shift();
    if (pause === undefined) image.remove();
    else setTimeout(() => { if (image.isConnected) image.src = src; }, pause);
  });
  return image;
}
