// Stored pictures: search, details, redraw and purge.

import { facts, field, isAt, openDialog } from "./admin-dialog.js";
import { storedWords } from "./affected.js";
import { renewList, showList } from "./admin-lists.js";
import { lookWords } from "./admin-picture-list.js";
import { get, post } from "./api.js";
import { artworkStrip } from "./artwork-strip.js";
import { $, bytes, confirmed, copy, count, day, fill, h, moment, plural, say, trying } from "./dom.js";
import { form } from "./form.js";
import { TitleArtwork } from "./title-artwork.js";
import { titleSearch } from "./title-search.js";

const SITES = { imdb: "IMDb", tmdb: "TMDB", rt: "Rotten Tomatoes", rta: "RT audience", mc: "Metacritic", trakt: "Trakt", lb: "Letterboxd", mal: "MyAnimeList", mdblist: "MDBList", ebert: "Roger Ebert", mcu: "Metacritic users", anilist: "AniList", kitsu: "Kitsu" };
const CHECK_EVERY_MS = 1000;
const CHECKS = 30;
const CHOSEN_KINDS = ["poster", "logo", "backdrop"]; // whose artwork can be chosen

const ofTitles = new TitleArtwork();

$("#purge-open").addEventListener("click", () => { location.hash = "#pictures/purge"; });
titleSearch($("#pictures-q"), { isLoose: true, takes: "id", chosen: ({ id }) => { location.hash = `#pictures/${id}`; } });
$("#pictures-list").addEventListener("click", (event) => {
  const button = event.target.closest("[data-media]");
  if (button) location.hash = `#pictures/${button.dataset.hash}/${button.dataset.media}.${button.dataset.ext}`;
});

/** Show the pictures; #pictures/movie-19 shows those of one title, #pictures/purge and #pictures/{hash}/movie-19.jpg a dialog over them. */
export async function showPictures(rest) {
  const one = /^([0-9a-f]{32})\/(.+)\.([a-z]+)$/.exec(rest);
  const form = $("#pictures-search");
  const words = one || rest === "purge" ? "" : rest;
  if (words && form.elements.q.value !== words) {
    form.elements.q.value = words;
    form.elements.page.value = "1";
  }
  if (words || !one || !$("#pictures-list .pictures")) showList("pictures");
  showPurges();
  if (rest === "purge") openPurge();
  else if (one) await showPicture(...one.slice(1));
}

async function showPicture(hash, media, ext) {
  const address = `pictures/${hash}/${media}.${ext}`;
  const box = openDialog(media, { size: "wide", address });
  box.fill(h("p", { class: "reading" }, "Loading…"));
  const found = await trying(null, () => Promise.all([
    get(`/api/admin/titles/${encodeURIComponent(media)}`),
    get(`/api/admin/images?${new URLSearchParams({ q: hash, media })}`),
  ]));
  if (!found || !isAt(address)) return box.close();
  const [title, { images }] = found;
  const picture = images.find((each) => each.format === ext);
  if (!picture) {
    say("This picture is no longer stored.", "bad");
    return box.close();
  }
  picture.ext = ext;
  box.name(title.name || picture.media);
  const stored = title.images.find((each) => each.hash === picture.hash && each.ext === picture.ext);
  const image = h("img", { src: picture.url, alt: `${title.name || picture.media}, as it is stored` });
  const lifetime = h("dd", {}, "…");
  const isAcross = picture.kind !== "poster";
  const artwork = CHOSEN_KINDS.includes(picture.kind) && artworkOf(picture);
  fillDetails();
  tellLifetime(picture, stored, title, lifetime);

  function fillDetails() {
    box.fill(h("div", { class: isAcross ? "details across" : "details" },
      h("div", { class: `shown ${picture.kind}` }, image,
        h("div", { class: "row" },
          h("a", { class: "button quiet slim", href: picture.url, target: "_blank", rel: "noopener" }, "Open"),
          h("button", { type: "button", class: "quiet slim", onclick: () => copy(picture.url, "Address copied").catch(() => say("The browser does not allow copying.", "bad")) }, "Copy address"))),
      h("div", {},
        h("h3", {}, "This picture"),
        pictureFacts(picture, stored, lifetime),
        h("h3", {}, "Ratings by source"),
        heard(title),
        h("h3", {}, "The title"),
        titleFacts(title),
        artwork && h("h3", {}, "Its artwork"),
        artwork,
        h("div", { class: "danger-zone" },
          h("button", { type: "button", onclick: (event) => redraw(event.currentTarget) }, "Redraw"),
          h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, () => purge({ title: picture.media }, `Purge ${plural(title.images.length, "stored picture")} of “${title.name || picture.media}”?`, box)) }, "Purge the title"),
          h("button", { type: "button", class: "quiet", onclick: (event) => trying(event.currentTarget, async () => purge({ look: picture.hash }, `Purge ${await storedWords({ q: picture.hash })} with these settings?`, box)) }, "Purge these settings")))));
  }

  async function redraw(button) {
    const before = stored?.drawn_at;
    const asked = await trying(button, () => post("/api/admin/images/redraw", { hash: picture.hash, media: picture.media, ext: picture.ext }));
    if (!asked) return;
    say(asked.offer === "pending" ? "It is already being drawn." : "Queued. The new picture appears here when it is done.");
    button.disabled = true;
    const fresh = await drawn(picture, before);
    button.disabled = false;
    if (!fresh) return say("Not redrawn yet. Check the queue and the dead letters.", "bad");
    await fetch(picture.url, { cache: "reload" }).catch(() => {});
    image.src = "";
    image.src = picture.url;
    Object.assign(stored ?? {}, fresh);
    fillDetails();
    say("Redrawn.");
    renewList("pictures");
  }
}

