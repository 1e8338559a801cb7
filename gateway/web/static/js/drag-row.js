// Puts the rows of a list in order, one place at a time or by a pointer on their grips.

/**
 * Move a row up (-1) or down (1); returns whether there was room. Its neighbour is moved in its place, so that the row itself
 * keeps focus and pointer.
 */
export function moveRow(row, way) {
  const neighbour = way < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!neighbour) return false;
  if (way < 0) row.after(neighbour);
  else row.before(neighbour);
  return true;
}

/** Move a row along with the pointer that went down on its grip; released() is called at the end. */
export function dragRow(event, row, released) {
  if (event.button !== 0) return;
  event.preventDefault();
  const grip = event.currentTarget;
  grip.setPointerCapture(event.pointerId);
  row.classList.add("held");
  const isAbove = (other, y) => other !== null && y < middle(other);
  const isBelow = (other, y) => other !== null && y > middle(other);
  // A quick pointer passes several rows from one event to the next.
  const follow = ({ clientY }) => {
    while (isAbove(row.previousElementSibling, clientY)) moveRow(row, -1);
    while (isBelow(row.nextElementSibling, clientY)) moveRow(row, 1);
  };
  const release = () => {
    row.classList.remove("held");
    grip.removeEventListener("pointermove", follow);
    grip.removeEventListener("lostpointercapture", release);
    released();
  };
  grip.addEventListener("pointermove", follow);
  grip.addEventListener("lostpointercapture", release);
}

function middle(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
