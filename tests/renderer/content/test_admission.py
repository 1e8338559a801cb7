"""Without a key nothing is drawn that no gateway redirected to, through real HTTP."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from renderer.content.admission import LOST_FOR_S, Admission
from renderer.content.app import content_app
from renderer.content.client_limits import ANYBODY, ClientLimits
from renderer.content.picture_result import PictureResult
from shared.domain.errors import NotAnnounced, RateLimited, StoreDown
from shared.domain.pictures import Format, Kind
from shared.http.client_ip import ClientIps
from shared.observability.health import Probes
from shared.settings.content_url import parse_content_address
from shared.settings.parameters import parse
from shared.stores.rate_limiter import UNANNOUNCED, WORK, RateLimiter
from tests.renderer.studio import IMDB, TMDB, Studio


@pytest.fixture
async def stranger(working: Studio, redis: Redis) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A client behind a trusted proxy."""
    limits = ClientLimits(RateLimiter(redis), ClientIps([ipaddress.ip_network("127.0.0.1")]), working.metrics)
    app = content_app(
        content=working.content,
        dependencies=working.dependencies,
        metrics=working.metrics,
        probes=Probes(),
        limits=limits,
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def known_settings(studio: Studio) -> str:
    """Return the hash of settings that others use; no picture is announced."""
    return await studio.dependencies.settings_registry.remember(parse(Kind.POSTER, Format.JPG, {}))


async def test_400_unknown_titles_cost_no_call(
    stranger: TestClient[web.Request, web.Application], working: Studio
) -> None:
    path = f"/c/{await known_settings(working)}/imdb/poster-default/tt"

    async def ask(number: int, client: int) -> tuple[int, str]:
        headers = {"X-Forwarded-For": f"203.0.113.{client}"}
        async with stranger.get(f"{path}{7_000_000 + number}.jpg", headers=headers) as answer:
            return answer.status, answer.headers["Cache-Control"]

    answers = await asyncio.gather(*(ask(number, number % 4) for number in range(400)))

    counts = Counter(answers)
    assert {(404, "no-store"), (429, "no-store")} == counts.keys()
    assert 4 * UNANNOUNCED.burst <= counts[404, "no-store"] <= 4 * (UNANNOUNCED.burst + 10)
    assert {} == working.sources.calls


async def test_a_refusal_says_what_to_do(stranger: TestClient[web.Request, web.Application], working: Studio) -> None:
    path = f"/c/{await known_settings(working)}/imdb/poster-default/{IMDB}.jpg"

    refused = await stranger.get(path)
    placeholder = await stranger.get(f"{path}?fallback=true")

    assert {"error": "This picture is not stored. Request it with an API key, and it will be drawn."} == (
        await refused.json()
    )
    assert (404, 200, "image/jpeg") == (refused.status, placeholder.status, placeholder.headers["Content-Type"])
    assert {} == working.sources.calls


async def test_what_is_stored_is_served_under_every_id(
    stranger: TestClient[web.Request, web.Application], working: Studio
) -> None:
    job = await working.job()
    drawn = await stranger.get(f"/c/{job.settings_hash}/imdb/poster-default/{IMDB}.jpg")

    other = await stranger.get(f"/c/{job.settings_hash}/tmdb/poster-default/{TMDB}.jpg")  # never announced

    assert ("MISS", "HIT") == (drawn.headers["X-Cache-Status"], other.headers["X-Cache-Status"])


async def test_an_announcement_on_its_way_is_waited_for(
    stranger: TestClient[web.Request, web.Application], working: Studio
) -> None:
    name = await known_settings(working)
    asked = asyncio.create_task(stranger.get(f"/c/{name}/imdb/poster-default/{IMDB}.jpg"))
    await asyncio.sleep(0.05)  # the caller is quicker than the gateway

    await working.job()

    assert 200 == (await asked).status


async def test_a_refused_caller_does_not_have_others_refused_who_ask_for_the_same_picture(
    working: Studio, redis: Redis
) -> None:
    limits = ClientLimits(RateLimiter(redis, clock=lambda: 1.0), ClientIps([]), working.metrics)
    greedy = type(ANYBODY)("203.0.113.7", limits)
    greedy.take_work(WORK.burst)
    job = await working.job()
    address = parse_content_address(job.settings_hash, "imdb", "poster-default", f"{IMDB}.jpg")

    refused, drawn = await asyncio.gather(
        working.content.find(address, greedy), working.content.find(address), return_exceptions=True
    )

    assert isinstance(refused, RateLimited)
    assert isinstance(drawn, PictureResult)


class Silent:
    async def is_announced(self, picture: str) -> bool:
        raise StoreDown(f"nobody knows about {picture}")


class Never:
    async def is_announced(self, picture: str) -> bool:
        return not picture


async def test_while_redis_is_down_pictures_are_drawn_within_the_limit_for_strangers(
    working: Studio, redis: Redis
) -> None:
    limits = ClientLimits(RateLimiter(redis, clock=lambda: 1.0), ClientIps([]), working.metrics)
    caller = type(ANYBODY)("203.0.113.9", limits)

    for _ in range(UNANNOUNCED.burst):
        await Admission(Silent()).check("x", 1, caller, 30)

    assert caller.asks_too_often
    with pytest.raises(NotAnnounced):
        await Admission(Never()).check("x", 1, ANYBODY, 30)


class Recovered:
    """Redis after a failover: down at first, then up without the announcements."""

    def __init__(self) -> None:
        self.asked = 0

    async def is_announced(self, picture: str) -> bool:
        self.asked += 1
        if self.asked == 1:
            raise StoreDown(f"nothing is known about {picture}")
        return False


async def test_shortly_after_redis_was_down_a_missing_announcement_is_no_404() -> None:
    now = 1000.0
    admission = Admission(Recovered(), clock=lambda: now)

    while_down = await admission.check("x", 1, ANYBODY, 30)
    now += LOST_FOR_S - 1
    soon_after = await admission.check("x", 1, ANYBODY, 30)
    now += 1

    assert (False, False) == (while_down, soon_after)
    with pytest.raises(NotAnnounced):
        await admission.check("x", 1, ANYBODY, 30)


class Slow:
    async def is_announced(self, picture: str) -> bool:
        await asyncio.sleep(0.3)
        return bool(picture)


async def test_a_slow_redis_is_waited_for_as_long_as_the_caller_can() -> None:
    answers = [await Admission(Slow()).check("x", 1, ANYBODY, timeout_s) for timeout_s in (0.01, 30)]

    assert [False, True] == answers
