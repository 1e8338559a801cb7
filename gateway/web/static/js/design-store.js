// The design that is edited, what is selected in it, and the steps that can be undone. Designs are never changed in place.

import { facts, newElement } from "./design-document.js";

const MOST_STEPS = 100;
const ONE_STEP_MS = 900; // changes of one thing within this time are one step

export class DesignStore {
  constructor(design) {
    this.design = design;
    this.selectedId = null;
    this.listeners = [];
    this.forget();
  }

  /** Call with {isDesign} after each change of the design, or only of what is selected. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  tell(isDesign = true) {
    for (const listener of this.listeners) listener({ isDesign });
  }

  forget() {
    this.past = [];
    this.future = [];
    this.merged = { name: "", at: 0 };
  }

  /** Edit another design; its steps begin here. */
  open(design) {
    this.design = design;
    this.selectedId = null;
    this.forget();
    this.tell();
  }

  get selected() {
    return this.design.elements.find(({ id }) => id === this.selectedId) ?? null;
  }

  select(id) {
    if (this.selectedId === id) return;
    this.selectedId = id;
    this.tell(false);
  }

  /** Go to another version of the design. Steps of the same name that follow each other at once are undone together. */
  change(design, name = "") {
    const now = performance.now();
    const isSameStep = name !== "" && name === this.merged.name && now - this.merged.at < ONE_STEP_MS;
    if (!isSameStep) this.past = [...this.past, this.design].slice(-MOST_STEPS);
    this.merged = { name, at: now };
    this.future = [];
    this.design = design;
    this.tell();
  }

  /** Change values while the pointer is down: all of a drag is one step, however long it takes. */
  updateInDrag(id, values, name) {
    if (this.merged.name === name) this.merged.at = performance.now();
    this.update(id, values, name);
  }

  /** End a step: what follows is undone by itself. */
  endStep() {
    this.merged = { name: "", at: 0 };
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    const design = from.pop();
    if (!design) return;
    to.push(this.design);
    this.design = design;
    this.endStep();
    if (!this.selected) this.selectedId = null;
    this.tell();
  }

  withElements(elements) {
    return { ...this.design, elements };
  }

  /** Change some values of an element. */
  update(id, values, name = "") {
    this.replace(id, (element) => ({ ...element, values: { ...element.values, ...values } }), name);
  }

  replace(id, changed, name = "") {
    this.change(this.withElements(this.design.elements.map((each) => (each.id === id ? changed(each) : each))), name);
  }

  updateArt(values, name = "") {
    this.change({ ...this.design, art: { ...this.design.art, ...values } }, name);
  }

  /** Put elements above all others, or above one of them, and select the last one. Throws an Error if they are too many. */
  add(elements, after = null) {
    const all = this.design.elements;
    if (all.length + elements.length > facts.most.elements) throw new Error(`A design has at most ${facts.most.elements} elements.`);
    const at = after === null ? all.length : all.findIndex(({ id }) => id === after) + 1;
    this.selectedId = elements.at(-1)?.id ?? this.selectedId;
    this.change(this.withElements([...all.slice(0, at), ...elements, ...all.slice(at)]));
  }

  remove(id) {
    const all = this.design.elements;
    const at = all.findIndex((each) => each.id === id);
    if (at < 0) return;
    const rest = all.filter((each) => each.id !== id);
    if (this.selectedId === id) this.selectedId = (rest[at] ?? rest[at - 1])?.id ?? null;
    this.change(this.withElements(rest));
  }

  /** Put an element at a place in the order from back to front. */
  moveTo(id, place) {
    const all = [...this.design.elements];
    const at = all.findIndex((each) => each.id === id);
    if (at < 0 || place < 0 || place >= all.length || at === place) return;
    all.splice(place, 0, ...all.splice(at, 1));
    this.change(this.withElements(all));
  }

  /** Put a copy of an element above it, a little aside. */
  duplicate(element) {
    const { type, ...values } = element.values;
    const aside = "x" in values ? { x: Math.min(values.x + 20, 1000), y: Math.min(values.y + 20, 2000) } : {};
    this.add([newElement(type, { ...values, ...aside })], element.id);
  }
}
