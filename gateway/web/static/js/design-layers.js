// The list of a design's elements, the front one first: selecting, sorting by dragging or by keys, hiding and locking.

import { $, h } from "./dom.js";
import { nameOf } from "./design-document.js";
import { dragRow } from "./drag-row.js";

/** Return the list; say(sentence) speaks to screen readers. */
export function layerList(store, say) {
  const list = h("ol", { class: "layers", "aria-label": "Elements, front to back" });
  const empty = h("p", { class: "small" }, "There are no elements yet. Add one, or start from a preset.");
  const element = h("div", {}, list, empty);
  const rows = new Map();
  const elementOf = (id) => store.design.elements.find((each) => each.id === id);
  const placeOf = (id) => store.design.elements.findIndex((each) => each.id === id);

  function row(id) {
    const item = h("li", { "data-id": id },
      h("span", { class: "grip", "aria-hidden": "true", title: "Drag", onpointerdown: (event) => drag(event, item) }),
      h("button", { type: "button", class: "name", onclick: (event) => (event.shiftKey ? store.toggle(id) : store.select(id)), onkeydown: (event) => onKey(event, id) }),
      h("button", { type: "button", class: "flag eye", onclick: () => turn(id, "isHidden") }),
      h("button", { type: "button", class: "flag lock", onclick: () => turn(id, "isLocked") }));
    return item;
  }

  const turn = (id, flag) => store.replace(id, (each) => ({ ...each, [flag]: !each[flag] }));

  function onKey(event, id) {
    if ([" ", "Enter"].includes(event.key) && event.shiftKey) {
      event.preventDefault();
      store.toggle(id);
      return;
    }
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const place = placeOf(id);
    const next = store.design.elements[place + way];
    if (!next) return;
    if (event.altKey || event.shiftKey) {
      store.moveTo(id, place + way);
      $(".name", rows.get(id)).focus();
      say(`${nameOf(elementOf(id))} is now ${store.design.elements.length - placeOf(id)} of ${store.design.elements.length}.`);
    } else {
      store.select(next.id);
      $(".name", rows.get(next.id)).focus();
    }
  }

  // The design follows at the end.
  function drag(event, item) {
    dragRow(event, item, () => {
      const place = [...list.children].reverse().indexOf(item);
      store.moveTo(item.dataset.id, place);
      refresh();
    });
  }

  function refresh() {
    const elements = [...store.design.elements].reverse();
    for (const { id } of elements) if (!rows.has(id)) rows.set(id, row(id));
    const wanted = elements.map(({ id }) => rows.get(id));
    const isSame = wanted.length === list.children.length && wanted.every((each, nth) => each === list.children[nth]);
    if (!isSame) list.replaceChildren(...wanted);
    for (const [id, item] of rows) if (!elementOf(id)) rows.delete(id), item.remove();
    elements.forEach((each) => show(each, rows.get(each.id)));
    empty.hidden = elements.length > 0;
    list.hidden = !elements.length;
  }

  function show(each, item) {
    const name = nameOf(each);
    const isSelected = store.isSelected(each.id);
    item.classList.toggle("selected", isSelected);
    item.classList.toggle("off", each.isHidden);
    $(".name", item).textContent = name;
    $(".name", item).setAttribute("aria-pressed", String(isSelected));
    flag($(".eye", item), each.isHidden, "Hide", name);
    flag($(".lock", item), each.isLocked, "Lock", name);
  }

  function flag(button, isOn, words, name) {
    button.setAttribute("aria-pressed", String(isOn));
    button.setAttribute("aria-label", `${words} ${name}`);
    button.title = words;
  }

  store.onChange(refresh);
  return { element, refresh };
}
