// The settings of each kind of picture, and how they are written in a picture's address and in this page's address.

import { defaultsOf, encoded, insets, textOf, valueOf } from "./configure-values.js";
import { presetNamed } from "./settings.js";

const OF_THE_ART = ["art", "lang", "region", "image_source", "imageSize"]; // what a preset leaves as it is
const INSETS = ["edge_inset", "edge_inset_x", "edge_inset_y"];
const same = (one, other) => String(one) === String(other);

const withoutArt = (pairs) => pairs.filter(([name]) => name !== "art");
const written = (pairs) => pairs.map(([name, text]) => `${name}=${encoded(text)}`).join("&");

export class PictureSettings {
  /** @param facts what the service says of parameters: see gateway/web/controls.py */
  constructor(facts) {
    this.controls = facts.controls;
    this.kinds = facts.kinds.map(({ kind }) => kind);
    this.published = facts.published; // by kind: the presets that an address names as its style
    this.besidePreset = facts.beside_preset; // what counts beside one of those
    this.sites = facts.sites.map(({ value }) => value);
    this.usual = facts.usual_sites; // the others are shown only if they are named
    this.normal = Object.fromEntries(this.kinds.map((kind) => [kind, defaultsOf(facts.controls, kind)])); // the global settings
    this.below = structuredClone(this.normal); // what an address of the key in use gets where it says nothing
    this.start = structuredClone(this.normal); // what the page started from: the key's settings, or a profile's
    this.chosen = structuredClone(this.normal);
  }

  get(kind, name) {
    // One slider sets both insets; if they differ it shows the first.
    return this.chosen[kind][name === "edge_inset" ? "edge_inset_x" : name];
  }

  set(kind, name, value) {
    assign(this.chosen[kind], name, value);
  }

  /**
   * Start from what is saved: a key's overrides of all kinds, {kind: {name: value}}, and those of a profile, {kind, settings}.
   * What was changed on the page since it started stays changed.
   */
  startFrom(overrides, profile) {
    for (const kind of this.kinds) {
      const below = this.over(kind, this.normal[kind], overrides[kind] ?? {});
      below.preset = presetNamed(overrides.default_profile?.[kind]);
      const start = profile?.kind === kind ? { ...this.over(kind, below, profile.settings), preset: "" } : structuredClone(below);
      const isTouched = (name) => !same(this.chosen[kind][name], this.start[kind][name]);
      this.chosen[kind] = Object.fromEntries(
        Object.entries(structuredClone(start)).map(([name, value]) => [name, isTouched(name) ? this.chosen[kind][name] : value]));
      this.below[kind] = below;
      this.start[kind] = start;
    }
  }

  /** Take these settings of all kinds as the saved ones. */
  settle(settings) {
    this.below = structuredClone(settings);
    this.start = structuredClone(settings);
  }

  /** Return what a kind's settings become with overrides, {name: value}, on top. */
  over(kind, base, overrides) {
    const chosen = structuredClone(base);
    for (const { name } of this.controls) {
      const value = overrides[name];
      if (value !== undefined && value !== null) this.readInto(chosen, kind, name, textOf(value));
    }
    return chosen;
  }

  /** Return a kind to what the page started from. */
  reset(kind) {
    this.chosen[kind] = structuredClone(this.start[kind]);
  }

  isUnchanged(kind) {
    return this.chosen[kind].preset === this.start[kind].preset && Object.keys(this.changes(kind)).length === 0;
  }

  /** Return the published preset that is chosen for a kind; empty if its looks come from parameters. */
  presetOf(kind) {
    return this.chosen[kind].preset;
  }

  /** Return whether addresses of a kind have to name the preset: it is not what they get anyway. */
  isPresetNamed(kind, layer) {
    return this.chosen[kind].preset !== "" && this.chosen[kind].preset !== layer[kind].preset;
  }

  /** Choose a published preset; what was chosen by parameters is kept for the time after it. */
  choosePreset(kind, name) {
    this.chosen[kind] = { ...this.chosen[kind], preset: name };
  }

  /** Return what to save of a kind on top of a layer: the value of each parameter that was changed, or null where the layer has it. */
  changes(kind, layer = this.start) {
    const changed = new Map(this.pairs(kind, this.start));
    const wanted = new Map(this.pairs(kind, layer));
    for (const [name, value] of Object.entries(this.chosen[kind])) {
      if (value === "" && this.start[kind][name] !== "" && this.counts(this.chosen[kind], name)) changed.set(name, null);
    }
    // The three insets set each other, so all of them are saved if one is changed.
    if (INSETS.some((name) => changed.has(name))) for (const name of INSETS) changed.set(name, null);
    return Object.fromEntries([...changed.keys()].map((name) => [name, wanted.get(name) ?? null]));
  }

  // A published preset leaves little to parameters; its own name is none.
  counts(now, name) {
    return name !== "preset" && (now.preset === "" || this.besidePreset.includes(name));
  }

  /** Return the same without a chosen picture, which other titles cannot have. */
  changesForAll(kind, layer) {
    const changed = this.changes(kind, layer);
    if (changed.art) delete changed.art;
    return changed;
  }

  /** Copy a kind's settings to all other kinds that have them. */
  spread(kind) {
    const pairs = withoutArt(this.explicit(kind));
    for (const other of this.kinds) {
      if (other !== kind) for (const [name, text] of pairs) this.read(other, name, text);
    }
  }

  /** Return what a kind's settings become with a preset's parameters, {name: text}: the look is the preset's, the art stays. */
  withPreset(kind, parameters) {
    const kept = Object.fromEntries(OF_THE_ART.filter((name) => name in this.chosen[kind]).map((name) => [name, this.chosen[kind][name]]));
    return this.over(kind, { ...this.normal[kind], ...kept }, parameters);
  }

