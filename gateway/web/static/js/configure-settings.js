// The settings of each kind of picture, and how they are written in a picture's address and in this page's address.

const TRUE = ["true", "1", "yes", "on"];
const FALSE = ["false", "0", "no", "off"];
const same = (one, other) => String(one) === String(other);

const written = (pairs) => pairs.map(([name, text]) => `${name}=${encoded(text)}`).join("&");

export class PictureSettings {
  /** @param facts what the service says of parameters: see gateway/web/parameters.py */
  constructor(facts) {
    this.controls = facts.controls;
    this.kinds = facts.kinds.map(({ kind }) => kind);
    this.sites = facts.sites.map(({ value }) => value);
    this.usual = facts.usual_sites; // the others are shown only if they are named
    this.normal = Object.fromEntries(this.kinds.map((kind) => [kind, defaultsOf(facts.controls, kind)]));
    this.chosen = structuredClone(this.normal);
  }

  get(kind, name) {
    // One slider sets both insets; if they differ it shows the first.
    return this.chosen[kind][name === "edge_inset" ? "edge_inset_x" : name];
  }

  set(kind, name, value) {
    const chosen = this.chosen[kind];
    chosen[name] = value;
    if (name === "edge_inset") chosen.edge_inset_x = chosen.edge_inset_y = value;
  }

  /** Reset a kind. */
  reset(kind) {
    this.chosen[kind] = structuredClone(this.normal[kind]);
  }

  isNormal(kind) {
    return this.pairs(kind).length === 0;
  }

  /** Copy a kind's settings to all other kinds that have them. */
  spread(kind) {
    const pairs = this.pairsForAll(kind);
    for (const other of this.kinds) {
      if (other !== kind) for (const [name, text] of pairs) this.read(other, name, text);
    }
  }

  /** Return what differs from the defaults, as pairs of name and text. */
  pairs(kind) {
    const now = this.chosen[kind];
    const normal = this.normal[kind];
    const special = { ratings_order: "", ratings_exclude: "", edge_inset: "", edge_inset_x: "", edge_inset_y: "" };
    const pairs = [...this.ratings(now, normal), ...insets(now, normal)];
    for (const { name } of this.controls) {
      if (name in special || !(name in now) || same(now[name], normal[name]) || now[name] === "") continue;
      pairs.push([name, textOf(now[name])]);
    }
    return pairs;
  }

  /** Return the same without what is about one title only, which other titles cannot have. */
  pairsForAll(kind) {
    return this.pairs(kind).filter(([name]) => name !== "art");
  }

  /** Return the query of a kind's pictures of all titles, without a question mark. */
  queryForAll(kind) {
    return written(this.pairsForAll(kind));
  }

  /** Return the query of a kind's picture of the title that is shown, without a question mark. */
  query(kind) {
    return written(this.pairs(kind));
  }

  ratings(now, normal) {
    const isUsual = (site) => this.usual.includes(site);
    const off = now.ratings_exclude.filter(isUsual);
    const without = (order) => order.filter((site) => !off.includes(site));
    const kept = now.ratings_order.filter((site) => !now.ratings_exclude.includes(site));
    const unasked = without(normal.ratings_order.filter((site) => isUsual(site) || !normal.ratings_exclude.includes(site)));
    const pairs = [];
    if (kept.length && !same(kept, unasked)) {
      // The usual sites that are not named follow in their order, so as few as possible are named.
      const isEnough = (named) => same(kept, without([...new Set([...named, ...this.usual])]));
      let count = 1;
      while (!isEnough(kept.slice(0, count))) count += 1;
      pairs.push(["ratings_order", kept.slice(0, count).join(",")]);
    }
    if (!same([...off].sort(), normal.ratings_exclude.filter(isUsual).sort())) {
      // An empty text would be ignored; a lone comma is an empty list.
      pairs.push(["ratings_exclude", off.join(",") || ","]);
    }
    return pairs;
  }

