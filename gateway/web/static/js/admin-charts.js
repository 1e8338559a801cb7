// Small SVG charts, each with a summary and a table of its values.

import { count, h } from "./dom.js";

const WIDE = 480;
const HIGH = 120;
const LEFT = 40;
const BELOW = 18;

// The drawing is scaled to the width of its figure; the style divides the size of its text by this scale.
const scales = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) if (contentRect.width) target.style.setProperty("--scale", contentRect.width / WIDE);
});

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Return the sums of groups of values. */
export function summed(values, every) {
  const sums = [];
  for (let at = 0; at < values.length; at += every) sums.push(values.slice(at, at + every).reduce((a, b) => a + b, 0));
  return sums;
}

/**
 * Return a figure with bars, stacked where there are several series: {title, labels, series: [{name, values}], spell}.
 * ``spell`` writes a value, ``summary`` says in a sentence what the chart shows.
 */
export function barChart({ title, labels, series, spell = count, summary, ticks }) {
  const totals = labels.map((_, at) => series.reduce((sum, each) => sum + each.values[at], 0));
  if (!totals.some(Boolean)) return figure({ title, summary, drawing: nothing() });
  const top = ceiling(Math.max(...totals));
  const step = (WIDE - LEFT) / labels.length;
  const drawing = frame(title, summary, top, spell, labels, ticks);
  labels.forEach((label, at) => {
    let below = 0;
    series.forEach((each, nth) => {
      const high = (each.values[at] / top) * HIGH;
      if (high > 0) {
        drawing.append(svg("rect", { class: `c${nth + 1}`, x: LEFT + at * step + step * 0.12, y: HIGH - below - high, width: step * 0.76, height: high }));
      }
      below += high;
    });
    drawing.append(reach(at, step, `${label}: ${series.map((each) => `${spell(each.values[at])} ${each.name}`).join(", ")}`));
  });
  return figure({ title, summary, drawing, labels, series, spell });
}

/** Return a figure with one line; a value of null leaves a gap. */
export function lineChart({ title, labels, values, name, spell = count, summary, top, ticks }) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return figure({ title, summary, drawing: nothing() });
  const most = top ?? ceiling(Math.max(...known));
  const step = (WIDE - LEFT) / labels.length;
  const drawing = frame(title, summary, most, spell, labels, ticks);
  const at = (value, nth) => [LEFT + (nth + 0.5) * step, HIGH - (value / most) * HIGH];
  for (const run of runs(values)) {
    const points = run.map(([nth, value]) => at(value, nth).map((number) => number.toFixed(1)).join(","));
    if (points.length > 1) drawing.append(svg("polyline", { class: "line", points: points.join(" ") }));
    else drawing.append(svg("circle", { class: "c1", r: 4, cx: points[0].split(",")[0], cy: points[0].split(",")[1] }));
  }
  values.forEach((value, nth) => value !== null && drawing.append(reach(nth, step, `${labels[nth]}: ${spell(value)}`)));
  return figure({ title, summary, drawing, labels, series: [{ name, values }], spell: (value) => (value === null ? "–" : spell(value)) });
}

/** Return bars without words, for a card that says the figures itself. */
export function spark(good, bad) {
  const most = Math.max(1, ...good.map((value, at) => value + bad[at]));
  const drawing = svg("svg", { viewBox: `0 0 ${good.length * 4} 40`, preserveAspectRatio: "none", "aria-hidden": "true" });
  good.forEach((value, at) => {
    const high = (value / most) * 40;
    const failed = (bad[at] / most) * 40;
    if (high) drawing.append(svg("rect", { class: "c1", x: at * 4 + 0.4, y: 40 - high, width: 3.2, height: high }));
    if (failed) drawing.append(svg("rect", { class: "c2", x: at * 4 + 0.4, y: 40 - high - failed, width: 3.2, height: failed }));
  });
  drawing.append(svg("rect", { class: "c1", x: 0, y: 39.6, width: good.length * 4, height: 0.4 }));
  return drawing;
}

const nothing = () => h("p", { class: "nothing" }, "No data for this period.");

function frame(title, summary, top, spell, labels, ticks = 4) {
  const drawing = svg("svg", { viewBox: `0 -8 ${WIDE} ${HIGH + BELOW + 8}`, role: "img", "aria-label": `${title}: ${summary}` });
  for (const share of [0, 0.5, 1]) {
    const y = HIGH - share * HIGH;
    drawing.append(svg("line", { class: "grid", x1: LEFT, x2: WIDE, y1: y, y2: y }));
    drawing.append(svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, spell(top * share)));
  }
  const step = (WIDE - LEFT) / labels.length;
  for (let nth = 0; nth < ticks; nth += 1) {
    const at = Math.floor((nth / ticks) * labels.length);
    drawing.append(svg("text", { x: LEFT + at * step, y: HIGH + 15 }, labels[at]));
  }
  scales.observe(drawing);
  return drawing;
}

function reach(at, step, words) {
  return svg("rect", { class: "reach", x: LEFT + at * step, y: 0, width: step, height: HIGH }, svg("title", {}, words));
}

function figure({ title, summary, drawing, labels, series, spell }) {
  const legend = series?.length > 1 && h("span", { class: "legend" }, series.map((each, nth) => h("span", { class: `c${nth + 1}` }, each.name)));
  return h("figure", { class: "chart card" },
    h("figcaption", {}, h("h3", {}, title), legend || h("span", { class: "small" }, summary)),
    drawing,
    labels && h("details", {}, h("summary", {}, "As a table"), table(title, labels, series, spell)));
}

function table(title, labels, series, spell) {
  const head = h("tr", {}, h("th", { scope: "col" }, "From"), series.map((each) => h("th", { scope: "col" }, each.name)));
  const rows = labels.map((label, at) => h("tr", {}, h("th", { scope: "row" }, label), series.map((each) => h("td", { class: "number" }, spell(each.values[at])))));
  return h("div", { class: "table", tabIndex: 0, role: "region", "aria-label": title }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}

function runs(values) {
  const found = [];
  let run = [];
  values.forEach((value, nth) => {
    if (value !== null) run.push([nth, value]);
    else if (run.length) { found.push(run); run = []; }
  });
  if (run.length) found.push(run);
  return found;
}

// The next number that people count in.
function ceiling(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((step) => step * power).find((step) => step >= most);
}
