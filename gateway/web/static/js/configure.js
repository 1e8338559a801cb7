// The configuration page: controls, preview and snippets.

import { who } from "./api.js";
import { $, copy, debounced, fill, h, say } from "./dom.js";
import { signedIn } from "./session.js";
import { buildControls } from "./configure-controls.js";
import { settingsHistory } from "./configure-history.js";
import { loadOwner } from "./configure-holder.js";
import { otherKinds } from "./configure-kinds.js";
import { presetGrid } from "./configure-presets.js";
import { PictureSettings } from "./configure-settings.js";
import { savingBar } from "./configure-save.js";
import { Preview } from "./configure-preview.js";
import { tabs } from "./configure-tabs.js";
import { buildTake } from "./configure-snippet-card.js";
import { buildChooser } from "./configure-title.js";
import { LivePictures } from "./live-pictures.js";
import { TitleArtwork, shownSites } from "./title-artwork.js";

const facts = JSON.parse($("#facts").textContent);
const LONGEST_ID = 100;
const ROOM = { logo: 0.75 }; // badges below a logo add height, for which the frame leaves room

const settings = new PictureSettings(facts);
const given = location.search; // the page rewrites its address
let owner = null;
await begin(await who().catch(() => null));
const now = readAddress();
const kindOf = (kind) => facts.kinds.find((one) => one.kind === kind);
const shapes = Object.fromEntries(facts.kinds.map(({ kind, canvas }) => [kind, [canvas.medium[0], canvas.medium[1] * (1 + (ROOM[kind] ?? 0))]]));
const preview = new Preview(shapes, () => markSites(now.kind, titleOf(), preview.address));
const ofTitles = new TitleArtwork();
const pictures = new LivePictures();
const form = $("#choices");
const controls = h("div", { class: "groups" });

/** Start from the settings of the user who is signed in, with what the address says on top. */
async function begin(user) {
  try {
    owner = await loadOwner(user, new URLSearchParams(given).get("profile"));
  } catch (refusal) {
    say(`Your saved settings could not be read: ${refusal.message}`, "bad");
  }
  if (owner?.role === "key") settings.startFrom(owner.overrides, owner.profile);
  settings.readLink(given, shownKind());
  if (settings.unknownPreset) say(`There is no preset named ${settings.unknownPreset}.`, "bad");
}

function shownKind() {
  const kind = new URLSearchParams(given).get("kind");
  return settings.kinds.includes(kind) ? kind : (owner?.profile?.kind ?? settings.kinds[0]);
}

function readAddress() {
  const query = new URLSearchParams(given);
  const id = (name) => (query.get(name) ?? "").trim().slice(0, LONGEST_ID);
  return { kind: shownKind(), film: id("id") || facts.films[0].id, episode: id("episode") || facts.episodes[0].id };
}

const titleOf = (kind = now.kind) => (kind === "episode" ? now.episode : now.film);
const isOfTitle = (kind) => kind !== "episode" || now.episode === firstEpisode(now.film);

// Of a series that is chosen, the first episode is shown too.
function firstEpisode(id) {
  const number = /^series-(\d+)$/.exec(id)?.[1];
  return number ? `episode-${number}-S1E1` : "";
}
const ofKind = (kind, titles) => titles.map((title) => ({ ...title, kind }));
const FILMS = ofKind("movie", facts.films);
const SEASONS = ofKind("season", facts.seasons);
const COLLECTIONS = ofKind("collection", facts.collections);
const SORTS = { poster: [FILMS, SEASONS, COLLECTIONS], backdrop: [FILMS, COLLECTIONS], episode: [ofKind("episode", facts.episodes)] };
const samplesOf = (kind) => SORTS[kind] ?? [FILMS];
const nameOf = (id) => chooser.nameOf(id);

// An unknown sample is replaced by the next one of its sort; a title that was chosen by id is not.
function titlesToTry() {
  const title = titleOf();
  const sort = samplesOf(now.kind).find((list) => list.some(({ id }) => id === title)) ?? [];
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
  const found = (title) => {
    if (kind !== now.kind || ![wanted, title].includes(titleOf())) return;
    if (title !== titleOf()) settle({ [kind === "episode" ? "episode" : "film"]: title });
    showSmall(title);
  };
  const shown = await preview.show(kind, titlesToTry(), settings.previewQuery(kind), `${kindOf(kind).words} of ${nameOf(wanted)}`, found);
  if (shown === null && !known) others.reserve([]); // without this picture, the others are not expected either
  if (!shown || kind !== now.kind || shown !== titleOf()) return;
  markSites(kind, shown, preview.address);
  const art = await ofTitles.art(kind, shown);
  if (art && kind === now.kind && shown === titleOf()) built.showArt(art);
}

// Which sources are marked is what the picture shows: not every title has a rating of each.
async function markSites(kind, title, address) {
  const sites = address.includes("/c/") ? await shownSites(address).catch(() => undefined) : undefined;
  if (kind === now.kind && title === titleOf() && address === preview.address) built.markSites(sites);
}

// Small pictures wait for the large one: only then is it known that there is such a title.
let known = "";
function showSmall(title) {
  if (title) known = title;
  const kinds = now.kind === "episode" ? [] : facts.kinds.map(({ kind }) => kind).filter((kind) => kind !== now.kind && isOfTitle(kind));
  if (known) others.show(kinds, titleOf, (kind) => settings.previewQuery(kind));
  else if (isLetIn) others.reserve(kinds);
  presets.show();
}

const artworkOf = (kind) => ({
  title: titleOf,
  list: () => ofTitles.pictures(kind, titleOf()),
  thumb: (file) => ofTitles.art(kind, titleOf(), file),
  pins: owner?.role === "key" && { base: "/api/key/me", whose: "my key", kind },
});

