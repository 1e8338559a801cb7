// A list that is sorted by dragging or by buttons, and whose rows can be switched on and off.

import { $, $$, h } from "./dom.js";
import { dragRow, moveRow } from "./drag-row.js";

/**
 * Return {element, refresh, mark}. read() returns {order, excluded, limit}; mark(sites) says which are shown really, and undefined
 * that it is not known: then the first ones up to the limit are marked. changed(order, excluded) is called on every change.
 */
export function orderList({ sites, words, hint, read, changed }) {
  const spoken = h("p", { class: "unseen", "aria-live": "polite" });
  const list = h("ol", { class: "order" });
  const rows = new Map(sites.map(({ value, words: name }) => [value, row(value, name)]));
  const order = () => $$("li", list).map((item) => item.dataset.site);
  const excluded = () => $$("li", list).filter((item) => !$("input", item).checked).map((item) => item.dataset.site);
  const name = (item) => $(".site", item).textContent;

  function row(value, siteWords) {
    const item = h("li", { "data-site": value },
      h("span", { class: "grip", "aria-hidden": "true", title: "Drag", onpointerdown: (event) => drag(event, item) }),
      h("span", { class: "rank number", "aria-hidden": "true" }),
      h("span", { class: "site" }, siteWords),
      h("button", { type: "button", class: "step up", "aria-label": `Move ${siteWords} up`, onclick: () => move(item, -1) }, "↑"),
      h("button", { type: "button", class: "step down", "aria-label": `Move ${siteWords} down`, onclick: () => move(item, 1) }, "↓"),
      h("input", { type: "checkbox", role: "switch", class: "switch", "aria-label": `Show ${siteWords}`, onchange: tell }));
    return item;
  }

  function tell() {
    changed(order(), excluded());
  }

  function move(item, way) {
    if (!moveRow(item, way)) return;
    tell();
    const button = $(way < 0 ? ".up" : ".down", item);
    if (button.disabled) $(way < 0 ? ".down" : ".up", item).focus();
    spoken.textContent = `${name(item)} is now ${order().indexOf(item.dataset.site) + 1} of ${rows.size}.`;
  }

  function drag(event, item) {
    const before = order().join();
    dragRow(event, item, () => order().join() !== before && tell());
  }

  let drawn = null;

  function mark(shown) {
    drawn = shown ?? null;
    refresh();
  }

  function refresh() {
    const now = read();
    // A picture that arrives meanwhile does not take a row from the pointer that drags it.
    if (!$(".held", list) && order().join() !== now.order.join()) list.replaceChildren(...now.order.map((site) => rows.get(site)));
    let rank = 0;
    now.order.forEach((site, place) => {
      const item = rows.get(site);
      const isOn = !now.excluded.includes(site);
      rank += isOn;
      $("input", item).checked = isOn;
      const shownAs = drawn ? drawn.indexOf(site) + 1 : isOn && rank <= now.limit ? rank : 0;
      $(".rank", item).textContent = shownAs || "–";
      $(".up", item).disabled = place === 0;
      $(".down", item).disabled = place === rows.size - 1;
      item.classList.toggle("off", !isOn);
      item.classList.toggle("first", shownAs > 0);
    });
  }

  const element = h("fieldset", { class: "field" }, h("legend", {}, words, h("span", { class: "hint" }, hint)), list, spoken);
  return { element, refresh, mark };
}
