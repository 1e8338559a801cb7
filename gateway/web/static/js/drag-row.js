// Puts the rows of a list in order by a pointer on their grips.

/**
 * Move a row along with the pointer that went down on its grip; released() is called at the end. The other rows are moved, and
 * not the row itself, which keeps focus and pointer.
 */
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
    while (isAbove(row.previousElementSibling, clientY)) row.after(row.previousElementSibling);
    while (isBelow(row.nextElementSibling, clientY)) row.before(row.nextElementSibling);
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
