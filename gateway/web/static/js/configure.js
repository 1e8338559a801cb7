// The configuration page: controls, preview and snippets.

import { $, copy, debounced, h, say } from "./dom.js";
import { signedIn } from "./session.js";
import { buildControls } from "./configure-controls.js";
import { PictureSettings } from "./configure-settings.js";
import { offerSaving } from "./configure-save.js";
import { Preview } from "./configure-preview.js";
import { tabs } from "./configure-tabs.js";
import { buildTake } from "./configure-snippet-card.js";
import { buildChooser } from "./configure-title.js";

const facts = JSON.parse($("#facts").textContent);
const LONGEST_ID = 100;
const ROOM = { logo: 0.75 }; // badges below a logo add height, for which the frame leaves room

const settings = new PictureSettings(facts);
const now = readAddress();
const kindOf = (kind) => facts.kinds.find((one) => one.kind === kind);
const shapes = Object.fromEntries(facts.kinds.map(({ kind, canvas }) => [kind, [canvas.medium[0], canvas.medium[1] * (1 + (ROOM[kind] ?? 0))]]));
const preview = new Preview(shapes);
const form = $("#choices");
const controls = h("div", { class: "groups" });

function readAddress() {
  const given = new URLSearchParams(location.search);
  const kinds = facts.kinds.map(({ kind }) => kind);
  const kind = kinds.includes(given.get("kind")) ? given.get("kind") : kinds[0];
  const id = (name) => (given.get(name) ?? "").trim().slice(0, LONGEST_ID);
  settings.readLink(location.search, kind);
  return { kind, film: id("id") || facts.films[0].id, episode: id("episode") || facts.episodes[0].id };
}

const titleOf = () => (now.kind === "episode" ? now.episode : now.film);
const FILMS = ["Films", facts.films];
const COLLECTIONS = ["Collections", facts.collections];
const GROUPS = { poster: [FILMS, ["Seasons", facts.seasons], COLLECTIONS], backdrop: [FILMS, COLLECTIONS], episode: [["Episodes", facts.episodes]] };
const samplesOf = (kind) => GROUPS[kind] ?? [FILMS];

function nameOf(id) {
  const sample = [...facts.films, ...facts.seasons, ...facts.collections, ...facts.episodes].find((one) => one.id === id);
  return sample ? `${sample.name} (${sample.year})` : id;
}

// An unknown sample is replaced by the next one of its sort; a title that was chosen by id is not.
function titlesToTry() {
  const title = titleOf();
  const sort = samplesOf(now.kind).find(([, list]) => list.some(({ id }) => id === title))?.[1] ?? [];
  const samples = sort.map(({ id }) => id);
  return samples.includes(title) ? [title, ...samples.filter((id) => id !== title)].slice(0, 3) : [title];
}

async function show() {
  if (!isLetIn) {
    preview.wait(now.kind, "Sign in to see a preview.");
    return;
  }
  const { kind } = now;
  const wanted = titleOf();
  const shown = await preview.show(kind, titlesToTry(), settings.query(kind), `${kindOf(kind).words} of ${nameOf(wanted)}`);
  if (shown === undefined || kind !== now.kind || wanted !== titleOf()) return;
  if (shown !== wanted) settle({ [kind === "episode" ? "episode" : "film"]: shown });
  const art = await preview.art(kind, shown);
  if (art && kind === now.kind && shown === titleOf()) built.showArt(art);
}

const artworkOf = (kind) => ({
  title: titleOf,
  list: () => preview.pictures(kind, titleOf()),
  thumb: (file) => preview.art(kind, titleOf(), file),
});

const showSoon = debounced(show, 250);

function remember() {
  const link = pageLink();
  history.replaceState(null, "", link);
  back.disabled = spread.disabled = settings.isNormal(now.kind);
  take.refresh();
}

const rememberSoon = debounced(remember, 150);

function pageLink() {
  const kept = {
    kind: now.kind === facts.kinds[0].kind ? "" : now.kind,
    id: now.film === facts.films[0].id ? "" : now.film,
    episode: now.episode === facts.episodes[0].id ? "" : now.episode,
  };
  const query = settings.link(kept);
  return `${location.pathname}${query && `?${query}`}`;
}

function changed() {
  rememberSoon();
  showSoon();
}

async function shareLink() {
  remember();
  try {
    await copy(location.href, "Link copied");
  } catch {
    say("Your browser allows copying over https only. The link is in the address bar.", "bad");
  }
}

function settle(other) {
  Object.assign(now, other);
  chooser.show(now.kind, titleOf());
  remember();
}

function choose(kind) {
  const isOther = kind !== now.kind;
  now.kind = kind;
  kinds.show(kind);
  if (isOther || !built) built = buildControls(controls, facts, settings, kind, changed, artworkOf(kind));
  settle({});
  show();
}

let built = null;
let isLetIn = Boolean(facts.free_key);
const kinds = tabs({ label: "Kind of picture", panel: "frame", entries: facts.kinds.map(({ kind, words }) => [kind, words]), chosen: choose });
const chooser = buildChooser($("#chooser"), samplesOf, (id) => {
  // A chosen picture is of the title before.
  if (now.kind !== "episode" && id !== now.film) for (const { kind } of facts.kinds) if (settings.get(kind, "art")) settings.set(kind, "art", "");
  settle(now.kind === "episode" ? { episode: id } : { film: id });
  built.refresh();
  show();
});
const back = h("button", { type: "button", class: "quiet", onclick: () => { settings.reset(now.kind); built.refresh(); changed(); } }, "Reset to defaults");
const spread = h("button", { type: "button", class: "quiet", onclick: () => { settings.spread(now.kind); changed(); say("Applied to all types."); } }, "Apply to all types");
const share = h("button", { type: "button", class: "quiet", onclick: shareLink }, "Copy link");
const take = buildTake($("#take"), facts, () => ({
  settings, kind: now.kind, title: now.film, episode: now.episode, name: `${kindOf(now.kind).words} of ${nameOf(titleOf())}`,
  canvas: kindOf(now.kind).canvas[settings.get(now.kind, "imageSize")],
}));

$("#stage").append(kinds.element, preview.element);
const ways = h("div", { class: "row" }, back, spread, share);
form.replaceChildren(controls, ways);
const saving = offerSaving(ways, () => ({ settings, kind: now.kind }));
form.addEventListener("submit", (event) => event.preventDefault());

choose(now.kind);
if (!isLetIn) {
  await signedIn("any", $("#sign-in"));
  isLetIn = true;
  await saving;
  await offerSaving(ways, () => ({ settings, kind: now.kind }));
  await show();
}
