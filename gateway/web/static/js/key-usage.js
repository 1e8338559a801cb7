// A key's usage: the days of this month, and the last twelve months with the limit as a line.

import { count, fill, h } from "./dom.js";

const WIDTH = 640;
const HEIGHT = 200;
const BELOW = 22;
const ABOVE = 20;
const SVG = "http://www.w3.org/2000/svg";

/** Show charts of the answer of /api/key/me/usage. */
export function showUsage(place, usage) {
  const limit = usage.limit ? ` of ${count(usage.limit)}` : "";
  const spent = usage.limit > 0 && usage.requests >= usage.limit;
  fill(place,
    h("p", { class: "figure" }, h("strong", { class: "number" }, count(usage.requests)), `${limit} pictures this month`),
    usage.limit > 0 && meter(usage, spent),
    usage.limit > 0 && h("p", { class: spent ? "problem" : "small" }, spent
      ? "This month’s quota is used up: pictures are refused until the first of next month."
      : `${count(usage.limit - usage.requests)} are left.`),
    usage.limit === 0 && h("p", { class: "small" }, "There is no limit."),
    h("div", { class: "charts" },
      chart(`Pictures per day in ${monthWords(usage.month)}`, daysOf(usage)),
      chart("Pictures per month, last twelve months", monthsOf(usage), usage.limit)));
}

function meter(usage, spent) {
  return h("meter", { min: 0, max: usage.limit, high: usage.limit * 0.9, optimum: 0, value: String(Math.min(usage.requests, usage.limit)), class: spent ? "spent" : "", "aria-label": "Share of this month’s quota used" });
}

function daysOf({ month, days }) {
  const [year, nth] = month.split("-").map(Number);
  const used = new Map(days.map((each) => [each.day, each.requests]));
  const length = new Date(Date.UTC(year, nth, 0)).getUTCDate();
  return Array.from({ length }, (_, at) => {
    const day = `${month}-${String(at + 1).padStart(2, "0")}`;
    return { label: at % 5 === 0 ? String(at + 1) : "", words: dayWords(day), value: used.get(day) ?? 0 };
  });
}

function monthsOf({ month, months }) {
  const used = new Map(months.map((each) => [each.month, each.requests]));
  const [year, nth] = month.split("-").map(Number);
  return Array.from({ length: 12 }, (_, at) => {
    const first = new Date(Date.UTC(year, nth - 12 + at, 1));
    const name = first.toISOString().slice(0, 7);
    return { label: first.toLocaleDateString(undefined, { month: "narrow", timeZone: "UTC" }), words: monthWords(name), value: used.get(name) ?? 0 };
  });
}

const dayWords = (day) => new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, { day: "numeric", month: "long", timeZone: "UTC" });
const monthWords = (month) => new Date(`${month}-01T00:00:00Z`).toLocaleDateString(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

/** Return a figure with bars, and a table for screen readers. */
function chart(title, bars, limit = 0) {
  const top = Math.max(limit, 1, ...bars.map((bar) => bar.value));
  const y = (value) => ABOVE + (HEIGHT - BELOW - ABOVE) * (1 - value / top);
  const step = WIDTH / bars.length;
  const shapes = bars.flatMap((bar, nth) => {
    const tall = HEIGHT - BELOW - y(bar.value);
    const rect = svg("rect", { x: nth * step + step * 0.15, y: y(bar.value), width: step * 0.7, height: Math.max(tall, bar.value ? 2 : 0), rx: 2, class: "bar" }, svg("title", {}, `${bar.words}: ${count(bar.value)}`));
    return [rect, bar.label && svg("text", { x: nth * step + step / 2, y: HEIGHT - 5, class: "tick" }, bar.label)].filter(Boolean);
  });
  const ground = svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - BELOW, y2: HEIGHT - BELOW, class: "ground" });
  const line = limit ? [svg("line", { x1: 0, x2: WIDTH, y1: y(limit), y2: y(limit), class: "limit" }), svg("text", { x: WIDTH, y: y(limit) - 5, class: "limit-words" }, `Limit ${count(limit)}`)] : [];
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, ground, ...shapes, ...line);
  const high = bars.reduce((one, other) => (other.value > one.value ? other : one));
  const most = high.value ? `Most: ${count(high.value)}, ${high.words}` : "Nothing yet";
  return h("figure", { class: "chart" },
    h("figcaption", {}, title, h("span", { class: "small" }, most)),
    drawing,
    h("table", { class: "unseen" }, h("caption", {}, title), bars.filter((bar) => bar.value).map((bar) => h("tr", {}, h("th", { scope: "row" }, bar.words), h("td", {}, count(bar.value))))));
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
