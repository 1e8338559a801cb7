"""The fast path serves the same bytes as the ordinary way, and leaves the same numbers, whatever it is sent."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import web
from cachetools import TTLCache
from redis.asyncio import Redis

from renderer.content import client_limits
from renderer.content.address_cache import AddressCache
from renderer.content.app import content_app
from renderer.content.client_limits import ClientLimits
from renderer.content.last_access import LastAccess
from renderer.content.warm_hits import ROUTE
from renderer.drawing.drawing_version import DRAWING
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from shared.config.environment import Address
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.http.client_ip import ClientIps
from shared.http.fast_path import FAST_PATH
from shared.http.server import serve
from shared.observability.health import Probes
from shared.observability.tracer import OFF, Tracing
from shared.settings.digest import SettingsHash, settings_text
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from shared.stores.rate_limiter import Rate, RateLimiter
from shared.stores.title_rows import TitleMetadata
from tests.collector import Collector, Seen
from tests.renderer.studio import Studio
from tests.shared.http.differential import Conversation, Counted, Talk, play
from tests.shared.observability.test_tracing import traces
from tests.unlimited import no_limits

REQUESTS, MANY_REQUESTS = 2000, 20_000
SETTINGS = parse(Kind.POSTER, Format.JPG, {})
TITLES = range(12)
SIZES = (700, 30_000, 400_000)  # the last is more than a connection takes at once
FILMS = (date(1927, 1, 10), date(2026, 10, 1), None)
PROXIES = ClientIps([ipaddress.ip_network("127.0.0.1")])


class ContentSide:
    """A content server with storage of its own, and clocks that are the test's."""

    bucket_url: str | None = None

    def __init__(self, studio: Studio, pool: Pool, *, fast_path: bool) -> None:
        self.studio, self._pool, self._fast_path = studio, pool, fast_path
        self.last_access = LastAccess(pool, studio.metrics, clock=lambda: studio.clock().timestamp())
        studio.content._last_access = self.last_access
        studio.content._stored._addresses = AddressCache(ttl_s=20.0, clock=self._clock)
        studio.content._due._recent = TTLCache(1000, 30, self._clock)
        self._redis = Redis(port=1)  # where none is: each side counts by itself
        self.rates = RateLimiter(self._redis, clock=self._clock)
        self.look: SettingsHash

    def _clock(self) -> float:
        return self.studio.clock.turned_s

    @asynccontextmanager
    async def running(self, tracing: Tracing = OFF) -> AsyncIterator["ContentSide"]:
        studio = self.studio
        self.look = await studio.dependencies.settings_registry.remember(SETTINGS)
        for number in TITLES:
            title = TitleMetadata(media=media(number), name="Metropolis", film_date=None)
            await studio.dependencies.titles.remember(title, [external(number)])
            await self.store(number, b"first")
        self.app: web.Application = content_app(
            content=studio.content,
            dependencies=studio.dependencies,
            metrics=studio.metrics,
            probes=Probes(),
            limits=ClientLimits(self.rates, PROXIES, studio.metrics),
            clients=PROXIES,
            tracing=tracing,
            fast_path=self._fast_path,
            bucket_url=self.bucket_url,
        )
        limits = no_limits()
        async with self._redis, serve(self.app, Address("127.0.0.1", 0), drain_s=5, limits=limits) as self.port:
            yield self

    async def store(self, number: int, text: bytes) -> None:
        """Store a title's picture, in place of an earlier one."""
        age = timedelta(seconds=(0, 80_000, 100_000_000)[number % 3])
        body = (text * SIZES[number % 3])[: SIZES[number % 3]]
        metadata = ImageMetadata(
            content_type="image/jpeg",
            etag=f"{text.decode()}{number}",
            drawn_at=(self.studio.clock.at - age).replace(microsecond=0),
            media=str(media(number)),
            fingerprint="0",
            settings_text=settings_text(SETTINGS),
            film_date=FILMS[number // 3 % 3],
            degraded=number % 5 == 1,
            drawing=DRAWING - (number % 7 == 2),
            cache_control="" if number % 4 == 3 else "public, max-age=86400",
        )
        await self.studio.storage.put(storage_key(self.look, media(number), Format.JPG), Picture(body, metadata))

    async def numbers(self) -> dict[str, Any]:
        """Return all that requests leave behind, apart from times."""
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in self.studio.registry.collect()
            for sample in family.samples
            if not sample.name.endswith(("_bucket", "_sum", "_created")) and sample.name != "renderer_asked_waiting"
        }
        return {
            "samples": samples,
            "noted": set(self.last_access._noted),
            "limits": {name: cell.free_at for name, cell in (self.rates._former | self.rates._cells).items()},
            "depth": await self.studio.queue.depth(),
        }

    def counted(self, status: str, cache: str) -> float:
        labels = {"status": status, "cache": cache}
        return self.studio.registry.get_sample_value("renderer_content_total", labels) or 0.0


def media(number: int) -> MediaId:
    return MediaId(TitleKind.MOVIE, 100 + number)


def external(number: int) -> ExternalId:
    return ExternalId(IdType.IMDB, 1_000_000 + number)


