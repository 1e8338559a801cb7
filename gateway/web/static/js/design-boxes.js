// Where elements are on the canvas, by the rules of the renderer. Lengths are thousandths of the canvas width.

import { facts } from "./design-document.js";

const WIDE = 1000;
const MOST_DOWN = 2000;

// Badges in pixels of a medium picture, which the renderer draws in the size that their texts need.
const MEDIUM_WIDTH = Object.fromEntries(facts.kinds.map(({ kind, canvas }) => [kind, canvas[0]]));
const BADGE = { width: 140, height: 58 };
const CONTENT = { award: { width: 45, height: 112 }, sash: { width: 220, height: 54 }, age: { width: 70, height: 46 }, quality: { width: 150, height: 46 } };
const LINE = 1.25; // of the text size
const LETTER = 0.5;

/** How an element's size is changed: by which of its values, and from which handles, [across, down]. */
export function handlesOf({ type, edge }) {
  if (["logo", "box", "bar"].includes(type)) return [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]];
  if (type === "text") return [[-1, 0], [1, 0]];
  if (type === "scrim") return [{ top: [0, 1], bottom: [0, -1], left: [1, 0], right: [-1, 0] }[edge]];
  return [[-1, -1], [1, -1], [-1, 1], [1, 1]];
}

export const isScaled = ({ type }) => !["logo", "box", "bar", "text", "scrim"].includes(type);

/** Whether the size depends on the title, so that a box only shows about where an element is. */
export const isAbout = (values) => isScaled(values) || values.type === "text";

/** Return the box of an element, {left, top, width, height}, on a canvas of a kind that is ``tall`` thousandths high. */
export function boxOf(values, kind, tall) {
  if (values.type === "scrim") return scrimBox(values, tall);
  const size = sizeOf(values, kind);
  const width = Math.min(size.width, WIDE);
  const height = Math.min(size.height, tall);
  const [down, across] = values.anchor;
  return {
    left: kept({ l: values.x, c: (WIDE - width) / 2 + values.x, r: WIDE - width - values.x }[across], WIDE - width),
    top: kept({ t: values.y, m: (tall - height) / 2 + values.y, b: tall - height - values.y }[down], tall - height),
    width,
    height,
  };
}

const kept = (from, most) => Math.min(Math.max(from, 0), Math.max(most, 0));

function scrimBox({ edge, height }, tall) {
  const deep = Math.min(height, edge === "left" || edge === "right" ? WIDE : tall);
  return {
    top: { left: 0, top: 0, width: WIDE, height: deep },
    bottom: { left: 0, top: tall - deep, width: WIDE, height: deep },
    left: { left: 0, top: 0, width: deep, height: tall },
    right: { left: WIDE - deep, top: 0, width: deep, height: tall },
  }[edge];
}

function sizeOf(values, kind) {
  if (!isAbout(values)) return values;
  if (values.type === "text") {
    const lines = Math.min(values.lines, Math.ceil((values.text.length * values.size * LETTER) / values.width));
    return { width: values.width, height: Math.max(lines, 1) * values.size * LINE };
  }
  const scale = (WIDE / MEDIUM_WIDTH[kind]) * (values.scale / 100);
  const one = CONTENT[values.type] ?? BADGE;
  const times = values.type === "ratings" ? flowOf(values) : { across: 1, down: 1, gap: 0 };
  const gap = times.gap;
  return { width: times.across * one.width * scale + (times.across - 1) * gap, height: times.down * one.height * scale + (times.down - 1) * gap };
}

function flowOf({ sites, limit, wrap, flow, gap }) {
  const count = Math.min(limit, sites.length);
  const long = Math.min(count, wrap);
  const lines = Math.ceil(count / wrap);
  return flow === "row" ? { across: long, down: lines, gap } : { across: lines, down: long, gap };
}

/** Return the anchor, x and y that put an element's box at a place; the anchor only changes where it cannot say it. */
export function placeAt({ anchor }, box, tall) {
  const [down, across] = anchor;
  const [side, x] = placed(across, box.left, box.width, WIDE, ["l", "c", "r"], WIDE);
  const [edge, y] = placed(down, box.top, box.height, tall, ["t", "m", "b"], MOST_DOWN);
  return { anchor: edge + side, x, y };
}

function placed(now, from, length, whole, [first, middle, last], most) {
  const start = kept(from, whole - length);
  const distances = { [first]: start, [middle]: start - (whole - length) / 2, [last]: whole - length - start };
  const isMiddle = Math.abs(distances[middle]) < 0.5;
  const nearer = distances[first] <= distances[last] ? first : last;
  const side = isMiddle && now !== middle && distances[now] > 0 ? middle : distances[now] < -0.5 ? nearer : now;
  return [side, Math.min(Math.max(Math.round(distances[side]), 0), most)];
}

/** Return the values that give an element the size of a box, which was made from ``before``, and put it there. */
export function resizeTo(values, before, box, tall) {
  if (values.type === "scrim") return { height: limited(["left", "right"].includes(values.edge) ? box.width : box.height, 1, 2000) };
  if (isScaled(values)) {
    const ratio = Math.max(box.width / before.width, box.height / before.height);
    return { scale: limited(values.scale * ratio, 25, 400) };
  }
  const width = limited(box.width, 1, WIDE);
  const height = limited(box.height, 1, MOST_DOWN);
  const size = values.type === "text" ? { width } : { width, height };
  return { ...size, ...placeAt(values, { ...box, width, height: values.type === "text" ? before.height : height }, tall) };
}

const limited = (value, least, most) => Math.min(Math.max(Math.round(value), least), most);
