// Dead letters: listed, retried and dropped.

import { defineList, empty, older, showList, summary, table, time } from "./admin-lists.js";
import { showDeadLetterCount } from "./admin-overview.js";
import { get, post, remove } from "./api.js";
import { $, confirmed, h, plural, say, trying } from "./dom.js";

defineList("dead-letters", "/api/admin/dead-letters", (page, query) => {
  if (page.letters.length) {
    return [
      summary(plural(page.total, "dead letter"), ", newest first. About a thousand are kept."),
      table(["Picture", "Why", "When", "Attempts"], "Actions", page.letters.map(row)),
      older(page.before, query),
    ];
  }
  if (query.before) return [empty("There are no older dead letters."), older(null, query)];
  return [empty("No dead letters: every requested picture was drawn, or will be retried automatically.")];
});

function row(letter) {
  const [, hash, title] = /^([^:]*):(.*)$/.exec(letter.picture ?? "") ?? [null, "", ""];
  return h("tr", {},
    h("th", { scope: "row" }, letter.picture
      ? [title, " ", h("span", { class: "soft small" }, "settings ", h("code", { title: hash }, hash.slice(0, 8)))]
      : h("span", { class: "soft" }, "unreadable")),
    h("td", { "data-label": "Why", class: "reason" }, letter.reason || "unknown"),
    h("td", { "data-label": "When" }, time(letter.at)),
    h("td", { "data-label": "Attempts", class: "number" }, String(letter.tries)),
    h("td", { class: "end" }, h("span", { class: "row" },
      letter.picture && h("button", { type: "button", class: "quiet slim", "data-retry": letter.id, "aria-label": `Retry ${title}` }, "Retry"),
      h("button", { type: "button", class: "quiet slim", "data-drop": letter.id, "aria-label": `Drop ${title || "this letter"}` }, "Drop"))));
}

export function showDeadLetters() {
  showList("dead-letters");
  get("/api/admin/dead-letters").then((page) => showDeadLetterCount(page.total)).catch(() => {});
}

$("#dead-letters-list").addEventListener("click", async (event) => {
  const again = event.target.closest("[data-retry]");
  const drop = event.target.closest("[data-drop]");
  if (again) {
    const answer = await trying(again, () => post(`/api/admin/dead-letters/${again.dataset.retry}/retry`));
    if (answer) say(answer.offer === "pending" ? "It is already being drawn." : "Queued again. If it fails again, a new dead letter appears here.");
  } else if (drop) {
    const question = "Drop this dead letter? Its reason is deleted. The picture is tried again when it is next requested.";
    if (!(await confirmed(question, "Drop it"))) return;
    if (await trying(drop, () => remove(`/api/admin/dead-letters/${drop.dataset.drop}`))) say("Dropped.");
  } else return;
  showDeadLetters();
});