def talk(look: SettingsHash) -> Talk:
    """Return a talk about every stored picture, and about addresses that lead nowhere."""
    stored = [f"/c/{look}/imdb/poster-default/{external(number)}.jpg" for number in TITLES]
    picture = stored[0]
    odd = [
        *(f"{picture}{query}" for query in ("?", "?fallback=false", "?fallback=perhaps", "?fallback=%74rue", "?a=b",
        "#part")),
        *(picture.replace(*each) for each in (("/c/", "//c/"), ("tt", "%74t"), (".jpg", ".jpeg"), (".jpg", ".gif"))),
        *(picture.replace(*each) for each in ((look, "0" * 32), (look, "x"), ("imdb", "tvdb2"), ("poster-", "none-"))),
        *(picture.replace(*each) for each in (("/imdb", "/../imdb"), ("tt", "TT"), ("poster-default", "logo-default"))),
        f"http://posters.example{picture}", f"{picture}/", "/", "*", "/c", "/c/", "/livez", "", f"{picture}\x00",
        picture.upper(),
    ]  # fmt: skip
    conditions = [
        'If-None-Match: "first0"', 'If-None-Match: W/"first1", "x"', 'If-Match: "other"', "Range: bytes=5-9",
        "Range: bytes=-7",
        "Range: bytes=900000-", "Range: bytes=0-1, 4-5", "If-Modified-Since: Sat, 21 Nov 2026 12:00:00 GMT",
        'Range: bytes=0-1\r\nIf-Range: "first0"', "If-Unmodified-Since: Sat, 21 Nov 2020 12:00:00 GMT",
    ]  # fmt: skip
    return Talk(5, [*stored, *stored, f"{picture}?fallback=true"], odd, conditions * 3)


@pytest.fixture
async def sides(pool: Pool, redis: Redis) -> AsyncIterator[tuple[ContentSide, ContentSide]]:
    """A server with the fast path and one without."""
    studios = Studio(pool, redis), Studio(pool, redis)
    fast, slow = studios
    yield ContentSide(fast, pool, fast_path=True), ContentSide(slow, pool, fast_path=False)
    for studio in studios:
        await studio.fallback.close()
        with studio.render_pool:
            pass


@pytest.mark.parametrize("number", [REQUESTS, pytest.param(MANY_REQUESTS, marks=pytest.mark.stress)])
async def test_whatever_is_sent_the_bytes_and_the_numbers_are_the_same(
    number: int, sides: tuple[ContentSide, ContentSide], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_limits, "CONTENT", Rate("content", 8, 1000))  # which is soon reached
    monkeypatch.setattr(client_limits, "UNANNOUNCED", Rate("unannounced", 1, 1000))
    fast, slow = sides
    sent = 0
    async with fast.running(), slow.running():
        warm, talking = Counted(fast.app[FAST_PATH]), talk(fast.look)
        while sent < number:
            conversation = talking.conversation()
            assert await play(slow.port, conversation) == await play(fast.port, conversation), conversation
            sent += conversation.requests
            moved_s = talking.random.choice((0.0, 0.3, 1.7))
            changed = talking.random.choice(TITLES) if talking.random.random() < 0.05 else None
            for side in sides:
                side.studio.clock.advance(moved_s)
                if changed is not None:
                    await side.store(changed, b"%d" % sent)
                    side.last_access._noted.clear()  # as at midnight
            if changed is not None:
                assert await slow.numbers() == await fast.numbers()

        assert await slow.numbers() == await fast.numbers()
        assert FAST_PATH not in slow.app
        assert warm.number > fast.counted("200", "HIT") / 3
        for status, cache in (("200", "STALE"), ("206", "HIT"), ("304", "HIT"), ("412", "none"), ("429", "none")):
            assert fast.counted(status, cache), (status, cache)


async def test_redirects_to_the_bucket_are_the_same_too(
    sides: tuple[ContentSide, ContentSide], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_limits, "CONTENT", Rate("content", 8, 1000))
    monkeypatch.setattr(client_limits, "UNANNOUNCED", Rate("unannounced", 1, 1000))
    fast, slow = sides
    fast.bucket_url = slow.bucket_url = "https://pictures.example"
    sent = 0
    async with fast.running(), slow.running():
        warm, talking = Counted(fast.app[FAST_PATH]), talk(fast.look)
        while sent < REQUESTS // 2:
            conversation = talking.conversation()
            assert await play(slow.port, conversation) == await play(fast.port, conversation), conversation
            sent += conversation.requests
            moved_s = talking.random.choice((0.0, 0.3, 1.7))
            for side in sides:
                side.studio.clock.advance(moved_s)

        assert await slow.numbers() == await fast.numbers()
        assert warm.number > fast.counted("302", "HIT") / 3
        for status, cache in (("302", "HIT"), ("200", "HIT"), ("200", "STALE"), ("429", "none")):
            assert fast.counted(status, cache), (status, cache)


async def test_a_warm_hit_is_traced_as_an_ordinary_one(sides: tuple[ContentSide, ContentSide]) -> None:
    seen = []
    for side in sides:
        with Collector() as collector:
            with traces(collector.url) as tracing:
                async with side.running(tracing):
                    request = f"GET /c/{side.look}/imdb/poster-default/{external(0)}.jpg HTTP/1.1\r\nHost: x\r\n\r\n"
                    await play(side.port, Conversation([request.encode()], 1))
                    await play(side.port, Conversation([request.encode()] * 5, 5))
            seen.append([picture_of(span) for span in collector.spans if span.attributes.get("http.route") == ROUTE])

    fast, slow = seen
    assert 6 == len(slow)
    assert slow == fast


def picture_of(span: Seen) -> tuple[str, object]:
    return f"{span.name} {span.kind} {span.parent} {span.links} {span.has_failed}", dict(span.attributes)
