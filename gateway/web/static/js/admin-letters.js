// Dead letters: tried again, or dropped.

import { showList } from "./admin-lists.js";
import { letterCount } from "./admin-overview.js";
import { get, post, remove } from "./api.js";
import { $, say, trying } from "./dom.js";

export function showLetters() {
  showList("letters");
  get("/api/admin/dead-letters").then((page) => letterCount(page.total)).catch(() => {});
}

$("#letters-list").addEventListener("click", async (event) => {
  const again = event.target.closest("[data-retry]");
  const drop = event.target.closest("[data-drop]");
  if (again) {
    const answer = await trying(again, () => post(`/api/admin/dead-letters/${again.dataset.retry}/retry`));
    if (answer) say(answer.offer === "pending" ? "It is being drawn already." : "Queued again. If it fails once more, a new letter comes.");
  } else if (drop) {
    if (await trying(drop, () => remove(`/api/admin/dead-letters/${drop.dataset.drop}`))) say("Dropped.");
  } else return;
  showLetters();
});
