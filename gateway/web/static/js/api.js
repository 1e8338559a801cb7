// Calls /api with the access token, which is kept in memory only and renewed with the cookie. Where the session has ended,
// the user is asked to sign in again, and the call is repeated.

let token = null;
let user = null;
let last = null; // who was signed in, also once the session has ended
let expiresAt = null; // when the session ends unless it is renewed
let status = null;
let signInAgain = async () => false;
let asking = null;
let isDeclined = false;

const RENEWING = "marquee-renewing"; // {at, expires_at} while a page of this tab renews the token: since when, and of which session
const LONGEST_RENEWAL_MS = 10_000;
const AGAIN_MS = 300;

// These answer 401 about what they were sent, not about the session.
const WITHOUT_SESSION = new Set(["setup", "login", "key-login", "refresh", "status", "logout"].map((name) => `/api/auth/${name}`));

/** An error response, with the service's message and the field of the request that it is about, if any. */
export class Refusal extends Error {
  constructor(status, sentence, field) {
    super(sentence);
    this.status = status;
    this.field = field;
  }
}

/** Call /api; returns the JSON. Throws a Refusal. An expired token is renewed once. */
export async function ask(method, path, body) {
  let answer = await send(method, path, body);
  if (answer.status === 401 && !WITHOUT_SESSION.has(path) && (await isSignedInAgain())) {
    answer = await send(method, path, body);
  }
  return read(answer);
}

/** Say how to ask the user, {role, name}, to sign in again; ``how`` resolves to whether the same user did. */
export function whenExpired(how) {
  signInAgain = how;
}

// All calls that fail at the same time wait for one dialog. Somebody who closed it is asked again only when they do something.
async function isSignedInAgain() {
  const before = last;
  if ((await renew()) && (!before || isSame(user, before))) return true;
  if (!before || (isDeclined && !navigator.userActivation?.isActive)) return false;
  asking ??= signInAgain(before).finally(() => { asking = null; });
  const isThere = await asking;
  isDeclined = !isThere;
  return isThere;
}

const isSame = (one, other) => one.role === other.role && one.name === other.name;

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const put = (path, body) => ask("PUT", path, body);
export const patch = (path, body) => ask("PATCH", path, body);
export const remove = (path) => ask("DELETE", path);

/** Fetch something other than JSON, such as a picture, with the access token; returns the Response. ``signal`` makes one for each attempt. */
export async function fetchAs(path, { signal, ...options } = {}) {
  const attempt = () => fetch(path, { ...options, signal: signal?.(), headers: token ? { Authorization: `Bearer ${token}` } : {} });
  const answer = await attempt();
  return answer.status === 401 && (await isSignedInAgain()) ? attempt() : answer;
}

/** Return who is signed in: {role, name}, or null. Renews the token if the cookie is valid. */
export async function who() {
  return user ?? alone(async () => {
    if (user !== null) return user;
    // Checked first: a failed renewal would show as an error in the browser's console.
    const { signed_in: isHere } = await currentStatus();
    return isHere && (await renewal()) ? user : null;
  });
}

/** Sign in at one of /api/auth/{setup,login,key-login}. Throws a Refusal. */
export async function signIn(how, credentials) {
  const { token: given } = await post(`/api/auth/${how}`, credentials);
  last = null;
  await signedInWith(given);
  return user;
}

/** Sign out. */
export async function signOut() {
  await post("/api/auth/logout").catch(() => {});
  token = user = last = status = null;
}

/** Return the session's status: {setup_needed, signed_in, role, …}; asked once by a page, until it signs in or out. */
export function sessionStatus() {
  status ??= alone(currentStatus).catch((refusal) => { status = null; throw refusal; });
  return status;
}

// A page that was left while it renewed the token may still be spending the cookie that this one sends. Until the session
// has a new end, it is too early to use that cookie: a second use would end the session.
async function currentStatus() {
  let now = await get("/api/auth/status");
  for (let left = renewalLeft(); left && (!now.signed_in || now.expires_at === left.expires_at); left = renewalLeft()) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    now = await get("/api/auth/status");
  }
  expiresAt = now.expires_at;
  return now;
}

function renewalLeft() {
  const left = JSON.parse(sessionStorage.getItem(RENEWING));
  return left && Date.now() - left.at < LONGEST_RENEWAL_MS ? left : null;
}

const renew = () => alone(renewal);

async function renewal() {
  sessionStorage.setItem(RENEWING, JSON.stringify({ at: Date.now(), expires_at: expiresAt }));
  try {
    // Kept alive: once the token is spent, its successor has to arrive, even if the page is left meanwhile.
    const answer = await send("POST", "/api/auth/refresh", {}, { keepalive: true });
    if (!answer.ok) {
      token = user = status = null;
      return false;
    }
    await signedInWith((await answer.json()).token);
    return true;
  } finally {
    sessionStorage.removeItem(RENEWING);
  }
}

// One caller of one tab at a time: a refresh token is valid once. Using it twice ends the session, and a status
// that is requested with a token that was just used says that nobody is signed in.
let turn = Promise.resolve();

function alone(work) {
  const inTurn = () => (navigator.locks ? navigator.locks.request("marquee-refresh", work) : work());
  const done = turn.then(inTurn);
  turn = done.catch(() => {});
  return done;
}

async function signedInWith(given) {
  token = given;
  status = null;
  const now = await read(await send("GET", "/api/auth/status"));
  user = { role: now.role, name: now.username ?? now.key_name };
  expiresAt = now.expires_at;
  last ??= user;
}

async function send(method, path, body, options = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      ...options,
    });
  } catch {
    throw new Refusal(0, "The service cannot be reached. Please check your connection and try again.");
  }
}

async function read(answer) {
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  const sentence = content.error ?? `The service answered ${answer.status}.`;
  throw new Refusal(answer.status, sentence, content.field);
}
