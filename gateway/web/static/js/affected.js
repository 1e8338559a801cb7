// How much a change or a purge affects, in words, for the question that precedes it.

import { get } from "./api.js";
import { plural } from "./dom.js";

/** Return how many stored pictures match a filter of /api/admin/images, such as "1,204 stored posters". */
export async function storedWords(filter, word = "picture") {
  const { total, is_estimate: isMore } = await get(`/api/admin/images?${new URLSearchParams(filter)}`);
  return `${isMore ? "more than " : ""}${plural(total, `stored ${word}`)}`;
}

/** Return the question before the global settings of some kinds are changed. */
export async function globalQuestion(kinds) {
  const [{ keys }, ...stored] = await Promise.all([get("/api/admin/stats"), ...kinds.map((kind) => storedWords({ kind }, kind))]);
  const whose = keys.all === 0 ? "There are no keys yet." : `This changes them for ${plural(keys.all, "key")}, except where a key’s own settings differ.`;
  return `Change the global settings of all ${kinds.map((kind) => `${kind}s`).join(" and ")}? ${whose} ${stored.join(" and ")} will be drawn again when they are requested.`;
}

/** Return how much the free key is used. */
export async function freeKeyWords() {
  const { keys } = await get("/api/keys?q=t0-free-");
  const free = keys.find((key) => key.is_free);
  return useWords(free ?? { requests_this_month: 0 });
}

/** Return how much a key is used, such as "1,204 requests this month". */
export const useWords = ({ requests_this_month: number }) => (number ? `${plural(number, "request")} this month` : "no requests this month");