  /** Take settings of a kind as a whole. */
  choose(kind, chosen) {
    this.chosen[kind] = chosen;
  }

  /** Return whether settings of a kind are those that are chosen. */
  isChosen(kind, settings) {
    return Object.entries(settings).every(([name, value]) => same(value, this.chosen[kind][name]));
  }

  /** Return the query of settings of a kind on top of the global ones, with other pairs, "name=text", in place of its own. */
  queryOf(kind, settings, instead = "") {
    const [name] = instead.split("=");
    return [written(this.pairs(kind, this.normal, settings).filter(([each]) => each !== name)), instead].filter(Boolean).join("&");
  }

  /** Return what differs from a layer, as pairs of name and text; of what is chosen, or of other settings. */
  pairs(kind, layer = this.normal, now = this.chosen[kind]) {
    const normal = layer[kind];
    if (now.preset) return this.plainPairs(normal, now);
    const special = { ratings_order: "", ratings_exclude: "", edge_inset: "", edge_inset_x: "", edge_inset_y: "" };
    return [...this.ratings(now, normal), ...insets(now, normal), ...this.plainPairs(normal, now, special)];
  }

  plainPairs(normal, now, special = {}) {
    const isPair = ({ name }) => !(name in special) && name in now && this.counts(now, name) && !same(now[name], normal[name]) && now[name] !== "";
    return this.controls.filter(isPair).map(({ name }) => [name, textOf(now[name])]);
  }

  /** Return the same without what is about one title only, which other titles cannot have. */
  pairsForAll(kind, layer = this.normal) {
    return withoutArt(this.pairs(kind, layer));
  }

  /** Return everything that somebody else needs to see the same, and what was changed on this page. */
  explicit(kind) {
    return [...new Map([...this.pairs(kind), ...this.pairs(kind, this.start)])];
  }

  /** Return the part of a kind's query that no kind refuses, for clients that add one query to all pictures. */
  commonQuery(kind, layer) {
    const isFine = ([name, text]) => {
      const { bounds } = this.controls.find((one) => one.name === name);
      return Object.values(bounds).every((each) => valueOf(each, text, this.sites) !== undefined);
    };
    return written(this.pairsForAll(kind, layer).filter(isFine));
  }

  /** Return the query of a kind's pictures of all titles on top of a layer, without a question mark. */
  queryForAll(kind, layer = this.normal) {
    return written(this.pairsForAll(kind, layer));
  }

  /** Return the query of a kind's preview, which is on top of the global settings and names a published preset. */
  previewQuery(kind) {
    return [this.presetOf(kind) && `preset=${this.presetOf(kind)}`, this.query(kind)].filter(Boolean).join("&");
  }

  /** Return the query of a kind's picture of the title that is shown, on top of a layer, without a question mark. */
  query(kind, layer = this.normal) {
    return written(this.pairs(kind, layer));
  }

  // Parameters in the same link are of another look, unless they count beside the preset.
  readPreset(kind, name) {
    if (name === "" || this.published[kind].some(({ value }) => value === name)) this.choosePreset(kind, name);
    else if (name !== undefined) this.unknownPreset = name;
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
    this.readInto(this.chosen[kind], kind, name, text);
  }

  readInto(chosen, kind, name, text) {
    const control = this.controls.find((one) => one.name === name);
    const bounds = control?.bounds[kind];
    const value = bounds && valueOf(bounds, text, this.sites);
    if (value === undefined) return;
    if (name === "ratings_order") this.name(chosen, value);
    else if (name === "ratings_exclude") assign(chosen, name, [...new Set([...value, ...this.unnamed(chosen)])]);
    else assign(chosen, name, value);
  }

  /** Return the sites that are off because they are shown only if they are named. */
  unnamed(chosen) {
    return chosen.ratings_exclude.filter((site) => !this.usual.includes(site));
  }

  /** Put these sites first; those that are shown only if they are named are switched off unless they are. */
  name(chosen, named) {
    const off = chosen.ratings_exclude.filter((site) => this.usual.includes(site));
    const unnamed = this.sites.filter((site) => !this.usual.includes(site) && !named.includes(site));
    chosen.ratings_order = [...new Set([...named, ...this.sites])];
    chosen.ratings_exclude = [...off, ...unnamed];
  }

  /** Return a query string of this page; kept has what else goes into it, pairsOf(kind) what each kind has in it. */
  link(kept, pairsOf = (kind) => this.pairs(kind, this.start), below = this.start) {
    const pairs = Object.entries(kept).filter(([, text]) => text);
    for (const kind of this.kinds) {
      const { preset } = this.chosen[kind];
      if (preset !== below[kind].preset) pairs.push([`${kind}.preset`, preset]); // none where the layer has one is empty
      pairs.push(...pairsOf(kind).map(([name, text]) => [`${kind}.${name}`, text]));
    }
    return pairs.map(([name, text]) => `${name}=${encoded(text)}`).join("&");
  }

  /** Apply a link to this page: parameters prefixed with their kind, or else of the kind that it shows. */
  readLink(search, shown) {
    const given = new Map(new URLSearchParams(search));
    for (const kind of this.kinds) this.readPreset(kind, given.get(`${kind}.preset`) ?? (kind === shown ? given.get("preset") : undefined));
    for (const { name } of this.controls) {
      if (given.has(name)) this.read(shown, name, given.get(name));
      for (const kind of this.kinds) {
        if (given.has(`${kind}.${name}`)) this.read(kind, name, given.get(`${kind}.${name}`));
      }
    }
  }
}

function assign(chosen, name, value) {
  chosen[name] = value;
  if (name === "edge_inset") chosen.edge_inset_x = chosen.edge_inset_y = value;
}
