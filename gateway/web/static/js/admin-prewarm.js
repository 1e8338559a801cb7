// Prewarm: started here, followed on whichever replica it runs.

import { get, post, remove } from "./api.js";
import { $, confirmed, count, fill, h, moment, say, trying } from "./dom.js";
import { submitting } from "./form.js";
import { titleSearch } from "./title-search.js";

const EVERY_MS = 1500;
const ENDINGS = {
  done: "It is done.",
  stopped: "It was stopped.",
  stalled: "It ended because nothing was drawn for too long. Check that a renderer is running and its sources respond.",
  failed: "It failed. See the gateway’s log.",
  lost: "The gateway that ran it has stopped. What it queued is still drawn.",
};

let timer = null;
let isShown = false;

$("#prewarm-samples").addEventListener("click", (event) => {
  $("#prewarm-ids").value = event.currentTarget.dataset.titles.split(" ").join("\n");
  $("#prewarm-ids").focus();
});
submitting($("#prewarm-form"), begin);
titleSearch($("#prewarm-title"), { takes: "nothing", chosen: ({ id }) => {
  const ids = $("#prewarm-ids");
  ids.value = [...ids.value.split("\n").filter(Boolean), id].join("\n");
} });

export function showPrewarm() {
  isShown = true;
  return follow();
}

export function hidePrewarm() {
  isShown = false;
  clearTimeout(timer);
}

async function follow() {
  clearTimeout(timer);
  const state = await trying(null, () => get("/api/admin/warm"));
  if (!isShown) return;
  if (state) show(state);
  if (!state || state.running) timer = setTimeout(follow, state ? EVERY_MS : 10 * EVERY_MS);
}

function show(state) {
  $("#prewarm-form > button").disabled = state.running;
  if (!state.began_at) return fill($("#prewarm-state"));
  const settled = state.drawn + state.unknown + state.failed;
  const left = state.left_s === null ? "" : `, about ${Math.max(1, Math.round(state.left_s / 60))} min left`;
  const kinds = `${count(state.total)} ${state.kind}${state.total === 1 ? "" : "s"}`;
  fill($("#prewarm-state"), h("section", { class: "card prewarm-state", "aria-labelledby": "prewarm-title" },
    h("div", { class: "row apart" },
      h("h2", { id: "prewarm-title" }, state.running ? `Drawing ${kinds} in advance` : `Last prewarm: ${kinds}`),
      state.running && h("button", { type: "button", class: "quiet slim", disabled: state.stopping, onclick: (event) => stop(event.currentTarget) }, state.stopping ? "Stopping…" : "Stop")),
    h("progress", { class: "large", max: Math.max(1, state.total), value: settled, "aria-label": "Share of the pictures that are done" }),
    h("p", {}, `${count(settled)} of ${count(state.total)} done: ${count(state.drawn)} drawn or already up to date, ${count(state.unknown)} unknown to all sources, ${count(state.failed)} failed.`),
    h("p", { class: "soft" }, state.running ? `${count(state.queued)} queued${left}. Started ${moment(state.began_at)}.` : `${ENDINGS[state.ending] ?? ""} Started ${moment(state.began_at)}.`)));
}

async function stop(button) {
  if (!(await confirmed("Stop the prewarm? What is already queued is still drawn.", "Stop it", { destroys: false }))) return;
  const state = await trying(button, () => remove("/api/admin/warm"));
  if (state) show(state);
  await follow();
}

async function begin() {
  const fields = $("#prewarm-form").elements;
  const request = {
    ids: fields.ids.value.split(/[\s,]+/).filter(Boolean),
    kind: fields.kind.value,
    format: fields.format.value,
    pace: Number(fields.pace.value),
    look: settingsOf(fields.look.value),
  };
  const accepted = await post("/api/admin/warm", request);
  say(`${count(accepted.queued)} pictures are being queued.`);
  showBad(accepted);
  await follow();
}

// A link from the configurator contains more than the settings.
function settingsOf(text) {
  const trimmed = text.trim();
  if (!trimmed.includes("://") && !trimmed.startsWith("/")) return trimmed;
  const query = new URLSearchParams(trimmed.slice(trimmed.indexOf("?") + 1).split("#")[0]);
  for (const name of ["id", "kind", "fallback", "format", "key", "type"]) query.delete(name);
  return query.toString();
}

function showBad(accepted) {
  $("#prewarm-bad")?.remove();
  if (!accepted.bad_total) return;
  const lines = accepted.bad.map((each) => h("li", {}, `Line ${each.line}: ${each.error}`));
  $("#prewarm-form").prepend(h("div", { id: "prewarm-bad", class: "warning field", role: "alert" },
    h("p", {}, h("strong", {}, `${count(accepted.bad_total)} ${accepted.bad_total === 1 ? "line is" : "lines are"} left out.`)), h("ul", {}, lines)));
}