// The title's pictures, one of which can be pinned for everybody.
function artworkOf({ kind, media }) {
  let file = "";
  const strip = artworkStrip({
    read: () => file,
    changed: (next) => { file = next; strip.refresh(); },
    artwork: {
      title: () => media,
      list: () => ofTitles.pictures(kind, media),
      thumb: (each) => ofTitles.art(kind, media, each),
      pins: { base: "/api/admin", whose: "everybody", kind },
    },
  });
  return strip.element;
}

// Returns the stored picture once it is newer, or null if that takes too long.
async function drawn(picture, before) {
  for (let attempt = 0; attempt < CHECKS; attempt += 1) {
    await new Promise((go) => setTimeout(go, CHECK_EVERY_MS));
    const title = await get(`/api/admin/titles/${encodeURIComponent(picture.media)}`).catch(() => null);
    const now = title?.images.find((each) => each.hash === picture.hash && each.ext === picture.ext);
    if (now && now.drawn_at !== before) return now;
  }
  return null;
}

function pictureFacts(picture, stored, lifetime) {
  const list = facts(
    ["Kind", `${picture.kind}, ${picture.size}, ${picture.ext}`],
    ["Size", stored && bytes(stored.bytes)],
    ["Drawn", stored && moment(stored.drawn_at)],
    ["Checked", stored && moment(stored.checked_at)],
    ["Look", [lookWords(picture.look), " ", picture.look !== null && h("a", { href: `/configure?${lookLink(picture)}` }, "Use this look")]],
    ["Settings", h("code", {}, picture.hash)]);
  list.append(h("dt", {}, "Lifetime"), lifetime);
  return list;
}

// The picture's own address names its title in a way that the configurator reads too.
function lookLink({ kind, url, look }) {
  const [type, , file] = new URL(url).pathname.split("/").slice(-3);
  const name = file.replace(/\.[a-z]+$/, "");
  const id = ["imdb", "tmdb"].includes(type) ? name : `${type}:${name}`;
  const title = new URLSearchParams({ [kind === "episode" ? "episode" : "id"]: id, kind });
  return look ? `${title}&${look}` : String(title);
}

async function tellLifetime(picture, stored, title, place) {
  const answer = await fetch(picture.url, { method: "HEAD", cache: "no-store" }).catch(() => null);
  const age = Number(/max-age=([0-9]+)/.exec(answer?.headers.get("Cache-Control") ?? "")?.[1] ?? NaN);
  fill(place, lifetimeWords(stored, title, answer?.ok ? age : NaN));
}

/** Explain how long a picture is cached. */
export function lifetimeWords(stored, title, maxAge) {
  const long = Number.isNaN(maxAge) ? "" : `Clients may keep it for ${span(maxAge)}. `;
  if (stored?.degraded) return `${long}It is incomplete because a source did not respond; it will be redrawn soon.`;
  if (!title.film_date) return `${long}The title has no date, so it is refreshed like a new one.`;
  const date = new Date(title.film_date);
  const when = day(title.film_date);
  if (date > new Date()) return `${long}The title comes out on ${when}, so it is refreshed like a new one.`;
  const years = (Date.now() - date) / 31_557_600_000;
  const what = title.last_aired ? "The series last aired on" : "The film is from";
  if (years >= 1) return `${long}${what} ${when}: its ratings have settled, so it is cached for the maximum time.`;
  return `${long}${what} ${when}: newer titles are refreshed more often because their ratings change faster.`;
}

function span(seconds) {
  const units = [[31_536_000, "year"], [86_400, "day"], [3600, "hour"], [60, "minute"]];
  for (const [size, word] of units) {
    if (seconds >= size) {
      const number = Math.round(seconds / size);
      return `${number} ${word}${number === 1 ? "" : "s"}`;
    }
  }
  return `${seconds} seconds`;
}

