// The list of stored pictures.

import { defineList, empty, pages, summary } from "./admin-lists.js";
import { bytes, h, plural } from "./dom.js";

defineList("pictures", "/api/admin/images", (page, query) => {
  if (page.images.length) {
    return [
      summary(page.is_estimate ? "More than " : "", plural(page.total, "picture"), ", newest first."),
      h("ul", { class: query.kind ? `pictures only-${query.kind}` : "pictures" }, page.images.map(item)),
      pages(page.page, page.pages),
    ];
  }
  if (query.q || query.kind) return [empty(nothingFound(query.q))];
  return [empty("No pictures are stored yet. A picture is drawn when it is first requested, or by a ", h("a", { href: "#prewarm" }, "prewarm run"), ".")];
});

const nothingFound = (text) =>
  `No stored picture matches${text ? ` “${text}”` : ""}. Search for part of a title’s name, any of its ids, or at least eight digits of a settings hash.`;

function item(image) {
  const data = { "data-media": image.media, "data-hash": image.hash, "data-ext": image.format, "data-kind": image.kind, "data-size": image.size, "data-look": image.look, "data-url": image.url };
  return h("li", {}, h("button", { type: "button", class: "picture", ...data },
    h("span", { class: `thumb ${image.kind}` }, h("img", { alt: "", loading: "lazy", decoding: "async", width: 150, height: 222, src: image.url })),
    h("span", { class: "caption" }, h("strong", {}, image.name || image.media),
      h("span", { class: "small" }, `${image.kind}, ${image.format}, ${bytes(image.bytes)}`),
      h("span", { class: "small look" }, lookWords(image.look)),
      image.degraded && h("span", { class: "chip bad" }, "incomplete"))));
}

/** Return a look in words, such as "position=bl, ratings_limit=2"; ``query`` is null where no query leads to it. */
export function lookWords(query) {
  if (query === null || query === undefined) return "a design, or settings of a newer version";
  return query ? [...new URLSearchParams(query)].map(([name, value]) => `${name}=${value}`).join(", ") : "default look";
}
