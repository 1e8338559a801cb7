// Says what is not saved yet, and saves it: as a profile of the key, or for everybody as a preset.

import { put } from "./api.js";
import { confirmed, fill, h, say, trying } from "./dom.js";
import { asked } from "./key-prompt.js";
import { canonicalText, documentOf, facts, sizeOfText } from "./design-document.js";
import { loadPresets, loadProfiles } from "./design-start.js";
import { forgetDraft, keepDraft } from "./design-drafts.js";

const ROLES = { key: { role: "profile", load: loadProfiles, path: "/api/key/me/profiles/" }, admin: { role: "preset", load: loadPresets, path: "/api/admin/presets/" } };
const NAME = "a-z, 0-9, _ and -. In an address it takes the place of ";

export class Saving {
  /** user is {role, name}, or null; savedAs(origin) is called with where the design is saved now. */
  constructor(store, savedAs) {
    Object.assign(this, { store, savedAs, user: null, origin: { role: "", name: "" }, saved: "" });
    this.whose = h("strong", {});
    this.state = h("span", { class: "small", role: "status" });
    this.note = h("p", { class: "small", hidden: true });
    this.save = h("button", { type: "button", onclick: (event) => trying(event.currentTarget, () => this.keep(this.origin.name)).then(() => this.refresh()) });
    this.saveAs = h("button", { type: "button", class: "quiet", onclick: () => this.keepAs() });
    this.hint = h("p", { class: "small" }, "To save it, ", h("a", { href: "/key" }, "sign in with your key"), ". Links and files work without a key.");
    this.element = h("div", { class: "saving" }, h("p", {}, this.whose, " ", this.state), this.note, h("div", { class: "row" }, this.save, this.saveAs), this.hint);
    store.onChange(({ isDesign }) => isDesign && this.refresh());
    addEventListener("beforeunload", (event) => {
      if (!this.isChanged) return;
      this.keepDraft();
      event.preventDefault();
    });
    addEventListener("pagehide", () => this.keepDraft());
  }

  get isChanged() {
    return canonicalText(this.store.design) !== this.saved;
  }

  /** Take a design as it is saved, or with ``saved`` as what is saved of it. */
  begin(design, origin, saved = canonicalText(design)) {
    this.origin = origin;
    this.saved = saved;
    this.store.open(design);
  }

  keepDraft() {
    const isKept = this.isChanged ? keepDraft(this.store.design, this.origin, this.saved) : forgetDraft();
    return isKept;
  }

  refresh() {
    const { design } = this.store;
    const way = ROLES[this.user?.role];
    const isOwn = way && this.origin.role === way.role;
    const bytes = sizeOfText(canonicalText(design));
    const hidden = design.elements.filter(({ isHidden }) => isHidden).length;
    fill(this.whose, this.origin.name ? `${this.origin.role === "preset" ? "Preset" : "Profile"} “${this.origin.name}”` : "New design");
    fill(this.state, bytes > facts.most.bytes ? "too large: a design has at most 8 KB" : this.isChanged ? "not saved yet; kept in this browser" : this.origin.name ? "as saved" : "unchanged");
    this.note.hidden = hidden === 0;
    fill(this.note, `${hidden === 1 ? "One element is" : `${hidden} elements are`} hidden here only: saved designs are drawn with all elements.`);
    this.save.hidden = !isOwn;
    this.save.disabled = !this.isChanged;
    fill(this.save, way?.role === "preset" ? `Publish “${this.origin.name}”` : `Save to “${this.origin.name}”`);
    this.saveAs.hidden = !way;
    fill(this.saveAs, way?.role === "preset" ? "Publish as preset…" : "Save as profile…");
    this.hint.hidden = Boolean(way);
  }

  async keep(name) {
    const way = ROLES[this.user.role];
    const { design } = this.store;
    if (way.role === "preset" && !(await confirmed(`Publish the preset “${name}”? Everybody can use it, and pictures with it change.`, "Publish", { destroys: false }))) return null;
    await put(way.path + encodeURIComponent(name), { kind: design.kind, design: documentOf(design) });
    this.settle(design, { role: way.role, name });
    return this.origin;
  }

  settle(design, origin) {
    this.origin = origin;
    this.saved = canonicalText(design);
    this.keepDraft();
    this.savedAs(origin);
    this.refresh();
    say(origin.role === "preset" ? `The preset “${origin.name}” is published.` : `Saved as the profile “${origin.name}” of your key.`);
  }

  async keepAs() {
    const way = ROLES[this.user.role];
    const { design } = this.store;
    await asked({
      title: way.role === "preset" ? "Publish as a preset" : "Save as a profile",
      label: "Name",
      hint: NAME + (way.role === "preset" ? `${design.kind}-default, after “preset-”.` : `${design.kind}-default.`),
      yes: way.role === "preset" ? "Publish" : "Save",
      work: async (name) => {
        if ((await way.load(this.user)).some((each) => each.name === name)) throw new Error(`There is already a ${way.role} named ${name}.`);
        await put(way.path + encodeURIComponent(name), { kind: design.kind, design: documentOf(design) });
        this.settle(design, { role: way.role, name });
        return name;
      },
    });
  }
}
