// The picture with a handle over each element: selecting, dragging, resizing, and moving by the arrow keys.

import { h } from "./dom.js";
import { boxOf, handlesOf, isAbout, isScaled, placeAt, resizeTo } from "./design-boxes.js";
import { nameOf } from "./design-document.js";
import { snapMoved, snapResized } from "./design-snap.js";

const CATCH_PX = 6;
const STILL_PX = 3; // a finger that presses is not quite still
const FAR = 10; // thousandths by an arrow key with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NAMES = { "-1": { "-1": "nw", 0: "w", 1: "sw" }, 0: { "-1": "n", 1: "s" }, 1: { "-1": "ne", 0: "e", 1: "se" } };

export class Stage {
  /** say(sentence) speaks to screen readers; isFixed() is whether elements stay where they are, as on a phone. */
  constructor(store, frame, { say, isFixed }) {
    Object.assign(this, { store, frame, say, isFixed });
    this.tall = 1481; // a poster
    this.guides = h("div", { class: "guides", "aria-hidden": "true" });
    this.boxes = h("div", { class: "boxes", role: "group", "aria-label": "Elements on the picture" });
    this.grips = h("div", { class: "grips" });
    frame.append(this.boxes, this.grips, this.guides);
    frame.addEventListener("pointerdown", (event) => {
      if (event.target === frame || event.target === this.boxes) store.select(null);
    });
    store.onChange(() => this.draw());
  }

  /** Say how high the canvas is, in thousandths of its width. */
  shape(tall) {
    this.tall = tall;
    this.draw();
  }

  box(element) {
    return boxOf(element.values, this.store.design.kind, this.tall);
  }

  draw() {
    const { elements } = this.store.design;
    const before = new Map([...this.boxes.children].map((each) => [each.dataset.id, each]));
    const wanted = elements.filter(({ isHidden }) => !isHidden).map((element) => this.handle(element, before.get(element.id)));
    const isSame = wanted.length === before.size && wanted.every((each, nth) => each === this.boxes.children[nth]);
    if (!isSame) {
      const focused = document.activeElement;
      this.boxes.replaceChildren(...wanted);
      if (wanted.includes(focused)) focused.focus();
    }
    this.drawGrips();
  }

  handle(element, old) {
    const button = old ?? h("button", {
      type: "button", class: "handle", "data-id": element.id, onkeydown: (event) => this.onKey(event, element.id),
      onpointerdown: (event) => this.onDown(event, element.id), onmousedown: (event) => event.shiftKey && event.preventDefault(), // which would be the focus
      onclick: (event) => event.detail === 0 && this.store.select(element.id), onfocus: () => this.store.isSelected(element.id) || this.store.select(element.id),
    });
    const box = this.box(element);
    this.put(button, box);
    button.classList.toggle("about", isAbout(element.values));
    button.classList.toggle("locked", element.isLocked);
    button.setAttribute("aria-pressed", String(this.store.isSelected(element.id)));
    button.setAttribute("aria-label", `${nameOf(element)}, ${this.where(box)}${element.isLocked ? ", locked" : ""}`);
    return button;
  }

  where({ left, top }) {
    return `${Math.round(left)} from the left, ${Math.round(top)} from the top`;
  }

  put(part, { left, top, width, height }) {
    part.style.left = `${left / 10}%`;
    part.style.width = `${width / 10}%`;
    part.style.top = `${(100 * top) / this.tall}%`;
    part.style.height = `${(100 * height) / this.tall}%`;
  }

  drawGrips() {
    const element = this.store.selected;
    if (!element || element.isHidden || element.isLocked || this.store.otherIds.length) {
      this.grips.replaceChildren();
      this.grips.dataset.id = "";
      return;
    }
    const ways = handlesOf(element.values);
    const name = `${element.id} ${ways.join(" ")}`;
    if (this.grips.dataset.id !== name) {
      this.grips.dataset.id = name;
      this.grips.replaceChildren(...ways.map((way, nth) => this.grip(element.id, way, nth === ways.length - 1)));
    }
    this.put(this.grips, this.box(element));
  }

  // Only one of the grips takes part in the order of the Tab key: the arrow keys do at it what the others do.
  grip(id, [x, y], isTabbed) {
    return h("button", {
      type: "button", class: `grip at-${NAMES[x][y]}`, tabindex: isTabbed ? "0" : "-1", "aria-label": "Size",
      onpointerdown: (event) => this.onGrip(event, id, { x, y }), onkeydown: (event) => this.onSizeKey(event, id, { x, y }),
    });
  }

  element(id) {
    return this.store.design.elements.find((each) => each.id === id);
  }

  onKey(event, id) {
    const way = ARROWS[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!this.movable.length) return;
    const far = event.shiftKey ? FAR : 1;
    const starts = this.movable.map((each) => [each, this.box(each)]);
    this.store.updateAll(this.moved(starts, way[0] * far, way[1] * far), `nudge ${this.movable.map((each) => each.id)}`);
    this.say(this.where(this.box(this.element(id))));
  }

  /** What of the selection can be moved. */
  get movable() {
    return this.isFixed() ? [] : this.store.selection.filter(({ isHidden, isLocked, values }) => !isHidden && !isLocked && values.anchor);
  }

