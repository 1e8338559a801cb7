// The overview: the last day in the services' own metrics.

import { get } from "./api.js";
import { showFirstSteps } from "./admin-first-steps.js";
import { barChart, lineChart, spark, summed } from "./admin-charts.js";
import { $, bytes, count, decimal, fill, h, moment, percent, plural } from "./dom.js";

const EVERY_MS = 20_000;
const FIRST_EVERY_MS = 2000; // while the first picture is awaited
const HALF_HOUR = 6; // steps of five minutes
const NAMES = { tmdb: "TMDB", tmdb_images: "TMDB, pictures", fanart: "Fanart.tv", fanart_images: "Fanart.tv, pictures", mdblist: "MDBList", omdb: "OMDb", cloudflare: "Cloudflare" };

let timer = null;
let isShown = false;

export async function showOverview() {
  isShown = true;
  await follow();
}

export function hideOverview() {
  isShown = false;
  clearTimeout(timer);
}

async function follow() {
  clearTimeout(timer);
  const isFirst = document.hidden ? false : await renew();
  if (isShown) timer = setTimeout(follow, isFirst ? FIRST_EVERY_MS : EVERY_MS);
}

/** Load and show everything; returns whether the first picture of this installation is still awaited. */
async function renew() {
  try {
    const [day, stats] = await Promise.all([get("/api/admin/history"), get("/api/admin/stats")]);
    const numbers = new Day(day);
    fill($("#overview-tiles"), tiles(numbers, stats));
    keepingOpen($("#overview-charts"), () => fill($("#overview-charts"), charts(numbers)));
    fill($("#overview-sources"), sources(numbers));
    fill($("#overview-stored"), stored(stats));
    fill($("#overview-as-of"), `The last 24 hours, from the services’ own metrics. As of ${moment(new Date())}.`);
    showDeadLetterCount(stats.dead_letters.count);
    return showFirstSteps(stats);
  } catch (refusal) {
    fill($("#overview-as-of"), `These numbers are not available: ${refusal.message}`);
    if ($("#overview-tiles .reading")) fill($("#overview-tiles"));
    return false;
  }
}

/** Show the number of dead letters beside the section's name. */
export function showDeadLetterCount(number) {
  const chip = $("#dead-letters-count");
  chip.hidden = !number;
  fill(chip, count(number), h("span", { class: "unseen" }, number === 1 ? " letter" : " letters"));
}

// Open tables stay open when the numbers are refreshed.
function keepingOpen(place, change) {
  const open = [...place.querySelectorAll("details")].map((each) => each.open);
  const held = place.contains(document.activeElement) ? [...place.querySelectorAll("summary")].indexOf(document.activeElement) : -1;
  change();
  [...place.querySelectorAll("details")].forEach((each, at) => { each.open = open[at] ?? false; });
  if (held >= 0) place.querySelectorAll("summary")[held]?.focus();
}

class Day {
  constructor(day) {
    this.day = day;
    this.length = Object.values(day.series)[0]?.length ?? 288;
  }

  of(...names) {
    const sum = new Array(this.length).fill(0);
    for (const name of names) (this.day.series[name] ?? []).forEach((value, at) => { sum[at] += value; });
    return sum;
  }

  total(...names) {
    return this.of(...names).reduce((a, b) => a + b, 0);
  }

