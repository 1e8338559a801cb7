// The design that is edited, what is selected in it, and the steps that can be undone. Designs are never changed in place.

import { facts, newElement } from "./design-document.js";

const MOST_STEPS = 100;
const ONE_STEP_MS = 900; // changes of one thing within this time are one step

export class DesignStore {
  constructor(design) {
    this.design = design;
    this.selectedId = null;
    this.otherIds = []; // what is selected besides
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
    this.otherIds = [];
    this.forget();
    this.tell();
  }

  get selected() {
    return this.design.elements.find(({ id }) => id === this.selectedId) ?? null;
  }

  isSelected(id) {
    return id === this.selectedId || this.otherIds.includes(id);
  }

  /** All that is selected, from back to front. */
  get selection() {
    return this.design.elements.filter(({ id }) => this.isSelected(id));
  }

  select(id) {
    if (this.selectedId === id && !this.otherIds.length) return;
    this.selectedId = id;
    this.otherIds = [];
    this.tell(false);
  }

  /** Select an element besides the others, or no longer. */
  toggle(id) {
    const ids = [...this.otherIds, this.selectedId].filter((each) => each !== null && each !== id);
    if (!this.isSelected(id)) ids.push(id);
    this.selectedId = ids.pop() ?? null;
    this.otherIds = ids;
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
  updateInDrag(changes, name) {
    if (this.merged.name === name) this.merged.at = performance.now();
    this.updateAll(changes, name);
  }

  /** Take back a step of this name that was just made, as if there had been none. */
  cancelStep(name) {
    if (this.merged.name !== name) return;
    this.design = this.past.pop();
    this.endStep();
    this.tell();
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
    const ids = this.selection.map(({ id }) => id);
    this.selectedId = this.selected ? this.selectedId : (ids.at(-1) ?? null);
    this.otherIds = ids.filter((id) => id !== this.selectedId);
    this.tell();
  }

  withElements(elements) {
    return { ...this.design, elements };
  }

  /** Change some values of an element. */
  update(id, values, name = "") {
    this.replace(id, (element) => ({ ...element, values: { ...element.values, ...values } }), name);
  }

  /** Change some values of several elements, {id: values}. */
  updateAll(changes, name = "") {
    this.change(this.withElements(this.design.elements.map((each) => (each.id in changes ? { ...each, values: { ...each.values, ...changes[each.id] } } : each))), name);
  }

  replace(id, changed, name = "") {
    this.change(this.withElements(this.design.elements.map((each) => (each.id === id ? changed(each) : each))), name);
  }

  updateArt(values, name = "") {
    this.change({ ...this.design, art: { ...this.design.art, ...values } }, name);
  }

  /** Put elements above all others, or above one of them, and select them. Throws an Error if they are too many. */
  add(elements, after = null) {
    const all = this.design.elements;
    if (all.length + elements.length > facts.most.elements) throw new Error(`A design has at most ${facts.most.elements} elements.`);
    const at = after === null ? all.length : all.findIndex(({ id }) => id === after) + 1;
    this.selectedId = elements.at(-1)?.id ?? this.selectedId;
    this.otherIds = elements.slice(0, -1).map(({ id }) => id);
    this.change(this.withElements([...all.slice(0, at), ...elements, ...all.slice(at)]));
  }

  /** Remove what is selected, and select what is next. */
  remove() {
    const all = this.design.elements;
    const at = all.findIndex(({ id }) => this.isSelected(id));
    if (at < 0) return;
    const rest = all.filter(({ id }) => !this.isSelected(id));
    this.selectedId = (rest[at] ?? rest.at(-1))?.id ?? null;
    this.otherIds = [];
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

  /** Put copies of what is selected above it, a little aside. Throws an Error if they are too many. */
  duplicate() {
    const copies = this.selection.map(({ values: { type, ...values } }) => {
      const aside = "x" in values ? { x: Math.min(values.x + 20, 1000), y: Math.min(values.y + 20, 2000) } : {};
      return newElement(type, { ...values, ...aside });
    });
    if (copies.length) this.add(copies, this.selection.at(-1).id);
  }
}