  /** Parse a parameter; unknown ones, and those that the kind lacks, are ignored. */
  read(kind, name, text) {
    const control = this.controls.find((one) => one.name === name);
    const bounds = control?.bounds[kind];
    const value = bounds && valueOf(bounds, text, this.sites);
    if (value === undefined) return;
    if (name === "ratings_order") this.name(kind, value);
    else if (name === "ratings_exclude") this.set(kind, name, [...new Set([...value, ...this.unnamed(kind)])]);
    else this.set(kind, name, value);
  }

  /** Return the sites that are off because they are shown only if they are named. */
  unnamed(kind) {
    return this.chosen[kind].ratings_exclude.filter((site) => !this.usual.includes(site));
  }

  /** Put these sites first; those that are shown only if they are named are switched off unless they are. */
  name(kind, named) {
    const off = this.chosen[kind].ratings_exclude.filter((site) => this.usual.includes(site));
    const unnamed = this.sites.filter((site) => !this.usual.includes(site) && !named.includes(site));
    this.set(kind, "ratings_order", [...new Set([...named, ...this.sites])]);
    this.set(kind, "ratings_exclude", [...off, ...unnamed]);
  }

  /** Return the query string of this page for all settings; kept has what else goes into it. */
  link(kept) {
    const pairs = Object.entries(kept).filter(([, text]) => text);
    for (const kind of this.kinds) {
      pairs.push(...this.pairs(kind).map(([name, text]) => [`${kind}.${name}`, text]));
    }
    return pairs.map(([name, text]) => `${name}=${encoded(text)}`).join("&");
  }

  /** Apply a link to this page: parameters prefixed with their kind, or else of the kind that it shows. */
  readLink(search, shown) {
    const given = new Map(new URLSearchParams(search));
    for (const { name } of this.controls) {
      if (given.has(name)) this.read(shown, name, given.get(name));
      for (const kind of this.kinds) {
        if (given.has(`${kind}.${name}`)) this.read(kind, name, given.get(`${kind}.${name}`));
      }
    }
  }
}

// An empty text would be ignored.
const textOf = (value) => (Array.isArray(value) ? value.join(",") || "none" : String(value));

function defaultsOf(controls, kind) {
  const own = controls.filter(({ kinds }) => kinds.includes(kind));
  return Object.fromEntries(own.map(({ name, defaults }) => [name, structuredClone(defaults[kind])]));
}

function insets(now, normal) {
  const pairs = [["edge_inset_x", now.edge_inset_x], ["edge_inset_y", now.edge_inset_y]];
  const other = pairs.filter(([name, value]) => value !== normal[name]);
  if (!other.length) return [];
  return now.edge_inset_x === now.edge_inset_y ? [["edge_inset", String(now.edge_inset_x)]] : other.map(([name, value]) => [name, String(value)]);
}

function valueOf({ control, choices, lowest, highest, pattern }, given, sites) {
  const text = given.trim();
  const word = text.toLowerCase();
  switch (control) {
    case "switch":
      return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined;
    case "segments":
      return choices.some(({ value }) => value === word) ? word : undefined;
    case "slider":
      return /^\d{1,3}$/.test(text) && Number(text) >= lowest && Number(text) <= highest ? Number(text) : undefined;
    case "sites":
      return [...new Set(word.split(","))].filter((site) => sites.includes(site));
    case "picks":
      return word === "none" ? [] : [...new Set(word.split(","))].filter((each) => choices.some(({ value }) => value === each)).slice(0, highest);
    case "list": {
      const words = [...new Set(word.split(","))].filter((one) => choices.some(({ value }) => value === one));
      return words.length ? words : word === "none" ? ["none"] : undefined;
    }
    case "text":
      return text.length >= lowest && text.length <= highest && new RegExp(pattern).test(text) ? text : undefined;
    default:
      return undefined;
  }
}

const encoded = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");
