// Finds where a box catches on: edges and centre of the canvas, and those of other boxes. Lengths are thousandths of the width.

/**
 * Return {dx, dy, guides} for a box that is moved: how far to shift it so that it is in line, and the lines it is then on.
 * ``others`` are boxes, ``height`` is that of the canvas, ``reach`` is from how far things catch on.
 */
export function snapMoved(box, others, height, reach) {
  const across = nearest(points(box.left, box.width), targets(others, "left", "width", 1000), reach);
  const down = nearest(points(box.top, box.height), targets(others, "top", "height", height), reach);
  return { dx: across.by, dy: down.by, guides: [...lines("x", across.at), ...lines("y", down.at)] };
}

/** Return the same for a box of which only some edges move: ``edges`` has -1, 0 or 1 for each axis, {x, y}. */
export function snapResized(box, edges, others, height, reach) {
  const edge = (way, from, length) => (way === 0 ? [] : [way < 0 ? from : from + length]);
  const across = nearest(edge(edges.x, box.left, box.width), targets(others, "left", "width", 1000), reach);
  const down = nearest(edge(edges.y, box.top, box.height), targets(others, "top", "height", height), reach);
  return { dx: across.by, dy: down.by, guides: [...lines("x", across.at), ...lines("y", down.at)] };
}

const points = (from, length) => [from, from + length / 2, from + length];
const targets = (others, from, length, whole) => [0, whole / 2, whole, ...others.flatMap((each) => points(each[from], each[length]))];
const lines = (axis, at) => (at === null ? [] : [{ axis, at }]);

function nearest(own, all, reach) {
  let best = { by: 0, at: null };
  let least = reach;
  for (const point of own) {
    for (const target of all) {
      const distance = Math.abs(target - point);
      if (distance < least || (distance === least && best.at === null)) {
        least = distance;
        best = { by: target - point, at: target };
      }
    }
  }
  return best;
}
