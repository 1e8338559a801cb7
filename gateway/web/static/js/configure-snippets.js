// Addresses of pictures and the configuration of each client, as text; nothing here touches the page.

const KEY = /^(?:(?:t[0-9]-)?(?:[0-9a-f]{64}|h[.-][0-9a-f]{32})|t0-free-rpdb)$/;
const IMDB = /^(?:episode-|season-)?tt\d/i;
const SAFE = /^[A-Za-z0-9:-]{1,64}$/;
const NO_KEY = "YOUR-KEY";

/** Return whether a text looks like a key, a read-only key or the free key. */
export const isKey = (text) => KEY.test(text);

/** Return the type and the id of a title as an address has them, of what people write: tt0017136, tvdb:81189, kitsu:7442, movie-19. */
export function titleParts(text, other) {
  const word = text.trim();
  const named = /^(imdb|tmdb|tvdb|kitsu|anilist|mal|anidb):(.+)$/i.exec(word);
  const [type, id] = named ? [named[1].toLowerCase(), named[2].trim()] : [IMDB.test(word) ? "imdb" : "tmdb", word];
  return SAFE.test(id) ? { type, id } : titleParts(other, "tt0017136");
}

/**
 * Return all snippets: [{value, words, about, blocks: [{label, text}], main}]. A block without text is for a field that stays empty,
 * why says what else has to be done; main is the number of the block that carries the settings, 0 if it is not named.
 * chosen is {origin, key, isOwn, profile, settings, kind, title, episode, format, fallback}; isOwn says that the key has the
 * settings that the page started from, and profile, {name, kind}, that one kind of them is a profile's.
 */
export function snippets(chosen) {
  return [plain, aioStreams, aioMetadata, nuvio, harbor, discoverPlus, jellyfin, kometa, plex, html].map((make) => make(chosen));
}

/** Return the query of a kind's pictures in a style: what the key, or the profile of that name, does not say already. */
function query(chosen, kind, style = `${kind}-default`, isOfTitle = false) {
  const { settings, fallback, isOwn } = chosen;
  const isProfile = isOwn && style !== `${kind}-default` && !settings.presetOf(kind);
  const layer = isProfile ? settings.start : layerOf(chosen);
  const asked = isOfTitle ? settings.query(kind, layer) : settings.queryForAll(kind, layer);
  return [asked, fallback && "fallback=true"].filter(Boolean).join("&");
}

// What an address without parameters means: the key's settings, or the global ones.
const layerOf = ({ settings, isOwn }) => (isOwn ? settings.below : settings.normal);

function styleOf(chosen, kind) {
  const { settings, isOwn, profile } = chosen;
  if (hasPresetStyle(chosen, kind)) return `preset-${settings.presetOf(kind)}`;
  return isOwn && profile?.kind === kind && !settings.presetOf(kind) ? profile.name : `${kind}-default`;
}

// Clients whose addresses always say poster-default show a preset where it is the key's default.
const FIXED_STYLE = "This client cannot name a preset. Save it to your key: then every address of the key shows it.";
const ofFixedStyle = (chosen, text) => (hasPresetStyle(chosen, "poster") ? { text: "", why: FIXED_STYLE } : { text });
const hasPresetStyle = (chosen, kind) => chosen.settings.isPresetNamed(kind, layerOf(chosen));

/** Return whether an origin can be reached from its own computer only. */
export const isLoopback = (origin) => /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$/i.test(new URL(origin).hostname);

function extension({ format }, kind) {
  return kind === "logo" && format === "jpg" ? "png" : format;
}

const base = ({ origin, key }) => `${origin}/${key || NO_KEY}`;

/** Return an address; type and id may be a client's placeholders. */
function address(chosen, kind, type, id) {
  return styled(chosen, kind, styleOf(chosen, kind), type, id);
}

/** Return an address with the settings of a kind; shape is the word of its style, or a client's placeholder. A preset has its own. */
function shaped(chosen, kind, shape, type, id) {
  if (hasPresetStyle(chosen, kind)) return address(chosen, kind, type, id);
  return whole(chosen, kind, `${shape}-default`, type, id, query(chosen, kind));
}

