"""A page is rendered once for as long as its variables stay the same, and each client has a limit of pages."""

import asyncio

import pytest

from shared.stores.rate_limiter import PAGES
from tests.gateway.auth.caller import Caller

ALL = ("/", "/configure", "/design", "/key", "/admin", "/docs", "/docs/clients", "/docs/api", "/docs/parameters")


@pytest.mark.parametrize("path", ALL)
async def test_an_unchanged_page_is_not_sent_again(caller: Caller, path: str) -> None:
    first = await caller.get(path, Accept_Encoding="identity")

    again = await caller.get(path, If_None_Match=first.headers["ETag"])
    compressed = await caller.get(path, Accept_Encoding="gzip")

    assert (304, b"") == (again.status, again.body)
    assert first.headers["ETag"] == again.headers["ETag"] == compressed.headers["ETag"]
    assert ("", "gzip") == tuple(each.headers.get("Content-Encoding", "") for each in (first, compressed))
    assert first.body == compressed.body  # the client has decompressed it


@pytest.mark.parametrize("path", ["/admin", "/docs", "/docs/clients", "/docs/api", "/docs/parameters"])
async def test_a_page_that_never_changes_may_be_cached(caller: Caller, path: str) -> None:
    assert "public, max-age=300" == (await caller.get(path)).headers["Cache-Control"]


async def test_a_page_shows_what_the_admin_has_changed(admin: Caller) -> None:
    before = await admin.get("/configure")

    await admin.ask("PUT", "/api/admin/settings", {"settings": {"poster": {"ratings_limit": 2}}})

    async with asyncio.timeout(10):  # until the change feed has brought it
        while (after := await admin.get("/configure", If_None_Match=before.headers["ETag"])).status == 304:  # noqa: ASYNC110 - nothing signals the change
            await asyncio.sleep(0.3)  # asking more often would meet the limit
    assert before.body != after.body


async def test_a_client_that_asks_for_too_many_pages_has_to_wait(caller: Caller) -> None:
    answers = [await caller.get("/docs") for _ in range(PAGES.burst + 5)]

    assert {200, 429} == {answer.status for answer in answers}
    assert 200 == answers[PAGES.burst - 1].status
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "no-store" == answers[-1].headers["Cache-Control"]
