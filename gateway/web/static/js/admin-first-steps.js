// The first steps of a new installation, on the overview until a client has requested the first picture.

import { $, ago, count, fill, h } from "./dom.js";

const WAITING = "first-picture-awaited"; // also while another page of this tab is open
let isNew = false;

/** Show the steps, with ``stats`` of /api/admin/stats; returns whether the first picture is still awaited. */
export function showFirstSteps(stats) {
  const requests = stats.requests.by_day.reduce((sum, day) => sum + day.requests, 0);
  const isWaiting = requests === 0 && stats.clients.length === 0;
  isNew ||= isWaiting || sessionStorage.getItem(WAITING) !== null;
  if (isWaiting) sessionStorage.setItem(WAITING, "");
  else sessionStorage.removeItem(WAITING);
  const place = $("#first-steps");
  place.hidden = !isNew;
  if (isNew) fill(place, ...steps(stats, requests, !isWaiting));
  return isWaiting;
}

function steps(stats, requests, isDone) {
  const hasKey = stats.keys.all > 0;
  return [
    h("h2", { id: "first-steps-title" }, isDone ? "It works" : "First steps"),
    h("ol", { class: "steps" },
      step(true, "Create an admin", "You have."),
      step(hasKey, "Create a key", hasKey ? `${count(stats.keys.all)} so far.` : h("a", { href: "#keys" }, "Create your first key")),
      step(isDone, "Choose how pictures look", h("a", { href: "/configure" }, "Configure"), " shows every choice on a real title. The defaults are fine, too."),
      step(isDone, "Enter the address in your client", h("a", { href: "/docs/clients" }, "The guides"), " have the lines for each client."),
      step(isDone, "The first picture", isDone ? firstWords(stats.clients, requests) : h("span", { class: "waiting" }, "Waiting for a client to request it. This page updates itself."))),
  ];
}

// A client of its own says more than a browser, in which somebody may only have tried an address.
function firstWords(clients, requests) {
  const first = clients.find((each) => each.name !== "A browser") ?? clients[0];
  const number = requests ? `${count(requests)} requested so far.` : "";
  if (!first) return number;
  return `${first.name} ${first.method === "HEAD" ? "found" : "fetched"} its first ${first.kind} ${ago(first.age_s)}. ${number}`;
}

const step = (isDone, name, ...words) =>
  h("li", { class: isDone ? "done" : null },
    h("span", { class: "mark", "aria-hidden": "true" }, isDone ? "✓" : ""),
    h("div", {}, h("strong", {}, name, h("span", { class: "unseen" }, isDone ? ", done" : ", to do")), h("p", {}, ...words)));