function styled(chosen, kind, style, type, id, isOfTitle = false) {
  return whole(chosen, kind, style, type, id, query(chosen, kind, style, isOfTitle));
}

function whole(chosen, kind, style, type, id, asked) {
  return `${base(chosen)}/${type}/${style}/${id}.${extension(chosen, kind)}${asked && `?${asked}`}`;
}

/** Return the address of a kind's picture of the title that is shown. */
export function pictureAddress(chosen, kind = chosen.kind) {
  const { type, id } = kind === "episode" ? titleParts(chosen.episode, "tt0006206:1:1") : titleParts(chosen.title, "tt0017136");
  return styled(chosen, kind, styleOf(chosen, kind), type, id, true);
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
    value: "aiostreams", words: "AIOStreams", main: 2,
    about: "Under posters, choose OpenPosterDB, which lets you choose the server, and fill in:",
    blocks: [
      { label: "Base URL", text: chosen.origin },
      { label: "API key", text: chosen.key || NO_KEY },
      { label: "Query string", ...ofFixedStyle(chosen, query(chosen, "poster")) },
    ],
  };
}

function aioMetadata(chosen) {
  return {
    value: "aiometadata", words: "AIOMetadata",
    about: "Under art, choose a custom address for each picture. AIOMetadata fills in the braces; where a title has no such id, it uses its own art. For an anime catalogue, use the lines with the Kitsu id; anilist and {anilist_id}, mal and {mal_id}, anidb and {anidb_id} work the same way.",
    blocks: [
      { label: "Poster", text: address(chosen, "poster", "imdb", "{imdb_id}") },
      { label: "With art in the user’s language", text: withLanguage(address(chosen, "poster", "imdb", "{imdb_id}")) },
      { label: "Background", text: address(chosen, "backdrop", "imdb", "{imdb_id}") },
      { label: "Logo", text: address(chosen, "logo", "imdb", "{imdb_id}") },
      { label: "Episode thumbnail", text: address(chosen, "episode", "imdb", "{imdb_id}:{season}:{episode}") },
      { label: "Anime poster", text: address(chosen, "poster", "kitsu", "{kitsu_id}") },
      { label: "Anime background", text: address(chosen, "backdrop", "kitsu", "{kitsu_id}") },
      { label: "Anime episode thumbnail", text: address(chosen, "episode", "kitsu", "{kitsu_id}:{season}:{episode}") },
    ],
  };
}

const withLanguage = (url) => `${url}${url.includes("?") ? "&" : "?"}lang={language_short}`;

function nuvio(chosen) {
  return {
    value: "nuvio", words: "Nuvio",
    about: "In the poster settings, choose a custom address. Nuvio fills in the braces. One line serves posters and cards, both with the poster’s settings. If cards should differ, save the settings on your key and leave out everything from the question mark on.",
    blocks: [{ label: "Address", text: shaped(chosen, "poster", "{shape}", "{id_type}", "{typed_id}") }],
  };
}

function harbor(chosen) {
  return {
    value: "harbor", words: "Harbor",
    about: "In the poster settings, enter this as your own service. Harbor fills in the braces.",
    blocks: [{ label: "Address", text: address(chosen, "poster", "imdb", "{imdbId}") }],
  };
}

function discoverPlus(chosen) {
  return {
    value: "discover-plus", words: "Discover+",
    about: "Under artwork, choose a custom pattern for each picture. Discover+ fills in the braces; write them without a question mark, which it does not understand.",
    blocks: [
      ...[["Poster", "poster"], ["Backdrop", "backdrop"], ["Logo", "logo"]].map(([label, kind]) => (
        { label, text: address(chosen, kind, "{rating_id_type}", "{rating_id}") })),
      { label: "Landscape", text: shaped(chosen, "backdrop", "landscape", "{rating_id_type}", "{rating_id}") },
    ],
  };
}

