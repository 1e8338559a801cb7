"""``PUBLIC_PAGES=false``: only who is signed in sees the pages; pictures, checks and signing in are for everybody."""

from collections.abc import AsyncIterator

import pytest

from gateway.api.api_response import PAGE_COOKIE
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, Caller, OpenGateway
from tests.gateway.keys.holder import new_key
from tests.stack.caller import Answer

PRIVATE = ("/", "/configure", "/design", "/docs", "/docs/clients", "/docs/api", "/docs/configuration")
OPEN = ("/key", "/admin", "/t0-free-rpdb/isValid", "/livez", "/api/auth/status")
PICTURE = "/t0-free-rpdb/imdb/poster-default/tt0017136.jpg"


@pytest.fixture
async def site(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    async with open_gateway(PUBLIC_PAGES="false") as caller:
        yield caller


def page_cookie(answer: Answer) -> str:
    """Return the cookie that opens pages, as a browser sends it."""
    morsel = answer.cookies[PAGE_COOKIE]
    assert ("/", "Lax") == (morsel["path"], morsel["samesite"])
    assert morsel["httponly"]
    assert morsel["secure"]
    return f"{PAGE_COOKIE}={morsel.value}"


async def statuses(caller: Caller, paths: tuple[str, ...], **headers: str) -> set[int]:
    return {(await caller.get(path, **headers)).status for path in paths}


async def test_a_stranger_is_asked_to_sign_in(site: Caller) -> None:
    answers = [await site.get(path) for path in PRIVATE]

    assert {(401, "no-store")} == {(answer.status, answer.headers["Cache-Control"]) for answer in answers}
    assert all(b'href="/key"' in answer.body and b"Please sign in" in answer.body for answer in answers)
    assert {200} == await statuses(site, OPEN)
    assert (302, 401) == ((await site.get(PICTURE)).status, (await site.get("/api/preview/poster")).status)


async def test_who_is_signed_in_sees_the_pages_until_they_sign_out(site: Caller, pool: Pool) -> None:
    admin = page_cookie(await site.sign_in("/api/auth/setup"))
    _, key = await new_key(pool)
    holder = site.stranger()
    of_key = page_cookie(await holder.sign_in("/api/auth/key-login", {"key": key}))

    assert {200} == await statuses(site.stranger(), PRIVATE, Cookie=admin)
    assert {200} == await statuses(site.stranger(), PRIVATE, Cookie=of_key)
    page = await site.stranger().get("/docs", Cookie=admin)
    assert "private, no-cache" == page.headers["Cache-Control"]
    assert 304 == (await site.stranger().get("/docs", Cookie=admin, If_None_Match=page.headers["ETag"])).status

    refreshed = await site.post("/api/auth/refresh")
    assert {200} == await statuses(site.stranger(), PRIVATE, Cookie=page_cookie(refreshed))
    await holder.post("/api/auth/logout")
    assert {401} == await statuses(site.stranger(), PRIVATE, Cookie=of_key)
    async with connection(pool) as db:
        await db.execute("DELETE FROM admin_users")
    assert {401} == await statuses(site.stranger(), PRIVATE, Cookie=admin)


async def test_the_cookie_of_the_pages_opens_nothing_else_and_no_other_token_opens_them(site: Caller) -> None:
    cookie = page_cookie(await site.sign_in("/api/auth/setup"))
    token = cookie.partition("=")[2]
    stranger = site.stranger()

    assert 401 == (await stranger.get("/api/keys", Authorization=f"Bearer {token}")).status
    assert 401 == (await stranger.post("/api/auth/refresh", Cookie=f"refresh_token={token}")).status
    for other in (site.token, site.cookie, "", "x", token[:-4] + "AAAA"):
        assert 401 == (await stranger.get("/", Cookie=f"{PAGE_COOKIE}={other}")).status


async def test_public_pages_set_no_cookie_of_their_own(caller: Caller) -> None:
    answer = await caller.post("/api/auth/setup", CREDENTIALS)

    assert (200, ["refresh_token"]) == (answer.status, list(answer.cookies))


async def test_pages_may_show_pictures_from_the_bucket_to_which_renderers_redirect(open_gateway: OpenGateway) -> None:
    async with open_gateway(CONTENT_DIRECT_URL="https://pictures.example/base") as caller:
        policy = (await caller.get("/configure")).headers["Content-Security-Policy"]

    assert "img-src 'self' blob: data: https://posters.example https://pictures.example;" in policy
