// The admin panel: one page whose sections have addresses of their own, such as /admin#keys.

import { showAdmins } from "./admin-admins.js";
import { closeLeft } from "./admin-dialog.js";
import { showAudit } from "./admin-audit.js";
import { showKeys } from "./admin-keys.js";
import { showDeadLetters } from "./admin-dead-letters.js";
import { showGlobalSettings } from "./admin-settings.js";
import { hideOverview, showOverview } from "./admin-overview.js";
import { showPictures } from "./admin-pictures.js";
import { showPresets } from "./admin-presets.js";
import { hidePrewarm, showPrewarm } from "./admin-prewarm.js";
import { $, $$ } from "./dom.js";
import { signedIn } from "./session.js";

/** What happens when a section is shown or hidden; ``show`` gets the rest of the address. */
const sections = {
  overview: { show: showOverview, hide: hideOverview },
  keys: { show: showKeys },
  settings: { show: showGlobalSettings },
  presets: { show: showPresets },
  pictures: { show: showPictures },
  "dead-letters": { show: showDeadLetters },
  prewarm: { show: showPrewarm, hide: hidePrewarm },
  audit: { show: showAudit },
  admins: { show: showAdmins },
};

/** Earlier names of sections, which bookmarks may still have. */
const RENAMED = { look: "settings", letters: "dead-letters", warm: "prewarm" };

let shown = null;

function show(isFirst = false) {
  closeLeft();
  const [first, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  const wanted = RENAMED[first] ?? first;
  const name = wanted in sections ? wanted : "overview";
  if (shown && shown !== name) sections[shown].hide?.();
  const isNew = shown !== name;
  shown = name;
  for (const section of $$(".sections > section")) section.hidden = section.id !== `section-${name}`;
  for (const link of $$(".side a")) {
    if (link.dataset.section === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const link = $(".side a[aria-current]");
  document.title = `${link.firstChild.textContent.trim()} – Admin – Marquee`;
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (isNew && !isFirst) {
    window.scrollTo(0, 0);
    $(`#title-${name}`).focus({ preventScroll: true });
  }
  sections[name].show(rest.join("/"));
}

await signedIn("admin", $("#way-in"));
$("#admin").hidden = false;
window.addEventListener("hashchange", () => show());
show(true);