function jellyfin(chosen) {
  return {
    value: "jellyfin", words: "Jellyfin", main: 2,
    about: "In the settings of the OpenPosterDB plugin, which must come first among a library’s image fetchers. It adds one query to every kind of picture; this one has the poster’s settings. Settings saved on your key can differ by kind and need no query.",
    blocks: [
      { label: "Base URL", text: chosen.origin },
      { label: "API key", text: chosen.key || NO_KEY },
      { label: "Extra query", ...ofFixedStyle(chosen, [chosen.settings.commonQuery("poster", layerOf(chosen)), chosen.fallback && "fallback=true"].filter(Boolean).join("&")) },
    ],
  };
}

// These read files by name, and not every one of them reads WebP.
const asJpeg = (chosen) => ({ ...chosen, format: "jpg" });

const PICTURE = [
  "picture() {",
  '  curl -fsSL --retry 2 --max-time 60 -o "$2.new" "$1" && mv "$2.new" "$2" || rm -f "$2.new"',
  "}",
];
const ID_OF_FOLDER = [
  String.raw`  id=$(printf '%s' "$folder" | sed -n 's/.*{imdb-\(tt[0-9]*\)}.*/\1/p')`,
  '  [ -n "$id" ] || continue',
];
const line = (chosen, kind, file) => `  picture "${address(asJpeg(chosen), kind, "imdb", "$id")}" "${file}"`;

function kometa(chosen) {
  return { value: "kometa", words: "Kometa", ...(ofSeasonOrCollection(chosen) ?? ofFilms(chosen)) };
}

// Kometa has no folder for these: an entry in its own files names the picture.
function ofSeasonOrCollection(chosen) {
  const { id } = titleParts(chosen.title, "tt0017136");
  const poster = `url_poster: ${yaml(pictureAddress(asJpeg(chosen), "poster"))}`;
  const background = `url_background: ${yaml(pictureAddress(asJpeg(chosen), "backdrop"))}`;
  const season = /^season-(.+)-S0*(\d+)$/i.exec(id);
  const collection = /^collection-(\d+)$/i.exec(id);
  if (!season && !collection) return null;
  const lines = season
    ? ["metadata:", `  ${yaml(season[1])}:`, "    seasons:", `      ${season[2]}:`, `        ${poster}`]
    : ["collections:", "  The name of the collection:", `    tmdb_collection: ${collection[1]}`, `    ${poster}`, `    ${background}`];
  const about = season ? "A metadata file has an entry for each series, by its id." : "A collection file has an entry for each collection.";
  return { about, blocks: [{ label: season ? "metadata.yml" : "collections.yml", text: lines.join("\n") }] };
}

const yaml = (text) => JSON.stringify(text);

function ofFilms(chosen) {
  const loop = [
    "#!/bin/sh",
    "# Each film is in a folder such as: Metropolis (1927) {imdb-tt0017136}",
    'cd "${1:?where the films are}" || exit 1',
    'assets=${2:?the asset directory of Kometa, as an absolute path}',
    ...PICTURE,
    "for folder in */; do",
    ...ID_OF_FOLDER,
    '  mkdir -p "$assets/$folder"',
    line(chosen, "poster", "$assets/${folder}poster.jpg"),
    line(chosen, "backdrop", "$assets/${folder}background.jpg"),
    "done",
  ];
  const config = [
    "libraries:",
    "  Movies:",
    "    settings:",
    "      asset_directory: config/assets",
    "      asset_folders: true",
    "    operations:",
    "      assets_for_all: true",
  ];
  return {
    about: "Kometa takes pictures from its asset directory: this loop fetches them, and the lines in config.yml tell Kometa to use them for every film. Run the loop again, for example weekly, for new ratings.",
    blocks: [{ label: "assets.sh", text: loop.join("\n") }, { label: "config.yml", text: config.join("\n") }],
  };
}

function plex(chosen) {
  const text = [
    "#!/bin/sh",
    "# Each film is in a folder such as: Metropolis (1927) {imdb-tt0017136}",
    'cd "${1:?where the films are}" || exit 1',
    ...PICTURE,
    "for folder in */; do",
    ...ID_OF_FOLDER,
    line(chosen, "poster", "${folder}poster.jpg"),
    line(chosen, "backdrop", "${folder}fanart.jpg"),
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

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
