"""All that a pair does with its stores, once, as a caller and an admin see it: cold, hit, refresh, purge and quota."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp

from shared.stores.postgres import connection, open_pool
from tests.stack.admin import purge
from tests.stack.api_keys import create_key
from tests.stack.caller import Answer, fetch
from tests.stack.pair import Pair, digest_of
from tests.stack.sources import Copy

SETTINGS: Final = {"RENDER_WAIT_MS": "20000", "IMAGE_STALE_SECS": "2"}
"""What a pair needs for this: callers wait for a drawing, and a picture is stale within seconds."""

WITHIN_S: Final = 60.0
QUOTA: Final = 3
_PAUSE_S: Final = 0.1


async def smoke(pair: Pair, http: aiohttp.ClientSession) -> dict[str, str]:
    """Play everything and return what was seen of each part. Fails, or runs out of time, where something is wrong."""
    film = pair.sources.film()
    url = pair.picture(f"{film.imdb}.jpg")
    cold = await fetch(http, url)
    assert cold.is_drawn, cold
    hit: Answer = await eventually_is(lambda: fetch(http, url), lambda answer: answer.cache == "HIT")
    assert (200, cold.body) == (hit.status, hit.body), hit
    seen = {
        "cold": cold.cache,
        "hit": hit.cache,
        "refresh": await _refreshed(pair, http, film, url),
        "purge": await _purged(pair, http, film, url),
        "quota": await _spent(pair, http),
    }
    assert 0 == await asyncio.to_thread(pair.number, "renderer_jobs_total", outcome="dead")
    return seen


async def eventually_is(
    look: Callable[[], Awaitable[Any]], is_right: Callable[[Any], bool], *, seconds: float = WITHIN_S
) -> Any:
    """Look until it is right, and return what was seen."""
    async with asyncio.timeout(seconds):
        while not is_right(seen := await look()):  # noqa: ASYNC110 - what is looked at signals nothing
            await asyncio.sleep(_PAUSE_S)
    return seen


async def _refreshed(pair: Pair, http: aiohttp.ClientSession, film: Copy, url: str) -> str:
    """Wait until the picture is served stale, drawn again, and indexed with its new date."""
    drawn = await eventually_is(lambda: drawn_at(pair, film), bool)
    stale: Answer = await eventually_is(lambda: fetch(http, url), lambda answer: answer.cache == "STALE")
    await eventually_is(lambda: drawn_at(pair, film), lambda later: later > drawn)
    return stale.cache


async def _purged(pair: Pair, http: aiohttp.ClientSession, film: Copy, url: str) -> str:
    """Purge the title through the API, and see it drawn again."""
    ended = await purge(pair, http, {"title": film.imdb})
    assert ("done", 1, None) == (ended["state"], ended["removed"], ended["error"])
    again = await fetch(http, url)
    assert again.is_drawn, again
    await eventually_is(lambda: drawn_at(pair, film), bool)  # the purge removed it from the index
    return str(ended["state"])


async def _spent(pair: Pair, http: aiohttp.ClientSession) -> str:
    """Use up the quota of a key, and see that exactly what was granted is stored."""
    key = secrets.token_hex(32)
    pair.secrets.append(key)
    async with open_pool(pair.stores.database_url) as pool:
        made = await create_key(pool, name="smoke", key_hash=digest_of(key), key_prefix=key[:8], monthly_limit=QUOTA)
        url = pair.picture(f"{pair.sources.film().imdb}.jpg", key=key)
        met = [(await fetch(http, url, follow=False)).status for _ in range(QUOTA + 1)]
        assert [302] * QUOTA + [403] == met

        async def stored() -> int:
            async with connection(pool) as db:
                return int(
                    await db.fetchval("SELECT coalesce(sum(requests), 0) FROM usage_daily WHERE key_id = $1", made.id)
                )

        counted = await eventually_is(stored, lambda number: number >= QUOTA)
    return f"{counted} of {QUOTA}, then {met[-1]}"


async def drawn_at(pair: Pair, film: Copy) -> Any:
    """Return when the newest indexed picture of a film was drawn; ``None`` when none is indexed."""
    async with open_pool(pair.stores.database_url) as pool, connection(pool) as db:
        return await db.fetchval("SELECT max(drawn_at) FROM images WHERE media_id = $1", film.tmdb)
