// Languages that are chosen from a list, in the order in which they were chosen.

import { fill, h } from "./dom.js";

const SPECIAL = { original: "Original language", none: "Without text" };
const TAGS = ("ar bg bn ca cs cy da de el en en-GB es es-MX et eu fa fi fr fr-CA ga gl he hi hr hu hy id is it ja ka kk kn ko lt lv mk ml "
  + "mr ms nb nl pa pl pt pt-BR ro ru sk sl sq sr sv sw ta te th tl tr uk ur vi zh zh-CN zh-TW").split(" ");
const MOST = 4;

/** Return {element, refresh} for a text of words separated by commas: language tags, "original" and "none". */
export function languageList({ name, words, hint, read, changed }) {
  const chosen = () => read().split(",").filter(Boolean);
  const picked = h("ul", { class: "picked", role: "list" });
  const add = h("select", { id: `c-${name}`, "aria-describedby": `h-${name}`, onchange: () => { if (add.value) changed([...chosen(), add.value].join(",")); } });
  const element = h("div", { class: "field" },
    h("label", { for: `c-${name}` }, words, h("span", { class: "hint", id: `h-${name}` }, hint)), picked, add);

  function refresh() {
    const now = chosen();
    fill(picked, now.map((tag) => h("li", {}, h("button", {
      type: "button", class: "quiet slim", "aria-label": `Remove ${languageWords(tag)}`, onclick: () => { changed(now.filter((each) => each !== tag).join(",")); add.focus(); },
    }, languageWords(tag), h("span", { "aria-hidden": "true" }, "×")))));
    picked.hidden = !now.length;
    const option = (tag) => h("option", { value: tag }, languageWords(tag));
    const left = TAGS.filter((tag) => !now.includes(tag)).sort((one, other) => languageWords(one).localeCompare(languageWords(other)));
    fill(add, h("option", { value: "" }, now.length ? "Add a language…" : "Any language"),
      Object.keys(SPECIAL).filter((word) => !now.includes(word)).map(option), left.map(option));
    add.value = "";
    add.disabled = now.length >= MOST;
  }

  return { element, refresh };
}

function languageWords(tag) {
  if (SPECIAL[tag]) return SPECIAL[tag];
  try {
    return new Intl.DisplayNames([navigator.language], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
