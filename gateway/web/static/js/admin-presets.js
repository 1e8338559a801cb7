// The presets: those that come with Marquee, and those that admins publish for everybody.

import { field, openDialog } from "./admin-dialog.js";
import { loaded } from "./admin-lists.js";
import { storedWords } from "./affected.js";
import { get, post, put, remove } from "./api.js";
import { jsonOfFile } from "./design-json.js";
import { Picture, thumb } from "./design-preview.js";
import { $, confirmed, copy, debounced, fill, h, plural, say, sayUndoable, trying } from "./dom.js";
import { form } from "./form.js";
import { AGAIN_MS, LATER_MS, rest } from "./late-pictures.js";
import { fetchPicture } from "./title-artwork.js";

const { samples } = JSON.parse($("#facts").textContent); // by kind: the title, size and shape of the picture that shows a preset
const MOST_KEYS = 10; // whose profiles are offered at once
const TYPING_MS = 300;

let presets = [];

$("#preset-new").addEventListener("click", () => { location.hash = "#presets/new"; });

/** Show all presets; #presets/new opens the form of a new one over them. */
export async function showPresets(rest = "") {
  const answer = await loaded($("#presets-list"), () => get("/api/presets"), () => showPresets(rest));
  if (!answer) return;
  list(answer);
  if (rest === "new") publishing(null);
}

function list(answer) {
  ({ presets } = answer);
  const pictures = [];
  fill($("#presets-list"), presets.map((preset) => card(preset, pictures)));
  showAll(pictures);
}

/** Draw the samples one after the other, until the list is another one. */
async function showAll(pictures) {
  for (const { image, draw } of pictures) {
    if (!image.isConnected) return;
    await draw().catch(() => {}); // its name says which one it is
  }
}

function card(preset, pictures) {
  const { name, style, kind, settings, design, builtin } = preset;
  const { frame, image } = thumb(samples[kind].canvas);
  image.alt = `Sample of the preset ${name}`;
  pictures.push({ image, draw: () => shown(preset, image) });
  const button = (text, label, work) => h("button", { type: "button", class: "quiet slim", "aria-label": label, onclick: (event) => trying(event.currentTarget, work) }, text);
  const what = design ? `Design, ${plural(design.elements?.length ?? 0, "element")}` : plural(Object.keys(settings).length, "setting");
  return h("article", { class: "card preset-card" },
    frame,
    h("h2", {}, name),
    h("p", { class: "chips" }, [kind, what, builtin ? "comes with Marquee" : "published here"].map((word) => h("span", { class: "chip" }, word))),
    h("p", { class: "small" }, "Style in an address: ", h("code", {}, style)),
    h("div", { class: "row" },
      button("Copy style", `Copy the style of ${name}`, () => copy(style)),
      h("a", { class: "button quiet slim", href: `/design?preset=${encodeURIComponent(name)}`, "aria-label": `Edit ${name}` }, "Edit"),
      button("Replace…", `Replace ${name}`, async () => publishing(preset)),
      !builtin && button("Delete", `Delete ${name}`, () => drop(preset))));
}

async function shown({ kind, settings, design }, image) {
  const { title, size } = samples[kind];
  if (design) return new Picture(image).show(design, title, size, image.alt, true);
  const first = await sampleOf(kind, settings);
  putInto(image, first);
  if (isLate(first)) finishLater(image, kind, settings);
  return true;
}

const isLate = ({ cache }) => cache === "MISS-FALLBACK";

async function finishLater(image, kind, settings) {
  for (const pause of [...AGAIN_MS, ...LATER_MS]) {
    await rest(pause);
    if (!image.isConnected) return;
    const found = await sampleOf(kind, settings).catch(() => null); // the plain picture stays
    if (!found || isLate(found)) continue;
    putInto(image, found);
    return;
  }
}

function putInto(image, { blob }) {
  const url = URL.createObjectURL(blob);
  image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  image.src = url;
  image.hidden = false;
}

function sampleOf(kind, settings) {
  const query = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  return fetchPicture(kind, samples[kind].title, `${query}&fallback=true`);
}

/** Return how many pictures are stored of a preset, in addresses that add nothing to it. */
async function affected(preset) {
  const address = await addressOf(preset).catch(() => ""); // nobody has to wait for a picture to delete a preset
  const [, hash] = /\/c\/([0-9a-f]{32})\//.exec(address) ?? [];
  return hash ? storedWords({ q: hash }) : "an unknown number of stored pictures";
}

async function addressOf({ kind, settings, design }) {
  const { title } = samples[kind];
  return design ? (await post(`/api/preview/design?id=${title}`, design)).location : (await sampleOf(kind, settings)).address;
}

const pathOf = (name) => `/api/admin/presets/${encodeURIComponent(name)}`;
const named = (name) => presets.find((each) => each.name === name);

