// Plays a client against this server: checks a key and requests a picture as the client does, and says what it would see.
// The browser does it rather than the gateway: no endpoint has to request addresses for others, the key goes nowhere
// else, and the requests come through the same proxies and the same CDN as a client's.

import { $, bytes, fill, h, plural } from "./dom.js";
import { submitting } from "./form.js";

const { clients, smallest } = JSON.parse($("#rules").textContent);
const form = $("#client-test");
const DIRECT = "Ask the person who gave you the key to mark it direct.";

submitting(form, async () => {
  const { client, key, id } = Object.fromEntries(new FormData(form));
  const rules = clients.find((each) => each.name === client);
  const results = [];
  const show = (...last) => fill($("#test-result"), h("ol", { class: "checks" }, results.map(row)), ...last);
  show(h("p", { class: "small" }, "Testing…"));
  if (rules.key) results.push(await checkKey(rules, key.trim()));
  for (const check of rules.pictures) {
    show(h("p", { class: "small" }, "Testing…"));
    results.push(await checkPicture(rules, check, `/${encodeURIComponent(key.trim())}/imdb/poster-default/${id.trim()}${check.ending}`));
  }
  const isFine = results.every((each) => each.isFine);
  const does = rules.pictures.length ? "show this poster" : "accept this key; it leaves pictures to the apps of its users";
  show(h("p", { class: isFine ? "verdict good" : "verdict bad" }, `${rules.name} would ${isFine ? "" : "not "}${does}.`));
});
$("#guide-key").addEventListener("input", (event) => { form.elements.key.value = event.target.value; });
form.hidden = false;

const row = ({ isFine, what, words }) => h("li", { class: isFine ? "good" : "bad" },
  h("strong", {}, h("span", { "aria-hidden": "true" }, isFine ? "✓ " : "✗ "), what, h("span", { class: "unseen" }, isFine ? ", passed" : ", failed")),
  h("p", {}, words));

const seconds = (began) => `${((performance.now() - began) / 1000).toFixed(2)} s`;

async function checkKey(rules, key) {
  const { within_s: within, rule } = rules.key;
  const what = `GET isValid, within ${within} s`;
  const began = performance.now();
  try {
    const answer = await request("GET", `/${encodeURIComponent(key)}/isValid`, within, "follow");
    const said = await answer.json().catch(() => null);
    const isFine = rule === "valid" ? answer.ok && said?.valid === true : answer.status === 200;
    const wants = rule === "valid" ? "a 2xx response with “valid”: true" : "status 200";
    const words = isFine
      ? `It gets ${answer.status} in ${seconds(began)} and accepts the key.`
      : `It gets ${answer.status} and refuses the key, because it wants ${wants}.${said?.error ? ` The server says: ${said.error}` : answer.status === 401 ? " The key is not valid, or is disabled." : ""}`;
    return { isFine, what, words };
  } catch (problem) {
    return { isFine: false, what, words: failed(problem, within) };
  }
}

async function checkPicture(rules, check, path) {
  const { method, within_s: within } = check;
  const what = `${method} the poster, within ${within} s`;
  const began = performance.now();
  try {
    const isRedirect = (await request(method, path, within, "manual")).type === "opaqueredirect";
    if (isRedirect && rules.redirects === 0) {
      return { isFine: false, what, words: `It gets a redirect and does not follow any. ${DIRECT}` };
    }
    const answer = await request(method, path, within, "follow");
    const size = method === "GET" && answer.ok ? (await answer.blob()).size : lengthOf(answer);
    const facts = `${answer.status}, ${answer.headers.get("Content-Type") ?? "no type"}${size === null ? "" : `, ${bytes(size)}`}`;
    const way = isRedirect ? `after a redirect (it follows up to ${rules.redirects})` : "without a redirect";
    const problem = refusal(check.rule, answer, size);
    if (problem) return { isFine: false, what, words: `It gets ${facts}, ${way}, in ${seconds(began)}. ${problem}` };
    return { isFine: true, what, words: `It gets ${facts}, ${way}, in ${seconds(began)}, and accepts it.${drawing(answer)}` };
  } catch (problem) {
    return { isFine: false, what, words: failed(problem, within) };
  }
}

const lengthOf = (answer) => (answer.headers.has("Content-Length") ? Number(answer.headers.get("Content-Length")) : null);

/** Return why a client refuses an answer, or null if it takes it for a picture. */
function refusal(rule, answer, size) {
  if (rule === "200") return answer.status === 200 ? null : "It wants status 200.";
  if (!answer.ok) return `It wants a 2xx response.${answer.status === 404 ? " With fallback=true in its address it would get a neutral picture." : ""}`;
  if (rule !== "picture") return null;
  if (!(answer.headers.get("Content-Type") ?? "image/").startsWith("image/")) return "It wants a type that begins with image/.";
  return size !== null && size < smallest ? `It wants at least ${plural(smallest, "byte")}.` : null;
}

const drawing = (answer) => (answer.headers.get("X-Cache-Status") === "MISS-FALLBACK" ? " The ratings are still being drawn: for a moment it shows the poster without them." : "");

const request = (method, path, within, redirect) => fetch(path, { method, redirect, cache: "no-store", signal: AbortSignal.timeout(1000 * within) });

const failed = (problem, within) => (problem.name === "TimeoutError"
  ? `It gets no answer within ${within} s and gives up. A poster that is drawn for the first time takes longer; test again.`
  : "It gets no answer: the server, or the address that it redirects to, cannot be reached from here.");
