// A key's settings and profiles as a file: to keep, or for another key or installation.

import { get, put } from "./api.js";
import { confirmed, h, say, trying } from "./dom.js";

const LARGEST = 524288; // bytes, as the API has it

/** Return the buttons that save a key's settings as a file and load them from one. */
export function settingsFile(key) {
  const choose = h("input", { type: "file", accept: "application/json,.json", hidden: true, "aria-label": "File with settings", onchange: () => load(key, choose) });
  return h("section", {},
    h("h3", {}, "Settings and profiles"),
    h("p", { class: "small" }, "As one file without the key, for backup or to load into another key."),
    h("div", { class: "row" },
      h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, () => save(key)) }, "Download as a file"),
      h("button", { type: "button", class: "quiet", onclick: () => choose.click() }, "Load from a file")),
    choose);
}

const address = (key) => `/api/keys/${key.id}/settings/file`;

async function save(key) {
  const text = `${JSON.stringify(await get(address(key)), null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const name = key.name.replaceAll(/[^A-Za-z0-9_-]+/g, "-");
  h("a", { href: url, download: `marquee-${name}.json` }).click();
  URL.revokeObjectURL(url);
}

async function load(key, choose) {
  const [file] = choose.files;
  choose.value = ""; // so that the same file can be chosen again
  if (!file) return;
  const content = file.size > LARGEST ? null : parsed(await file.text());
  if (content === null) {
    say(`${file.name} is not a file of settings.`, "bad");
    return;
  }
  const question = `Replace all settings and profiles of “${key.name}” with those of ${file.name}? What the file lacks is removed.`;
  if (!(await confirmed(question, "Replace them"))) return;
  if (await trying(null, () => put(address(key), content))) say(`Loaded ${file.name} into “${key.name}”.`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
