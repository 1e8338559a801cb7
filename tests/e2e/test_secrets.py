"""Nothing that is secret is seen again: a whole life of keys and sign-ins, and then the search in all that was said."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from shared.queue.redis_keys import DEAD_STREAM
from shared.stores.redis import connect
from tests.stack.caller import Answer, fetch
from tests.stack.disclosure import shaped, shown
from tests.stack.pair import Pair
from tests.stack.services import FREE_KEY, OPTIONAL, SECRETS
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores

PASSWORDS = {name: f"{name}-password-{secrets.token_hex(8)}" for name in ("first", "second", "next", "wrong")}
METROPOLIS = "tt0017136.jpg"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    settings = {name: SECRETS[name] for name in OPTIONAL} | {"RENDER_WAIT_MS": "15000", "FREE_KEY_ENABLED": "true"}
    with Pair(tmp_path_factory.mktemp("secrets"), stores, sources, settings) as pair:
        pair.secrets += PASSWORDS.values()
        yield pair


class Page:
    """A page of management: it keeps the tokens it gets, tells the pair that they are secrets, and notes all answers
    but those that hand a secret out."""

    def __init__(self, pair: Pair, http: aiohttp.ClientSession) -> None:
        self._pair, self._http = pair, http
        self.token = self.cookie = ""
        self.said: list[str] = []

    async def ask(self, method: str, path: str, body: object = None, *, raw: bytes | None = None) -> Any:
        data = raw if raw is not None else None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", "Origin": "https://elsewhere.example"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Cookie": f"refresh_token={self.cookie}"} if self.cookie else {}
        url = f"{self._pair.gateway_url}{path}"
        async with self._http.request(method, url, data=data, headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
            content = json.loads(text)
            morsel = answer.cookies.get("refresh_token")
            handed_out = [content[name] for name in ("token", "key", "share") if name in content]
            self._pair.secrets += [each.removeprefix("h.") for each in handed_out]
            if morsel is not None and morsel.value:
                self._pair.secrets.append(morsel.value)
                self.cookie = morsel.value
            self.token = content.get("token", self.token)
            said = str({name: value for name, value in answer.headers.items() if name != "Set-Cookie"})
            self.said += [said] if handed_out else [said, text]
            return content


async def echo(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Refuse as a source does that repeats everything it was told."""
    return web.Response(status=401, text=f"{request.path_qs} {dict(request.headers)}")


async def test_no_secret_is_seen_again(pair: Pair, http: aiohttp.ClientSession) -> None:
    admin, holder, stranger = Page(pair, http), Page(pair, http), Page(pair, http)
    told: list[Answer] = []

    await admin.ask("POST", "/api/auth/setup", {"username": "root", "password": PASSWORDS["first"]})
    issued = await admin.ask("POST", "/api/keys", {"name": "home"})
    key, share = issued["key"], issued["share"]
    await sign_ins_that_fail(stranger, key, share, admin)
    replaced = (await admin.ask("POST", f"/api/keys/{issued['id']}/share"))["share"]
    await holder.ask("POST", "/api/auth/key-login", {"key": key})
    spent = holder.cookie
    await holder.ask("POST", "/api/auth/refresh")
    await a_holders_choices(holder)
    await an_admins_work(admin, issued["id"])
    told += [await fetch(http, url, follow=False) for url in pictures(pair, key, share, replaced, admin.token)]
    told += await drawn_while_sources_repeat_everything(pair, http, key)
    holder.cookie = spent
    await holder.ask("POST", "/api/auth/refresh")  # reuse: the family is revoked
    await admin.ask("POST", "/api/auth/password", {"old": PASSWORDS["first"], "new": PASSWORDS["next"]})
    pages = await asyncio.to_thread(pair.pages)
    await admin.ask("DELETE", f"/api/keys/{issued['id']}")
    await admin.ask("POST", "/api/auth/logout")
    pair.sources.heal()

    # A key, two share forms, three refresh tokens, and at least two access tokens: one second signs one sign-in alike.
    assert len(set(pair.secrets) - set(SECRETS.values()) - set(PASSWORDS.values())) >= 8
    bodies = [answer.body.decode(errors="replace") for answer in told if answer.status != 200]
    pair.check_secrets(*admin.said, *holder.said, *stranger.said, *bodies, *pages, *(p.said() for p in pair.parts))
    kept = await pair.kept()
    assert {"audit_log", "api_keys", "refresh_tokens"} <= {text.partition(":")[0] for text in kept}
    assert [] == shown(pair.secrets, kept)


async def sign_ins_that_fail(page: Page, key: str, share: str, admin: Page) -> None:
    """Show secrets where they do not belong."""
    await page.ask("POST", "/api/auth/login", {"username": "root", "password": PASSWORDS["wrong"]})
    await page.ask("POST", "/api/auth/login", {"username": PASSWORDS["first"], "password": "root"})
    await page.ask("POST", "/api/auth/login", {"username": "root", "password": PASSWORDS["first"], key: key})
    await page.ask("POST", "/api/auth/login", raw=f'{{"username": "{key}", "password": "{PASSWORDS["first"]}"'.encode())
    await page.ask("POST", "/api/auth/key-login", {"key": share})
    await page.ask("POST", "/api/auth/key-login", {"key": f"{key}0"})
    await page.ask("GET", f"/api/keys?q={key}")
    page.token = admin.token[:-2]
    await page.ask("GET", "/api/keys")
    page.token, page.cookie = admin.cookie, admin.token
    await page.ask("POST", "/api/auth/refresh")
    await page.ask("GET", f"/api/{key[:63]}/{admin.cookie}")


