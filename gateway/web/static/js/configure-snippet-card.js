// Snippets for each client, with a key that is kept only in this page's memory.

import { copy, fill, h, say, trying } from "./dom.js";
import { EMPTY, copyBar } from "./configure-bar.js";
import { isKey, isLoopback, snippets } from "./configure-snippets.js";
import { tabs } from "./configure-tabs.js";
import { issueShare } from "./key-share.js";
import { enteredKey } from "./session.js";

/** Build the card; returns {refresh, bar}, of which the bar is short enough to stay in view. read() gives what the snippets need to know beside key, format and fallback. */
export function buildTake(card, facts, read) {
  const own = { key: "", format: "jpg", fallback: false };
  let shown = "address";
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const key = h("input", {
    id: "take-key", autocomplete: "off", spellcheck: "false", autocapitalize: "none", maxlength: "64",
    "aria-describedby": "take-key-hint", oninput: () => takeKey(false), onchange: () => takeKey(true),
  });
  const format = h("select", { id: "take-format", onchange: () => { own.format = format.value; refresh(); } },
    ...facts.formats.map((value) => h("option", { value }, value === "jpg" ? "JPEG" : value === "png" ? "PNG" : "WebP")));
  const fallback = h("input", {
    type: "checkbox", role: "switch", class: "switch", id: "take-fallback", "aria-describedby": "take-fallback-hint",
    onchange: () => { own.fallback = fallback.checked; refresh(); },
  });
  const about = h("p", { class: "small" });
  const blocks = h("div", { class: "stack" });
  const panel = h("div", { id: "snippet", role: "tabpanel", tabindex: "0", class: "stack" }, about, blocks);
  const list = tabs({
    label: "Clients", panel: "snippet",
    entries: snippets(known()).map(({ value, words }) => [value, words]),
    chosen: choose,
  });
  const bar = copyBar({ entries: snippets(known()), chosen: choose, copied: copyOrMark });
  const keyHint = h("span", { class: "hint", id: "take-key-hint" });
  const note = h("p", { class: "small", hidden: true }, "Parameters that the address omits come from this key’s settings.");
  const issue = h("button", { type: "button", class: "quiet slim", hidden: true, onclick: () => trying(issue, issueOwn) });
  card.append(...[
    h("div", { class: "terms" },
      h("div", {}, h("label", { for: "take-key" }, "Your key", keyHint), key, issue, note, problem),
      h("div", {}, h("label", { for: "take-format" }, "Format"), format),
      h("div", { class: "row apart nowrap" },
        h("div", {}, h("label", { for: "take-fallback" }, "Always return an image"), h("span", { class: "hint", id: "take-fallback-hint" }, "A neutral picture instead, for clients without artwork of their own.")), fallback)),
    isLoopback(location.origin) && h("p", { class: "warning loopback" }, h("strong", {}, "Only this computer can reach these addresses."),
      ` ${location.hostname} means “this computer” everywhere. For clients on other devices or in containers, open this page at the address under which they reach Marquee.`),
    list.element, panel].filter(Boolean));

  function choose(value) {
    shown = value;
    refresh();
  }

  function takeKey(isDone) {
    const text = key.value.trim();
    const isGood = text === "" || isKey(text);
    problem.hidden = isGood || !isDone;
    problem.textContent = "A key is 64 characters of 0–9 and a–f; a read-only key is h. and 32 of them.";
    key.toggleAttribute("aria-invalid", !problem.hidden);
    own.key = isGood ? text : "";
    refresh();
  }

  // A holder's addresses are for the holder's key, also while this page does not know it.
  function known() {
    const chosen = read();
    const isHolder = chosen.owner?.role === "key";
    const isOwn = isHolder && own.key !== facts.free_key;
    return { ...chosen, ...own, key: own.key || (isHolder ? "" : facts.free_key), isOwn, profile: chosen.owner?.profile, origin: location.origin };
  }

  function refresh() {
    list.show(shown);
    const chosen = known();
    if (chosen.isOwn && !own.key && !key.value && enteredKey()) own.key = chosen.key = key.value = enteredKey();
    key.placeholder = chosen.isOwn ? "" : (facts.free_key ?? "");
    keyHint.textContent = `${whichKey(chosen)} Prefer the read-only key (h.…): it fetches pictures but cannot sign in. It is not stored when you leave this page.`;
    issue.hidden = !chosen.isOwn || Boolean(own.key);
    issue.textContent = chosen.owner?.has_share ? "Replace the read-only key…" : "Create a read-only key";
    note.hidden = !own.key || own.key === facts.free_key;
    const snippet = snippets(chosen).find(({ value }) => value === shown);
    panel.setAttribute("aria-label", snippet.words);
    about.textContent = snippet.about;
    fill(blocks, snippet.blocks.map(block));
    bar.show(snippet);
  }

  async function issueOwn() {
    const { owner } = read();
    const share = await issueShare(owner);
    if (share === undefined) return;
    owner.has_share = true;
    key.value = share;
    takeKey(true);
  }

  function whichKey({ isOwn, owner }) {
    if (isOwn && !own.key) return `Paste the key “${owner.name}” here, in place of YOUR-KEY.`;
    return !isOwn && facts.free_key ? "Empty means the free key." : "";
  }

  return { refresh, bar: bar.element };
}

function block({ label, text, why }) {
  if (!text) {
    return h("div", { class: "snippet" }, h("span", { class: "label" }, label),
      h("p", { class: "blank small" }, why ?? EMPTY));
  }
  const code = h("code", {}, text);
  const button = h("button", { type: "button", class: "quiet slim", "aria-label": `Copy: ${label}`, onclick: () => copyOrMark(text, label, code) }, "Copy");
  const area = h("pre", { tabindex: "0", "aria-label": label }, code);
  return h("div", { class: "snippet" }, h("div", { class: "row apart" }, h("span", { class: "label" }, label), button), area);
}

// Browsers allow pages to copy only over https or on localhost.
async function copyOrMark(text, what, element) {
  try {
    await copy(text, `${what} copied`);
  } catch {
    getSelection().selectAllChildren(element);
    say("Your browser allows copying over https only. The text is selected: please copy it yourself.", "bad");
  }
}
