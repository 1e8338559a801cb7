// Addresses of pictures and the configuration of each client, as text; nothing here touches the page.

const KEY = /^(?:(?:t[0-9]-)?(?:[0-9a-f]{64}|h[.-][0-9a-f]{32})|t0-free-rpdb)$/;
const IMDB = /^(?:episode-)?tt\d/i;
const SAFE = /^[A-Za-z0-9:-]{1,64}$/;
const NO_KEY = "YOUR-KEY";

/** Return whether a text looks like a key, a read-only key or the free key. */
export const isKey = (text) => KEY.test(text);

/** Return the type and the id of a title as an address has them, of what people write: tt0017136, tvdb:81189, movie-19. */
export function titleParts(text, other) {
  const word = text.trim();
  const named = /^(imdb|tmdb|tvdb):(.+)$/i.exec(word);
  const [type, id] = named ? [named[1].toLowerCase(), named[2].trim()] : [IMDB.test(word) ? "imdb" : "tmdb", word];
  return SAFE.test(id) ? { type, id } : titleParts(other, "tt0017136");
}

/**
 * Return all snippets: [{value, words, about, blocks: [{label, text}]}].
 * chosen is {origin, key, isOwn, profile, settings, kind, title, episode, format, fallback}; isOwn says that the key has the
 * settings that the page started from, and profile, {name, kind}, that one kind of them is a profile's.
 */
export function snippets(chosen) {
  return [plain, aioStreams, aioMetadata, nuvio, jellyfin, kometa, plex, html].map((make) => make(chosen));
}

/** Return the query of a kind's pictures in a style: what the key, or the profile of that name, does not say already. */
function query({ settings, fallback, isOwn }, kind, style = `${kind}-default`) {
  const layer = !isOwn ? settings.normal : style === `${kind}-default` ? settings.below : settings.start;
  return [settings.query(kind, layer), fallback && "fallback=true"].filter(Boolean).join("&");
}

const styleOf = ({ isOwn, profile }, kind) => (isOwn && profile?.kind === kind ? profile.name : `${kind}-default`);

function extension({ format }, kind) {
  return kind === "logo" && format === "jpg" ? "png" : format;
}

const base = ({ origin, key }) => `${origin}/${key || NO_KEY}`;

/** Return an address; type and id may be a client's placeholders. */
function address(chosen, kind, type, id) {
  const style = styleOf(chosen, kind);
  const asked = query(chosen, kind, style);
  return `${base(chosen)}/${type}/${style}/${id}.${extension(chosen, kind)}${asked && `?${asked}`}`;
}

/** Return the address of a kind's picture of the title that is shown. */
export function pictureAddress(chosen, kind = chosen.kind) {
  const { type, id } = kind === "episode" ? titleParts(chosen.episode, "tt0006206:1:1") : titleParts(chosen.title, "tt0017136");
  return address(chosen, kind, type, id);
}

function plain(chosen) {
  return {
    value: "address", words: "Address",
    about: "The picture above. Replace the id to get any other title.",
    blocks: [{ label: "Address of the picture", text: pictureAddress(chosen) }],
  };
}

function aioStreams(chosen) {
  return {
    value: "aiostreams", words: "AIOStreams",
    about: "Under posters, choose OpenPosterDB, which lets you name a server, and fill in:",
    blocks: [
      { label: "Base URL", text: chosen.origin },
      { label: "API key", text: chosen.key || NO_KEY },
      { label: "Query string", text: query(chosen, "poster") || "(leave empty: these are the default settings)" },
    ],
  };
}

function aioMetadata(chosen) {
  return {
    value: "aiometadata", words: "AIOMetadata",
    about: "Under art, choose a custom address for each picture. The braces are filled in by AIOMetadata; where a title has no IMDb id, it uses its own art.",
    blocks: [
      { label: "Poster", text: address(chosen, "poster", "imdb", "{imdb_id}") },
      { label: "Background", text: address(chosen, "backdrop", "imdb", "{imdb_id}") },
      { label: "Logo", text: address(chosen, "logo", "imdb", "{imdb_id}") },
      { label: "Episode thumbnail", text: address(chosen, "episode", "imdb", "{imdb_id}:{season}:{episode}") },
    ],
  };
}

function nuvio(chosen) {
  return {
    value: "nuvio", words: "Nuvio",
    about: "In the settings of posters, choose a custom address. The braces are filled in by Nuvio.",
    blocks: [
      { label: "Poster", text: address(chosen, "poster", "{id_type}", "{typed_id}") },
      { label: "Landscape", text: address(chosen, "backdrop", "{id_type}", "{typed_id}") },
    ],
  };
}

function jellyfin(chosen) {
  return {
    value: "jellyfin", words: "Jellyfin",
    about: "In the settings of the OpenPosterDB plugin. Its pictures then come first where you put it first among a library’s image fetchers.",
    blocks: [
      { label: "Base URL", text: chosen.origin },
      { label: "API key", text: chosen.key || NO_KEY },
      { label: "Extra query", text: query(chosen, chosen.kind) || "(leave empty: these are the default settings)" },
    ],
  };
}

function kometa(chosen) {
  const { id } = titleParts(chosen.title, "tt0017136");
  const lines = [
    "metadata:",
    `  ${yaml(id)}:`,
    `    url_poster: ${yaml(pictureAddress(chosen, "poster"))}`,
    `    url_background: ${yaml(pictureAddress(chosen, "backdrop"))}`,
  ];
  return {
    value: "kometa", words: "Kometa",
    about: "A metadata file has an entry for each title, by its id. For a whole library, fill Kometa’s assets folder with the loop under “Plex”.",
    blocks: [{ label: "metadata.yml", text: lines.join("\n") }],
  };
}

function plex(chosen) {
  const line = (kind, file) => `  picture "${address(chosen, kind, "imdb", "$id")}" "\${folder}${file}"`;
  const text = [
    "#!/bin/sh",
    "# Each film is in a folder such as: Metropolis (1927) {imdb-tt0017136}",
    'cd "${1:?where the films are}" || exit 1',
    "picture() {",
    '  curl -fsSL --retry 2 --max-time 60 -o "$2.new" "$1" && mv "$2.new" "$2" || rm -f "$2.new"',
    "}",
    "for folder in */; do",
    String.raw`  id=$(printf '%s' "$folder" | sed -n 's/.*{imdb-\(tt[0-9]*\)}.*/\1/p')`,
    '  [ -n "$id" ] || continue',
    line("poster", `poster.${extension(chosen, "poster")}`),
    line("backdrop", `fanart.${extension(chosen, "backdrop")}`),
    "done",
  ];
  return {
    value: "plex", words: "Plex",
    about: "Plex uses pictures that are stored next to a film, with “Local Media Assets” on. This loop fetches them; run it again, for example weekly, for new ratings.",
    blocks: [{ label: "pictures.sh", text: text.join("\n") }],
  };
}

function html(chosen) {
  const [width, height] = chosen.canvas;
  const text = `<img src="${escaped(pictureAddress(chosen))}" width="${width}" height="${height}" loading="lazy" alt="${escaped(chosen.name)}">`;
  return { value: "html", words: "HTML", about: "A picture on a page of your own.", blocks: [{ label: "HTML", text }] };
}

const yaml = (text) => JSON.stringify(text);

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