  get labels() {
    return Array.from({ length: Math.ceil(this.length / HALF_HOUR) }, (_, at) =>
      new Date((this.day.began + at * HALF_HOUR * this.day.step_s) * 1000).toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" }));
  }

  halfHours(...names) {
    return summed(this.of(...names), HALF_HOUR);
  }

  now(name) {
    return this.day.now[name];
  }
}

const HITS = ["content:HIT", "content:STALE"];
const SERVED = [...HITS, "content:MISS", "content:MISS-FALLBACK"];
const seconds = (value) => (value < 0.9995 ? `${decimal(value * 1000)} ms` : `${decimal(value, 1)} s`);
const ratio = (part, whole) => part.map((value, at) => (whole[at] ? value / whole[at] : null));
const waits = (number) => (number < 89.5 ? `${decimal(number)} s` : number < 5370 ? `${decimal(number / 60)} min` : `${decimal(number / 3600)} h`);

function tiles(day, stats) {
  const asked = day.total("pictures_asked");
  const answered = day.total("pictures_answered");
  const served = day.total(...SERVED);
  const draws = day.total("draws");
  const lanes = Object.values(stats.queue);
  const waiting = lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  const taken = lanes.reduce((sum, lane) => sum + lane.taken, 0);
  const oldest = Math.max(0, ...lanes.map((lane) => lane.oldest_waiting_s ?? 0));
  const failed = day.total("jobs_failed");
  return [
    tile("Requests", count(asked), "for pictures, with a key"),
    tile("Answered", asked ? percent(answered / asked) : null, asked ? `${count(asked - answered)} refused or failed` : "no requests yet"),
    tile("Hit rate", served ? percent(day.total(...HITS) / served) : null, served ? `of ${count(served)} pictures served` : "none served yet"),
    tile("Draw time", draws ? seconds(day.total("draw_seconds") / draws) : null, draws ? `on average, ${count(draws)} drawn` : "none drawn yet"),
    tile("Waiting", count(waiting), waiting ? `the oldest for ${waits(oldest)}; ${count(taken)} in progress` : `${count(taken)} in progress`),
    tile("Failed attempts", count(failed), stats.dead_letters.count ? h("a", { href: "#dead-letters" }, `${count(stats.dead_letters.count)} dead letters`) : "no dead letters"),
  ];
}

function tile(name, figure, words) {
  return h("div", { class: "tile" }, h("h2", {}, name), h("p", { class: figure === null ? "figure none" : "figure" }, figure ?? "–"), h("p", { class: "small" }, words));
}

function charts(day) {
  const labels = day.labels;
  const answered = day.halfHours("pictures_answered");
  const refused = day.halfHours("pictures_asked").map((value, at) => Math.max(0, value - answered[at]));
  const hits = ratio(day.halfHours(...HITS), day.halfHours(...SERVED));
  const took = ratio(day.halfHours("draw_seconds"), day.halfHours("draws"));
  const drawn = day.total("jobs_drawn");
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  return [
    barChart({ title: "Requests", labels, series: [{ name: "answered", values: answered }, { name: "refused", values: refused }], summary: `${count(sum(answered))} answered, ${count(sum(refused))} refused` }),
    lineChart({ title: "Hit rate", labels, values: hits, name: "hit rate", top: 1, spell: (value) => percent(value, 0), summary: day.total(...SERVED) ? `${percent(day.total(...HITS) / day.total(...SERVED))} over the day` : "no pictures served" }),
    barChart({
      title: "Drawing",
      labels,
      series: [
        { name: "drawn", values: day.halfHours("jobs_drawn") },
        { name: "failed attempts", values: day.halfHours("jobs_failed") },
        { name: "unchanged", values: day.halfHours("jobs_unchanged") },
      ],
      summary: `${count(drawn)} drawn, ${count(day.total("jobs_unchanged"))} unchanged, ${count(day.total("jobs_failed"))} failed attempts`,
    }),
    lineChart({ title: "Draw time", labels, values: took, name: "average", spell: seconds, summary: day.total("draws") ? `${seconds(day.total("draw_seconds") / day.total("draws"))} on average` : "nothing drawn" }),
  ];
}

function sources(day) {
  const names = Object.keys(NAMES).filter((name) => day.total(`calls_answered:${name}`, `calls_failed:${name}`) || day.now(`source_keys:${name}`) !== undefined);
  if (!names.length) return h("p", { class: "empty" }, "No renderer has reported its sources yet. Each one does within a minute of starting.");
  return names.map((name) => source(day, name));
}

function source(day, name) {
  const [answered, failed] = [day.total(`calls_answered:${name}`), day.total(`calls_failed:${name}`)];
  const isOpen = day.now(`source_breaker_open:${name}`) > 0;
  const [used, limit] = [day.now(`source_budget_used:${name}`) ?? 0, day.now(`source_budget_limit:${name}`) ?? 0];
  const [keys, resting] = [day.now(`source_keys:${name}`) ?? 0, day.now(`source_keys_resting:${name}`) ?? 0];
  const state = isOpen ? ["bad", "paused"] : failed > answered ? ["bad", "failing"] : day.now(`source_keys:${name}`) === undefined ? ["", "unknown"] : answered ? ["good", "healthy"] : ["", "idle"];
  return h("article", { class: "card source" },
    h("div", { class: "row apart" }, h("h3", {}, NAMES[name]), h("span", { class: `chip ${state[0]}` }, state[1])),
    spark(day.halfHours(`calls_answered:${name}`), day.halfHours(`calls_failed:${name}`)),
    h("p", {}, answered || failed ? [`${plural(answered, "call")} answered, `, failed ? h("strong", {}, `${count(failed)} failed`) : "none failed", "."] : "No calls."),
    isOpen && h("p", { class: "soft" }, "It failed too often; requests are paused for half a minute."),
    keys > 1 || resting ? h("p", { class: "soft" }, resting ? `${resting} of ${keys} ${keys === 1 ? "key" : "keys"} paused.` : `${keys} keys in rotation.`) : null,
    limit > 0 && h("p", {}, `${count(used)} of ${count(limit)} calls today`, h("progress", { max: limit, value: Math.min(used, limit), class: used >= limit ? "spent" : null, "aria-label": `${NAMES[name]}: share of today’s calls used` })));
}

function stored(stats) {
  const kinds = Object.entries(stats.pictures.by_kind);
  const about = stats.pictures.is_estimate ? "About " : "";
  return h("div", { class: "tiles" },
    tile("Pictures", `${about}${count(stats.pictures.count)}`, `${bytes(stats.pictures.bytes)}${kinds.length ? `: ${kinds.map(([kind, each]) => `${count(each.count)} ${kind}${each.count === 1 ? "" : "s"}`).join(", ")}` : ""}`),
    tile("Titles", count(stats.titles.count), "known"),
    tile("Settings", count(stats.looks.count), "stored"),
    tile("Keys", count(stats.keys.all), `${count(stats.keys.used_last_day)} used in the last day${stats.keys.disabled ? `, ${count(stats.keys.disabled)} disabled` : ""}`),
    stats.clients.length > 0 && tile("Clients", count(stats.clients.length), stats.clients.map((each) => each.name).join(", ")),
    tile("This month", count(stats.requests.this_month), `requests by all keys, ${count(stats.requests.today)} today`));
}