async def a_holders_choices(holder: Page) -> None:
    await holder.ask("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 2}})
    await holder.ask("PUT", "/api/key/me/settings", {"poster": {holder.token: holder.cookie}})
    await holder.ask("PUT", "/api/key/me/profiles/evening", {"kind": "poster", "settings": {"blur": True}})
    await holder.ask("GET", "/api/key/me")
    await holder.ask("GET", "/api/key/me/usage")
    await holder.ask("GET", "/api/admin/stats")


async def an_admins_work(admin: Page, key_id: int) -> None:
    await admin.ask("POST", "/api/admin/admins", {"username": "second", "password": PASSWORDS["second"]})
    await admin.ask("PATCH", f"/api/keys/{key_id}", {"name": "living room", "monthly_limit": 1000})
    await admin.ask("PUT", "/api/admin/settings", {"settings": {"poster": {"badge_size": "l"}}})
    for path in ("keys", f"keys/{key_id}", f"keys/{key_id}/usage", "admin/admins", "admin/audit", "admin/stats"):
        await admin.ask("GET", f"/api/{path}")


def pictures(pair: Pair, key: str, share: str, replaced: str, token: str) -> list[str]:
    """Return addresses, good and bad, with a secret in each."""
    good = [pair.picture(METROPOLIS, key=each) for each in (key, share, replaced, FREE_KEY)]
    bad = [pair.picture(METROPOLIS, key=each) for each in (key.upper(), f"{key}x", share[:-1], token)]
    odd = [
        f"{pair.gateway_url}/{key}/imdb/{share}/{METROPOLIS}",
        f"{pair.gateway_url}/{key}/{key}/poster-default/{METROPOLIS}",
        f"{pair.gateway_url}/{key}/imdb/poster-default/{key}.jpg",
        f"{pair.gateway_url}/{key}/{key}",
        f"{pair.gateway_url}//{key}/imdb/poster-default/{METROPOLIS}?lang={key}",
        f"{pair.gateway_url}/{key}/isValid",
        f"{pair.gateway_url}/{share}/requests",
        f"{pair.gateway_url}/{key}/evening/{METROPOLIS}?ratings_limit={token}",
        f"{pair.content_url}/c/{share.removeprefix('h.')}/imdb/poster-default/{METROPOLIS}",
        f"{pair.content_url}/c/{key}/imdb/poster-default/{METROPOLIS}",
        f"{pair.content_url}/{key}?key={key}",
    ]
    return [*good, *bad, *odd]


async def drawn_while_sources_repeat_everything(pair: Pair, http: aiohttp.ClientSession, key: str) -> list[Answer]:
    """Ask for pictures whose sources refuse, and say in that what they were asked with."""
    sources, answers = pair.sources, []
    for source in (Source.TMDB, Source.MDBLIST, Source.OMDB, Source.FANART, Source.IMAGES):
        film = sources.film()
        sources.break_down(source, echo, film)
        answers.append(await fetch(http, pair.picture(f"{film.imdb}.jpg", "?image_source=f", key=key)))
    return answers


async def planted_in_postgres(pair: Pair, secret: str) -> None:
    database = await asyncpg.connect(pair.stores.database_url)
    await database.execute(
        "INSERT INTO audit_log (actor, action, target, details) VALUES ('admin:root', 'x', 'x', $1)",
        json.dumps({"words": f"with {secret} in it"}),
    )
    await database.close()


async def planted_as_bytes(pair: Pair, secret: str) -> None:
    database = await asyncpg.connect(pair.stores.database_url)
    query = "UPDATE api_keys SET key_hash = $1 WHERE key_prefix = 't0-free-'"
    await database.execute(query, secret.encode())
    await database.close()


async def planted_in_a_job(pair: Pair, secret: str) -> None:
    async with connect(pair.stores.redis_url) as redis:
        await redis.xadd(DEAD_STREAM, {"job": f"picture with {secret}"})


@pytest.mark.parametrize("plant", [planted_in_postgres, planted_as_bytes, planted_in_a_job])
async def test_the_search_finds_what_a_store_keeps(pair: Pair, plant: Any) -> None:
    secret = f"planted-{secrets.token_hex(16)}"
    before = shown([secret], await pair.kept())

    await plant(pair, secret)

    assert ([], 1) == (before, len(shown([secret], await pair.kept())))


def test_the_search_finds_what_a_process_says(pair: Pair) -> None:
    with pytest.raises(AssertionError, match="tmdb-key"):
        pair.check_secrets("all is well", f"GET /3/movie?api_key={SECRETS['TMDB_API_KEY']}&language=en")


@pytest.mark.parametrize(
    "text",
    [
        f"picture at /{'0f1e2d3c' * 8}/imdb/poster-default/x",
        f"share=h.{'0f1e2d3c' * 4}",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl was refused",
        "hash $argon2id$v=19$m=65536",
        "headers: {'authorization': 'Bearer abcdefgh.ijkl'}",
        "cookie refresh_token=abcdefghij",
    ],
)
def test_the_search_knows_secrets_by_their_shape(text: str) -> None:
    assert 1 <= len(shaped([text]))


@pytest.mark.parametrize("text", [f"hash={'0a' * 16}", "key=h.short", "family=17 by=admin:root", f"prefix={'0a' * 4}"])
def test_what_only_resembles_a_secret_is_passed_over(text: str) -> None:
    assert [] == shaped([text])