const showSoon = debounced(show, 250);

function remember() {
  history.replaceState(null, "", pageLink(owner?.profile?.name));
  back.disabled = settings.isUnchanged(now.kind);
  spread.disabled = settings.explicit(now.kind).length === 0;
  freehand.href = `/design?${new URLSearchParams([...(now.kind === "episode" ? [] : [["id", now.film]]), ...lookPairs()])}`;
  showPresetNote();
  take.refresh();
  saving.refresh();
  presets.refresh();
  past.note();
}

const lookPairs = () => (settings.presetOf(now.kind) ? [["preset", settings.presetOf(now.kind)]] : [["kind", now.kind], ...settings.explicit(now.kind)]);

function showPresetNote() {
  const name = settings.presetOf(now.kind);
  note.hidden = !name;
  if (!name) return;
  const words = facts.published[now.kind].find(({ value }) => value === name)?.words ?? name;
  fill(note, h("strong", {}, `“${words}” decides how the picture looks.`), " Only these details still apply. To change the rest, open the designer; to go back, choose one of the presets above.");
}

const rememberSoon = debounced(remember, 150);

// This page's address says what differs from the saved settings; a link for others says everything.
function pageLink(profile, pairsOf, below) {
  const usual = profile ? owner.profile.kind : facts.kinds[0].kind;
  const kept = {
    kind: now.kind === usual ? "" : now.kind,
    id: now.film === facts.films[0].id ? "" : now.film,
    episode: now.episode === facts.episodes[0].id ? "" : now.episode,
    profile,
  };
  const query = settings.link(kept, pairsOf, below);
  return `${location.pathname}${query && `?${query}`}`;
}

function changed() {
  rememberSoon();
  showSoon();
}

async function shareLink() {
  remember();
  try {
    await copy(new URL(pageLink("", (kind) => settings.explicit(kind), settings.normal), location.href).href, "Link copied");
  } catch (problem) {
    say(problem.message, "bad");
  }
}

function settle(other) {
  Object.assign(now, other);
  chooser.show(now.kind, titleOf(), isLetIn);
  remember();
}

function choose(kind) {
  const isOther = kind !== now.kind;
  if (isOther && (kind === "episode") !== (now.kind === "episode")) known = "";
  now.kind = kind;
  kinds.show(kind);
  if (isOther || !built) built = buildControls(controls, facts, settings, kind, changed, artworkOf(kind));
  settle({});
  showSmall("");
  show();
}

let built = null;
let isLetIn = Boolean(facts.free_key) || owner !== null;
const kinds = tabs({ label: "Kind of picture", panel: "frame", entries: facts.kinds.map(({ kind, words }) => [kind, words]), chosen: choose });
const chooser = buildChooser($("#chooser"), (kind) => samplesOf(kind).flat(), ({ id }) => {
  // A chosen picture is of the title before.
  if (now.kind !== "episode" && id !== now.film) for (const { kind } of facts.kinds) if (settings.get(kind, "art")) settings.set(kind, "art", "");
  known = "";
  const first = firstEpisode(id);
  if (now.kind === "episode") settle({ episode: first || id });
  else settle(first ? { film: id, episode: first } : { film: id });
  built.refresh();
  show();
});
const presets = presetGrid({ facts, shapes, pictures, read: () => ({ kind: now.kind, title: known, settings }), applied: () => rebuilt() });
const others = otherKinds({ words: (kind) => kindOf(kind).words, shapes, pictures, chosen: (kind) => choose(kind) });
const past = settingsHistory(settings, () => rebuilt());
const back = h("button", { type: "button", class: "quiet", onclick: () => { settings.reset(now.kind); rebuilt(); } }, "Reset to defaults");
const spread = h("button", { type: "button", class: "quiet", onclick: () => { settings.spread(now.kind); changed(); say("Applied to all types."); } }, "Apply to all types");
const freehand = h("a", { class: "button quiet", href: "/design" }, "Open in the designer");
const note = h("p", { class: "small", role: "status", hidden: true });
const share = h("button", { type: "button", class: "quiet", onclick: shareLink }, "Copy link");
const take = buildTake($("#take"), facts, () => ({
  settings, owner, kind: now.kind, title: now.film, episode: now.episode, name: `${kindOf(now.kind).words} of ${nameOf(titleOf())}`,
  canvas: kindOf(now.kind).canvas[settings.get(now.kind, "imageSize")],
}));

preview.element.prepend(h("div", { class: "shown" }, preview.frame, others.element));
$("#stage").append(kinds.element, preview.element);
$("#main").append(take.bar);
const saving = savingBar(() => ({ settings, kind: now.kind, owner }), (next) => {
  owner = next;
  if (owner.role === "key") settings.startFrom(owner.overrides, owner.profile);
  rebuilt();
}, rebuilt);
form.replaceChildren(
  h("section", { class: "starts", "aria-labelledby": "presets-title" },
    h("div", { class: "row apart nowrap" }, h("h2", { id: "presets-title" }, "Presets"), past.element), presets.element),
  h("h2", {}, "Details"), note, controls, h("div", { class: "row" }, back, spread, share, freehand), saving.element);
form.addEventListener("submit", (event) => event.preventDefault());

function rebuilt() {
  built.refresh();
  changed();
}

start();
if (!isLetIn) {
  await begin(await signedIn("any", $("#sign-in")));
  isLetIn = true;
  Object.assign(now, readAddress());
  built = null;
  start();
}

function start() {
  back.hidden = Boolean(owner); // the bar has a button for that
  choose(now.kind);
}