function heard(title) {
  if (!title.reports.length) return h("p", { class: "soft" }, "No source has reported ratings.");
  const rows = title.reports.map((report) => h("tr", {},
    h("th", { scope: "row" }, report.source, h("br"), h("span", { class: "soft small" }, moment(report.heard_at), report.is_fresh ? "" : ", older than a day")),
    h("td", {}, h("span", { class: "chips" },
      Object.entries(report.ratings).map(([site, rating]) => h("span", { class: `chip ${title.ratings[site]?.source === report.source ? "good" : ""}`, title: title.ratings[site]?.source === report.source ? "This rating is shown." : "Another source takes precedence." },
        `${SITES[site] ?? site} ${rating.value}${rating.votes ? ` (${count(rating.votes)})` : ""}`)),
      report.award && h("span", { class: "chip" }, `award: ${report.award}`),
      !Object.keys(report.ratings).length && !report.award && h("span", { class: "soft" }, "no ratings")))));
  return h("div", {}, h("div", { class: "table", tabIndex: 0, role: "region", "aria-label": "Ratings by source" }, h("table", {}, h("tbody", {}, rows))),
    h("p", { class: "small" }, "Green ratings are the ones that a picture drawn now would show, if its settings include them."));
}

function titleFacts(title) {
  return facts(
    ["Media id", h("code", {}, title.media)],
    ["Other ids", title.aliases.join(", ")],
    ["Released", title.released && day(title.released)],
    ["Last aired", title.last_aired && day(title.last_aired)],
    ["Status", title.status],
    ["Pictures", h("a", { href: `#pictures/${title.media}` }, `${count(title.images.length)} stored`)]);
}

async function purge(what, question, box) {
  if (!(await confirmed(`${question} They are redrawn at the next request.`, "Purge"))) return;
  await post("/api/admin/purge", what);
  say("Purge queued.");
  box.close();
  showPurges();
}

function openPurge() {
  const box = openDialog("Purge", { address: "pictures/purge" });
  const title = field("purge-title", "A title", { name: "title", placeholder: "Metropolis" }, "By title, id, or link. All of its pictures are removed.");
  titleSearch($("input", title), { isLoose: true, takes: "id", chosen: () => {} });
  const settings = field("purge-settings", "Settings", { name: "look", placeholder: "32 hex digits", maxlength: 32 }, "The hash in a picture’s address; removes all pictures with it.");
  const purging = (what, words, input, question) => form(async () => {
    const text = $("input", input).value.trim();
    if (text) await purge({ [what]: text }, `Purge ${await storedWords({ q: text })} ${question(text)}?`, box);
  }, {}, input, h("p", {}, h("button", { class: "quiet" }, words)));
  box.fill(
    h("p", {}, "Removes pictures from the storage, the caches and the CDN. They are redrawn at the next request."),
    purging("title", "Purge the title", title, (text) => `of ${text}`),
    purging("look", "Purge these settings", settings, (text) => `with the settings ${text.slice(0, 8)}…`),
    h("div", { class: "danger-zone" }, h("button", { type: "button", class: "danger", onclick: (event) => trying(event.currentTarget, async () => purge({ all: true }, `Purge everything: ${await storedWords({})}?`, box)) }, "Purge everything")));
}

let following = null;

async function showPurges() {
  clearTimeout(following);
  const answer = await get("/api/admin/purges").catch(() => null);
  const purges = answer?.purges.slice(0, 5) ?? [];
  fill($("#purges"), purges.length > 0 && [
    h("h2", {}, "Purges"),
    h("div", { class: "table" }, h("table", { class: "rows" },
      h("thead", {}, h("tr", {}, ["What", "Requested", "State", "Removed", "CDN"].map((word) => h("th", { scope: "col" }, word)))),
      h("tbody", {}, purges.map(purgeRow)))),
  ]);
  const goesOn = purges.some((each) => !["done", "failed"].includes(each.state));
  if (goesOn && !$("#section-pictures").hidden) {
    following = setTimeout(() => showPurges(), 2000);
  }
}

function purgeRow(each) {
  const what = each.scope === "all" ? "everything" : `${each.scope} ${each.targets.slice(0, 2).join(", ")}${each.targets.length > 2 ? ` and ${each.targets.length - 2} more` : ""}`;
  return h("tr", {}, h("th", { scope: "row" }, what),
    h("td", { "data-label": "Requested" }, moment(each.asked_at)),
    h("td", { "data-label": "State" }, h("span", { class: `chip ${each.state === "done" ? "good" : each.error ? "bad" : ""}` }, each.state), each.error && h("p", { class: "small" }, each.error)),
    h("td", { "data-label": "Removed", class: "number" }, count(each.removed)),
    h("td", { "data-label": "CDN" }, each.edge));
}
