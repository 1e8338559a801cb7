// The editor of freehand designs.

import { who } from "./api.js";
import { $, confirmed, debounced, fill, h, moment, say, trying } from "./dom.js";
import { buildChooser } from "./configure-title.js";
import { blankDesign, designOfLink, documentOf, facts, newElement } from "./design-document.js";
import { earlierDraft, forgetDraft } from "./design-drafts.js";
import { fieldPanel } from "./design-fields.js";
import { copyLink, exportFile, importFile, useClipboard } from "./design-files.js";
import { layerList } from "./design-layers.js";
import { MainPicture, Strip } from "./design-preview.js";
import { Saving } from "./design-save.js";
import { Stage } from "./design-stage.js";
import { NOWHERE, askForStart, fromAddress } from "./design-start.js";
import { DesignStore } from "./design-store.js";
import { signedIn } from "./session.js";

const SETTLED_MS = 120; // after the last change the picture is requested
const STRIP_MS = 1200;
const DRAFT_MS = 400;
const PHONE = matchMedia("(max-width: 40rem)");

let user = await who().catch(() => null);
let isLetIn = Boolean(facts.free_key) || user !== null;
const query = new URLSearchParams(location.search);
const now = { film: query.get("id")?.slice(0, 100) || facts.films[0].id, episode: facts.episodes[0].id };
const store = new DesignStore(blankDesign(facts.kinds[0].kind));
const spoken = h("p", { class: "unseen", "aria-live": "polite" });
const speak = debounced((sentence) => fill(spoken, sentence), 400);

const kindOf = () => facts.kinds.find((each) => each.kind === store.design.kind);
const titleOf = () => (store.design.kind === "episode" ? now.episode : now.film);

function samplesOf(kind) {
  const samples = kind === "episode" ? facts.episodes : facts.films;
  return [...samples, ...facts.strip[kind].filter(({ id }) => !samples.some((sample) => sample.id === id))];
}

const frame = h("div", { class: "canvas", id: "canvas" });
const picture = new MainPicture(shapeOf);
frame.append(picture.image, h("span", { class: "lights", "aria-hidden": "true" }));
const stage = new Stage(store, frame, { say: speak, isFixed: () => PHONE.matches });
const strip = new Strip($("#strip"), (id) => choose(id));
const clipboard = useClipboard(store);
const layers = layerList(store, speak);
const saving = new Saving(store, ({ role, name }) => history.replaceState(null, "", `/design?${role}=${encodeURIComponent(name)}`));

// The picture

async function show() {
  if (!isLetIn) return;
  const text = shown.text;
  strip.stop();
  const { kind, words, size } = kindOf();
  const drawn = documentOf(store.design, { isOnlyVisible: true });
  const isShown = await picture.show(drawn, titleOf(), size, `${words} with this design`);
  if (!isShown) return;
  if (text === shown.text) frame.dataset.shown = "current";
  showStrip(drawn, kind);
}

const showSoon = debounced(show, SETTLED_MS);
const showStrip = debounced((drawn, kind) => kind === store.design.kind && strip.show(drawn, kindOf().size), STRIP_MS);
const keepDraft = debounced(() => saving.keepDraft(), DRAFT_MS);
let shown = { kind: "", text: "" };

store.onChange(({ isDesign }) => {
  if (!isDesign) return;
  const text = JSON.stringify(documentOf(store.design, { isOnlyVisible: true }));
  if (text !== shown.text) {
    frame.dataset.shown = "earlier";
    showSoon();
  }
  if (store.design.kind !== shown.kind) reshape();
  shown = { kind: store.design.kind, text };
  undo.disabled = !store.past.length;
  redo.disabled = !store.future.length;
  keepDraft();
});

function shapeOf(width, height) {
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.style.setProperty("--shape", String(width / height));
  stage.shape((1000 * height) / width);
}

function reshape() {
  const { kind, canvas } = kindOf();
  frame.dataset.kind = kind;
  shapeOf(...canvas);
  kinds.value = kind;
  chooser.show(kind, titleOf(), isLetIn);
  strip.build(kind, facts.strip[kind], canvas);
}

function choose(id) {
  now[store.design.kind === "episode" ? "episode" : "film"] = id;
  chooser.show(store.design.kind, id, isLetIn);
  show();
}

// The tools

const button = (words, onclick, more = {}) => h("button", { type: "button", class: "quiet slim", onclick, ...more }, words);
const attempt = (work) => (event) => trying(event.currentTarget, work);
const undo = button("Undo", () => store.undo(), { title: "Ctrl+Z", disabled: true });
const redo = button("Redo", () => store.redo(), { title: "Ctrl+Shift+Z", disabled: true });
const kinds = h("select", { id: "kind", onchange: () => store.change({ ...store.design, kind: kinds.value }) }, facts.kinds.map(({ kind, words }) => h("option", { value: kind }, words)));
const chooser = buildChooser($("#chooser"), samplesOf, ({ id }) => choose(id));