async function drop(preset) {
  const { name, style } = preset;
  const question = `Delete the preset “${name}”? Addresses with ${style} stop working, unless a preset of this name comes with Marquee. It has ${await affected(preset)}.`;
  if (!(await confirmed(question, "Delete"))) return;
  await remove(pathOf(name));
  await showAgain();
  sayUndoable(`The preset ${name} is deleted.`, () => restored(preset));
}

/** Put a preset back to what it was; one that came with Marquee is there again when what replaced it is deleted. */
async function restored(preset) {
  if (named(preset.name) && !named(preset.name).builtin) await remove(pathOf(preset.name));
  if (!preset.builtin) await put(pathOf(preset.name), bodyOf(preset));
  await showAgain(`The preset ${preset.name} is restored.`);
}

const bodyOf = ({ kind, settings, design }) => (design ? { kind, design } : { kind, settings });

async function showAgain(sentence) {
  list(await get("/api/presets"));
  if (sentence) say(sentence);
  $("#title-presets").focus({ preventScroll: true });
}

/** Ask for a file or a profile, and publish it under a name; ``before`` is the preset that it takes the place of. */
function publishing(before) {
  const box = openDialog(before ? `Replace ${before.name}` : "New preset", { address: before ? null : "presets/new" });
  const name = field("preset-name", "Name", { name: "name", required: true, maxlength: 57, pattern: "[a-z0-9][a-z0-9_\\-]*", title: "Use 1 to 57 lower-case letters, digits, - and _.", autocapitalize: "none" }, "a-z, 0-9, _ and -. Addresses have it after “preset-”.");
  const file = field("preset-file", "Design file", { name: "file", type: "file", accept: ".json,application/json" }, "A file that the designer exported.");
  const { element: profiles, chosen } = profilePicker();
  const publish = async () => {
    const wanted = before ? before.name : $("input", name).value;
    const body = await chosenBody($("input", file).files[0], chosen());
    const former = named(wanted);
    if (former && !(await confirmed(`Replace the preset “${wanted}”? Pictures with it change for everybody. It has ${await affected(former)}.`, "Replace"))) return;
    await put(pathOf(wanted), former ? replacing(former, body) : body);
    box.close();
    await showAgain();
    sayUndoable(`The preset ${wanted} is published.`, () => (former ? restored(former) : unpublished(wanted)));
  };
  box.fill(
    h("p", {}, "Everybody can use a preset, even with the free key. To draw one, open the ", h("a", { href: before ? `/design?preset=${encodeURIComponent(before.name)}` : "/design" }, "designer"), "."),
    form(publish, {}, !before && name, file, profiles, h("button", {}, "Publish")));
  $("input", before ? file : name).focus();
}

// A change keeps the settings that it does not name.
function replacing(former, body) {
  if (!body.settings || former.design) return body;
  const gone = Object.fromEntries(Object.keys(former.settings).map((each) => [each, null]));
  return { ...body, settings: { ...gone, ...body.settings } };
}

async function unpublished(name) {
  await remove(pathOf(name));
  await showAgain(`The preset ${name} is removed.`);
}

/** Return what is to be published. Throws an Error if nothing is chosen, or the file is no design. */
async function chosenBody(file, profile) {
  if (profile) return bodyOf(profile);
  if (!file) throw new Error("Choose a file, or a profile of a key.");
  return { design: await jsonOfFile(file) };
}

/** Return a choice among the profiles of keys whose name is searched for, and what is chosen. */
function profilePicker() {
  const found = new Map();
  const select = h("select", { id: "preset-profile" });
  const search = h("input", { id: "preset-key", type: "search", maxlength: 100, autocomplete: "off", spellcheck: "false", oninput: debounced(() => trying(null, load), TYPING_MS) });
  const none = () => h("option", { value: "" }, "None");

  let loads = 0;

  async function load() {
    const nth = (loads += 1);
    const { keys } = await get(`/api/keys?${new URLSearchParams({ q: search.value.trim() })}`);
    const owners = keys.filter((key) => !key.is_free).slice(0, MOST_KEYS);
    const lists = await Promise.all(owners.map((key) => get(`/api/keys/${key.id}/profiles`)));
    if (nth !== loads) return; // a newer search is under way
    const chosen = select.value;
    found.clear();
    lists.forEach((list, at) => list.profiles.forEach((profile) => found.set(`${owners[at].id}/${profile.name}`, { profile, words: `${owners[at].name}: ${profile.name}` })));
    fill(select, none(), [...found].map(([value, { words }]) => h("option", { value }, words)));
    if (found.has(chosen)) select.value = chosen;
  }

  fill(select, none());
  trying(null, load);
  const element = h("fieldset", { class: "field" },
    h("legend", {}, "Or a profile of a key", h("span", { class: "hint" }, `Shows the first ${MOST_KEYS} keys that match.`)),
    h("div", { class: "fields" },
      h("div", { class: "field" }, h("label", { for: "preset-key" }, "Search keys"), search),
      h("div", { class: "field" }, h("label", { for: "preset-profile" }, "Profile"), select)));
  return { element, chosen: () => found.get(select.value)?.profile };
}