  /** Return the values, {id: values}, that put elements a way from where they started, [[element, box]]. */
  moved(starts, dx, dy) {
    return Object.fromEntries(starts.map(([{ id, values }, box]) => [id, placeAt(values, { ...box, left: box.left + dx, top: box.top + dy }, this.tall)]));
  }

  /** Put the selected elements in line: ``side`` is 0, 0.5 or 1 of the box around all of them, ``axis`` is "x" or "y". */
  align(axis, side) {
    const [from, length] = axis === "x" ? ["left", "width"] : ["top", "height"];
    const starts = this.movable.map((each) => [each, this.box(each)]);
    const first = Math.min(...starts.map(([, box]) => box[from]));
    const last = Math.max(...starts.map(([, box]) => box[from] + box[length]));
    const placed = ([{ id, values }, box]) => [id, placeAt(values, { ...box, [from]: first + (last - first - box[length]) * side }, this.tall)];
    this.store.updateAll(Object.fromEntries(starts.map(placed)));
  }

  onSizeKey(event, id, grip) {
    const way = ARROWS[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const element = this.element(id);
    const far = event.shiftKey ? FAR : 1;
    const { values } = element;
    const by = isScaled(values) ? { scale: Math.min(Math.max(values.scale + far * (way[0] || -way[1]), 25), 400) } : this.sized(element, grip, way[0] * far, way[1] * far);
    this.store.update(id, by, `size ${id}`);
    const { width, height } = this.box(this.element(id));
    this.say(`${Math.round(width)} wide, ${Math.round(height)} high`);
  }

  sized(element, grip, dx, dy) {
    const before = this.box(element);
    return resizeTo(element.values, before, stretched(before, grip, dx, dy), this.tall);
  }

  others() {
    return this.store.design.elements.filter((each) => !this.store.isSelected(each.id) && !each.isHidden && each.values.anchor).map((each) => this.box(each));
  }

  onDown(event, id) {
    if (event.button !== 0) return;
    if (event.shiftKey) return this.store.toggle(id);
    if (!this.store.isSelected(id)) this.store.select(id);
    const element = this.element(id);
    if (!this.movable.includes(element)) return;
    const starts = this.movable.map((each) => [each, this.box(each)]);
    const start = this.box(element);
    const others = this.others();
    this.drag(event, id, (dx, dy, reach) => {
      const snap = snapMoved({ ...start, left: start.left + dx, top: start.top + dy }, others, this.tall, reach);
      return [this.moved(starts, dx + snap.dx, dy + snap.dy), snap.guides];
    });
  }

  onGrip(event, id, grip) {
    if (event.button !== 0 || this.isFixed()) return;
    event.preventDefault();
    const element = this.element(id);
    const start = this.box(element);
    const others = this.others();
    this.drag(event, id, (dx, dy, reach) => {
      const rough = stretched(start, grip, dx, dy);
      const snap = isScaled(element.values) ? { dx: 0, dy: 0, guides: [] } : snapResized(rough, grip, others, this.tall, reach);
      return [{ [id]: resizeTo(element.values, start, stretched(start, grip, dx + snap.dx, dy + snap.dy), this.tall) }, snap.guides];
    });
  }

  /** Follow the pointer. ``to(dx, dy, reach)`` returns values, {id: values}, and guide lines; Alt lets it go everywhere, Escape cancels it. */
  drag(event, id, to) {
    const target = event.currentTarget;
    const [fromX, fromY] = [event.clientX, event.clientY];
    const unit = 1000 / this.frame.clientWidth;
    const name = `drag ${event.timeStamp}`;
    let isMoving = false;
    target.setPointerCapture(event.pointerId);
    const follow = (now) => {
      const [dx, dy] = [now.clientX - fromX, now.clientY - fromY];
      isMoving ||= Math.hypot(dx, dy) >= STILL_PX;
      if (!isMoving) return;
      const [changes, guides] = to(dx * unit, dy * unit, now.altKey ? -1 : CATCH_PX * unit);
      this.drawGuides(guides);
      this.store.updateInDrag(changes, name);
    };
    const stop = (now) => {
      if (now.key !== "Escape") return;
      now.stopPropagation(); // otherwise it would clear the selection, too
      this.store.cancelStep(name);
      end();
    };
    const end = () => {
      target.removeEventListener("pointermove", follow);
      target.removeEventListener("lostpointercapture", end);
      removeEventListener("keydown", stop, true);
      this.drawGuides([]);
      this.store.endStep();
      if (!isMoving) this.store.select(id);
      else this.say(this.where(this.box(this.element(id))));
    };
    target.addEventListener("pointermove", follow);
    target.addEventListener("lostpointercapture", end);
    addEventListener("keydown", stop, true);
  }

  drawGuides(guides) {
    this.guides.replaceChildren(...guides.map(({ axis, at }) => {
      const line = h("i", { class: axis });
      if (axis === "x") line.style.left = `${at / 10}%`;
      else line.style.top = `${(100 * at) / this.tall}%`;
      return line;
    }));
  }
}

/** Return a box of which the edges at a grip are shifted; it keeps a width and height of at least one. */
function stretched(box, { x, y }, dx, dy) {
  const width = Math.max(box.width + x * dx, 1);
  const height = Math.max(box.height + y * dy, 1);
  return { left: x < 0 ? box.left + box.width - width : box.left, top: y < 0 ? box.top + box.height - height : box.top, width, height };
}