async function open(work) {
  const found = await work();
  if (found && (!saving.isChanged || (await confirmed("Start from something else? This design is not saved yet.", "Start anyway")))) begin(found);
}

function begin({ design, origin }) {
  saving.begin(design, origin);
  history.replaceState(null, "", origin.name ? `/design?${origin.role}=${encodeURIComponent(origin.name)}` : "/design");
}

const ask = async () => {
  if (saving.isChanged && !(await confirmed("Start from something else? This design is not saved yet.", "Start anyway"))) return;
  askForStart(now, user, begin).catch((problem) => say(problem.message, "bad"));
};
const importing = () => open(async () => ({ design: await importFile(), origin: NOWHERE }));

fill($("#tools"),
  h("div", { class: "row" }, undo, redo),
  h("div", { class: "row" }, h("label", { for: "kind" }, "Kind"), kinds),
  h("div", { class: "row" }, button("Start from…", attempt(ask)), button("Import", attempt(importing)), button("Export", () => exportFile(store.design, saving.origin.name)), button("Copy link", attempt(() => copyLink(store.design)))));

// A button adds the chosen type: those who choose by the arrow keys pass all the others.
const adding = h("select", { id: "adding" }, facts.elements.map(({ type, words }) => h("option", { value: type }, words)));

function add(type) {
  try {
    // A gradient belongs behind the rest.
    const element = newElement(type);
    store.add([element]);
    if (type === "scrim") store.moveTo(element.id, 0);
  } catch (problem) {
    say(problem.message, "bad");
  }
}

const shift = (by) => () => store.moveTo(store.selectedId, store.design.elements.findIndex(({ id }) => id === store.selectedId) + by);
const [forward, backward] = [button("Forward", shift(1)), button("Backward", shift(-1))];
const actions = h("div", { class: "row actions" },
  button("Duplicate", attempt(async () => store.duplicate()), { title: "Ctrl+D" }),
  button("Copy", () => clipboard.copy(), { title: "Ctrl+C" }),
  forward, backward,
  button("Delete", () => store.remove(), { title: "Delete" }));
const SIDES = [["Left", "x", 0], ["Centre", "x", 0.5], ["Right", "x", 1], ["Top", "y", 0], ["Middle", "y", 0.5], ["Bottom", "y", 1]];
const aligning = h("div", { class: "row actions", role: "group", "aria-label": "Align" }, h("span", { class: "small" }, "Align"),
  SIDES.map(([words, axis, side]) => button(words, () => stage.align(axis, side))));
const panel = fieldPanel(store, actions, aligning);
store.onChange(() => { forward.disabled = backward.disabled = store.otherIds.length > 0; });

$("#layers").append(
  h("div", { class: "field" }, h("label", { for: "adding" }, "Add an element"), h("div", { class: "row nowrap" }, adding, button("Add", () => add(adding.value)))),
  layers.element,
  h("div", { class: "row" }, button("Artwork", () => store.select(null)), button("Paste", attempt(() => clipboard.paste()), { title: "Ctrl+V" })),
  spoken);
$("#stage").append(frame, picture.state, picture.problem);
$("#fields").append(panel.element);
$("#save").append(saving.element);

// Keys that work everywhere but in fields

document.addEventListener("keydown", (event) => {
  const isField = event.target.closest("input, select, textarea, dialog");
  const isCommand = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const does = isCommand
    ? { z: () => (event.shiftKey ? store.redo() : store.undo()), y: () => store.redo(), d: () => store.selected && trying(null, async () => store.duplicate()) }[key]
    : { delete: () => store.remove(), backspace: () => store.remove(), escape: () => store.select(null) }[key];
  if (!does || isField || event.altKey) return;
  event.preventDefault();
  does();
});

// Where it starts

function offerDraft() {
  const draft = earlierDraft();
  const place = $("#draft");
  place.hidden = draft === null;
  if (draft === null) return;
  const over = (work) => () => { work(); forgetDraft(draft.visit); saving.keepDraft(); offerDraft(); };
  const again = () => saving.begin(draft.design, draft.origin, draft.saved);
  fill(place, h("p", {}, `A design from ${moment(draft.at)} was not saved (${draft.words}).`),
    h("div", { class: "row" },
      h("button", { type: "button", class: "slim", onclick: over(again) }, "Continue with it"),
      button("Delete it", over(() => {}))));
}

async function start() {
  saving.user = user;
  try {
    const linked = designOfLink(location.hash);
    const { design, origin } = linked ? { design: linked, origin: NOWHERE } : await fromAddress(query, user);
    saving.begin(design, origin);
  } catch (problem) {
    say(problem.message, "bad");
    saving.begin(blankDesign(facts.kinds[0].kind), NOWHERE);
  }
}

await start();
offerDraft();
if (!isLetIn) {
  user = await signedIn("any", $("#sign-in"));
  isLetIn = true;
  if (saving.isChanged) {
    saving.user = user;
    saving.refresh();
    show();
  } else await start();
}
