"""The whole of what callers do, end to end: a cold picture, a hit, a refresh, a purge, and a quota that is used up."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from shared.queue.messages import Priority
from shared.stores.postgres import open_pool
from tests.e2e.test_purge import purge
from tests.stack.api_keys import create_key
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair, digest_of
from tests.stack.sources import Sources

REDRAWN_AFTER_S: Final = 4
SETTINGS: Final = {"RENDER_WAIT_MS": "15000", "IMAGE_STALE_SECS": str(REDRAWN_AFTER_S)}
QUOTA: Final = 5
_WITHIN_S: Final = 40.0
_LOOK_S: Final = 0.1


async def smoke(pair: Pair, http: aiohttp.ClientSession, sources: Sources, title: str) -> None:
    """Do all of it on a pair with ``SETTINGS``; fail where something is not as callers expect it."""
    film = sources.film()
    url = pair.picture(f"{film.imdb}.jpg")

    cold = await fetch(http, url)
    hit = await asked(lambda: fetch(http, url), lambda answer: answer.cache == "HIT")
    overdue = await asked(lambda: fetch(http, url), lambda answer: answer.cache == "STALE")
    refreshed = await drawn_again(pair)
    done = await purge(pair, http, {"title": film.imdb})
    again = await fetch(http, pair.content(hit.headers["x-elements-hash"], f"{film.imdb}.jpg"))
    spent = await quota_is_spent(pair, http, film.imdb)

    show(
        f"end to end: {title}",
        [
            ("cold", cold.status, cold.cache, f"{cold.seconds:.2f} s"),
            ("hit", hit.status, hit.cache, f"{hit.seconds:.2f} s"),
            ("overdue", overdue.status, overdue.cache, f"{overdue.seconds:.2f} s"),
            ("redrawn in the background", int(refreshed), "", ""),
            ("purge", done["state"], f"{done['removed']} removed", ""),
            ("after the purge", again.status, again.cache, f"{again.seconds:.2f} s"),
            ("quota", spent.status, "", ""),
        ],
    )
    assert (200, "MISS") == (cold.status, cold.cache)
    assert (200, "HIT", cold.body) == (hit.status, hit.cache, hit.body)
    assert (200, "STALE", cold.body) == (overdue.status, overdue.cache, overdue.body)
    assert refreshed >= 1
    assert ("done", 1, None) == (done["state"], done["removed"], done["error"])
    assert (200, "MISS", cold.body) == (again.status, again.cache, again.body)
    assert 403 == spent.status
    assert 0 == pair.number("renderer_jobs_total", outcome="dead")


async def drawn_again(pair: Pair) -> float:
    """Wait until a refresh has drawn a picture, and return how many have."""
    deadline = time.monotonic() + _WITHIN_S
    drawn = 0.0
    while not drawn and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_S)
        drawn = await asyncio.to_thread(pair.number, "renderer_jobs_total", lane=Priority.REFRESH, outcome="drawn")
    return drawn


async def quota_is_spent(pair: Pair, http: aiohttp.ClientSession, title: str) -> Answer:
    """Use a new key until it is refused, and return the last answer."""
    key = secrets.token_hex(32)
    pair.secrets.append(key)
    async with open_pool(pair.stores.database_url) as pool:
        await create_key(pool, name="smoke", key_hash=digest_of(key), key_prefix=key[:8], monthly_limit=QUOTA)
    url = pair.picture(title, key=key)
    return await asked(lambda: fetch(http, url, follow=False), lambda answer: answer.status == 403)


async def asked(ask: Callable[[], Awaitable[Answer]], is_right: Callable[[Answer], bool]) -> Answer:
    """Ask again and again until the answer is right, or time is up; return the last answer."""
    deadline = time.monotonic() + _WITHIN_S
    answer = await ask()
    while not is_right(answer) and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_S)
        answer = await ask()
    return answer
