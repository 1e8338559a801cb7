// The search on the first page: a title that is chosen opens in the configurator.

import { $ } from "./dom.js";
import { titleSearch } from "./title-search.js";

const form = $("#try");
if (form) {
  const search = titleSearch($("#try-id"), { chosen: ({ id }) => { location.href = `/configure?id=${encodeURIComponent(id)}`; } });
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search.pick();
  });
}
