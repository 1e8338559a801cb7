"""The fast path sends the same bytes as the ordinary way, and leaves the same numbers, whatever it is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.app import DRAIN_S, build_app
from gateway.app_keys import CHANGE_FEED, PREFETCH, USAGE
from gateway.db.global_settings import GlobalRow
from gateway.db.title_pins import EVERYBODY, NamedPin
from gateway.keys import known_keys
from gateway.keys.api_key import ApiKey
from gateway.keys.token import FREE_KEY
from gateway.pictures import prefetch, rate_limits
from gateway.pictures.settings_per_day import SettingsPerDay
from gateway.pictures.warm_redirects import WarmRedirects
from shared.config.environment import Address
from shared.http.fast_path import FAST_PATH
from shared.http.server import serve
from shared.observability.health import Probes
from shared.observability.tracer import OFF, Tracing
from shared.settings.digest import SettingsHash
from shared.stores.rate_limiter import Rate, RateLimiter
from tests.clock import Clock
from tests.collector import Collector, Seen
from tests.gateway.doubles import KEY, SHARE, MemoryStores, digest
from tests.gateway.edge import POSTER, TODAY, config
from tests.shared.http.differential import Conversation, Counted, Talk, play
from tests.shared.observability.test_tracing import traces
from tests.unlimited import no_limits

REQUESTS, MANY_REQUESTS = 2000, 20_000
BUSY, DIRECT, PROFILED, UNKNOWN = "b" * 64, "d" * 64, "e" * 64, "f" * 64
QUOTA = 40
ROUTE = "/{key}/{id_type}/{style}/{file}"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OF_PICTURES = [
    f"imdb/{style}/{title}{ending}{query}"
    for style in ("poster-default", "logo-default", "backdrop-default", "poster-rt", "textless-default", "mine")
    for title, ending in (("tt0111161", ".jpg"), ("0903747", ""), ("tt0903747:1:2", ".WEBP"), ("tt0000001", ".png"))
    for query in ("", "?", "?ratings_limit=3", "?imageSize=large&lang=de%2Cen", "?fallback=true", "?order=imdb&x=$!'")
]
PINS = [
    NamedPin(who, "movie-278", kind, f"{who}.jpg", ["imdb:tt0111161", "imdb:tt0903747"])
    for who in (EVERYBODY, 10, 12)
    for kind in ("poster", "logo")
]
TARGETS = [f"/{key}/{picture}" for key in (KEY, SHARE, FREE_KEY, BUSY, PROFILED) for picture in OF_PICTURES[::5]]
ODD_TARGETS = [
    *(f"/{key}/{OF_PICTURES[0]}" for key in (DIRECT, UNKNOWN, "malformed", "", "..", f"t1-{KEY}", KEY.upper(), "api")),
    *(
        f"/{KEY}/{rest}"
        for rest in (
            "imdb/poster-default/tt0111161%2Ejpg", "imdb/poster-default/../tt0111161.jpg", "imdb//tt0111161.jpg",
            "imdb/poster-default/tt0111161.jpg#part", "imdb/poster-default/tt0111161.jpg?a#b", "imdb/poster-default/",
            "imdb/poster-default/tt0111161.gif", "imdb/none-default/tt1.jpg", "tmdb/poster-default/278.jpg",
            "tmdb/poster-default/movie-278-the-\xe9.jpg", "tmdb/poster-default/movie-278-a%20b.jpg", "imdb/x/y/z",
            "tmdb/poster-default/movie-278-a|b.jpg", "imdb/poster-default/tt0111161.jpg?ratings_limit=99",
            "imdb/poster-default/tt0111161.jpg?ratings_limit=1&ratings_limit=%32",
            "imdb/poster-default/tt0111161.jpg?a?b/c",
            f"imdb/poster-default/tt0111161.jpg?x={'y' * 600}", f"imdb/poster-default/tt0111161.jpg?x={'y' * 5000}",
            'imdb/poster-default/tt0111161.jpg?lang="<>\\^`{|}', "imdb/poster-default/tt 0111161.jpg", "isValid",
            "requests",
            "imdb/episode-default/tt0111161.jpg", "imdb/Poster-Default/tt0111161.jpg",
            "imdb;a/poster-default/tt0111161.jpg",
        )
    ),
    f"http://posters.example{POSTER}", f"//{POSTER[1:]}", f"/{POSTER}", f"/api{POSTER}", "/", "*", "/livez", "//", "",
    "x",
    f"{POSTER}\x00", POSTER + "/" + "z" * 17_000,
]  # fmt: skip


class Side:
    """A gateway with stores of its own, and limits whose clock is the test's."""

    def __init__(self, clock: "Clock", **changes: str) -> None:
        self.stores, self.registry = MemoryStores(), CollectorRegistry()
        for text, api_key in {
            BUSY: ApiKey(10, QUOTA),
            DIRECT: ApiKey(11, is_direct=True),
            PROFILED: ApiKey(12, overrides='{"ratings_limit": 2}', profiles='{"mine": ["logo", "{}"]}'),
        }.items():
            self.stores.keys.api_keys[digest(text)] = api_key
        self._redis = Redis(port=1)  # where none is: each side counts by itself
        self.rates = RateLimiter(self._redis, clock=clock)
        self._changes = changes

    @asynccontextmanager
    async def running(self, tracing: Tracing = OFF) -> AsyncIterator["Side"]:
        settings = config(TRUSTED_PROXIES="127.0.0.1", RENDERER_URL="http://127.0.0.1:1", **self._changes)
        stores = replace(self.stores.as_stores(), rates=self.rates)
        self.app: web.Application = build_app(settings, stores, self.registry, Probes(), tracing=tracing)
        self.app[USAGE]._today = lambda: TODAY
        limits = no_limits()
        async with self._redis, serve(self.app, Address("127.0.0.1", 0), drain_s=DRAIN_S, limits=limits) as self.port:
            await self.app[CHANGE_FEED].poll()
            yield self

    async def change(self, settings: str, quota: int, pins: list[NamedPin]) -> None:
        """Change the global settings, a key's limit and pinned art, as an admin does."""
        self.stores.changes.chosen = GlobalRow(settings, free_key_enabled=True)
        self.stores.keys.api_keys[digest(BUSY)] = ApiKey(10, quota)
        self.stores.changes.pinned = pins
        self.stores.changes.told += [None, 10, EVERYBODY]
        await self.app[CHANGE_FEED].poll()

    def counted(self, outcome: str) -> float:
        labels = {"route": "picture", "outcome": outcome}
        return self.registry.get_sample_value("gateway_requests_total", labels) or 0.0

    async def numbers(self) -> dict[str, Any]:
        """Return all that requests leave behind, apart from times."""
        await self.app[PREFETCH].flush()
        await self.app[USAGE].flush()
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name.startswith("gateway_") and not sample.name.endswith(("_bucket", "_sum", "_created"))
            and sample.name != "gateway_usage_flushes_total"
        }  # fmt: skip
        return {
            "samples": samples,
            "usage": dict(self.stores.usage.stored),
            "announced": [(job.settings_hash, job.title) for batch in self.stores.offers.batches for job in batch],
            "limits": {name: cell.free_at for name, cell in (self.rates._former | self.rates._cells).items()},
        }


@pytest.mark.parametrize("number", [REQUESTS, pytest.param(MANY_REQUESTS, marks=pytest.mark.stress)])
async def test_whatever_is_sent_the_bytes_and_the_numbers_are_those_of_the_ordinary_way(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "PICTURES", Rate("pictures", 25, 200))  # which is soon reached
    for module, name in ((known_keys, "LIFETIME_S"), (known_keys, "AHEAD_S"), (prefetch, "REPEAT_AFTER_S")):
        monkeypatch.setattr(module, name, 1e6)  # however long a busy machine takes
    assert SettingsPerDay.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(SettingsPerDay.__init__.__kwdefaults__, "clock", lambda: 1e9)  # refusals tell the time
    clock, talk, sent = (
        Clock(),
        Talk(16, TARGETS, ODD_TARGETS, ["traceparent: 00-" + "1" * 32 + "-" + "1" * 16 + "-01"]),
        0,
    )
    async with AsyncExitStack() as stack:
        caps = {"FREE_KEY_SETTINGS_PER_DAY": "3", "KEY_SETTINGS_PER_DAY": "8"}
        fast = await stack.enter_async_context(Side(clock, **caps).running())
        slow = await stack.enter_async_context(Side(clock, FAST_PATH="false", **caps).running())
        warm = Counted(fast.app[FAST_PATH])

        while sent < number:
            conversation = talk.conversation()
            assert await play(slow.port, conversation) == await play(fast.port, conversation), conversation
            sent += conversation.requests
            clock.now += talk.random.random() * 0.05
            if talk.random.random() < 0.02:
                settings, quota, pins = (
                    talk.random.choice(("{}", '{"ratings_limit": 4}')),
                    talk.random.choice((0, QUOTA, 2 * QUOTA)),
                    talk.random.choice(([], PINS[:1], PINS)),
                )
                await asyncio.gather(*(side.change(settings, quota, pins) for side in (fast, slow)))
                assert await slow.numbers() == await fast.numbers()

        assert await slow.numbers() == await fast.numbers()
        assert FAST_PATH not in slow.app
        assert warm.number > fast.counted("ok") / 3
        for cause in ("quota_spent", "too_many", "key_refused", "bad_request", "unknown_profile", "store_down"):
            assert fast.counted(cause), cause
        for outcome in ("admitted", "refused"):
            assert fast.registry.get_sample_value("gateway_settings_of_day_total", {"outcome": outcome}), outcome


async def test_a_warm_redirect_marks_its_settings_once_in_each_term() -> None:
    async with Side(Clock()).running() as side:
        await play(side.port, asked("GET", 3))
        answers = side.app[FAST_PATH].answers
        assert isinstance(answers, WarmRedirects)
        usage = answers._deps.settings_usage
        await usage.flush()
        usage.term += 1
        marks = []
        for _ in range(2):
            assert answers.answer("GET", POSTER, "203.0.113.1")
            side.stores.notes.noted.clear()
            await usage.flush()
            marks.append(len(side.stores.notes.noted))

    assert [1, 0] == marks


async def test_settings_that_were_deleted_are_stored_again_before_the_next_redirect() -> None:
    async with Side(Clock()).running() as side:
        await play(side.port, asked("GET", 3))
        answers, store = side.app[FAST_PATH].answers, side.stores.settings_store
        (name,) = store.stored
        store.invalidate(SettingsHash("0" * 32))
        others = [answers.answer("GET", POSTER, "203.0.113.1") is not None for _ in range(2)]
        store.invalidate(name)
        own = answers.answer("GET", POSTER, "203.0.113.1")
        store.stored.clear()
        await play(side.port, asked("GET", 1))
        again = answers.answer("GET", POSTER, "203.0.113.1")

    assert [True, True] == others
    assert own is None
    assert [name] == list(store.stored)
    assert again is not None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_warm_redirect_is_traced_as_an_ordinary_one(method: str) -> None:
    seen: list[list[tuple[str, object]]] = []
    for fast_path in ("true", "false"):
        with Collector() as collector:
            with traces(collector.url) as tracing:
                async with Side(Clock(), FAST_PATH=fast_path).running(tracing) as side:
                    await play(side.port, asked(method, 3))
                    assert_exemplar(side)
            seen.append([picture_of(span) for span in collector.spans if span.attributes.get("http.route") == ROUTE])

    fast, slow = seen
    assert 3 == len(slow)
    assert slow == fast


async def test_a_trace_that_a_proxy_forwards_is_continued() -> None:
    with Collector() as collector, traces(collector.url, share=0.0) as tracing:
        async with Side(Clock()).running(tracing) as side:
            warm = Counted(side.app[FAST_PATH])
            await play(side.port, asked("GET", 9))
            untraced = warm.number
            await play(side.port, asked("GET", 2, f"traceparent: 00-{TRACE}-{'1' * 16}-01\r\n"))

    assert 0 < untraced == warm.number
    assert [TRACE, TRACE] == [span.trace_id for span in collector.spans if span.kind == "server"]


def asked(method: str, times: int, headers: str = "") -> Conversation:
    request = f"{method} {POSTER} HTTP/1.1\r\nHost: posters.example\r\n{headers}\r\n".encode()
    return Conversation([request] * times, times)


def picture_of(span: Seen) -> tuple[str, object]:
    return f"{span.name} {span.kind} {span.parent} {span.links} {span.has_failed}", dict(span.attributes)


def assert_exemplar(side: Side) -> None:
    (family,) = (each for each in side.registry.collect() if each.name == "gateway_redirect_seconds")
    assert [sample for sample in family.samples if sample.exemplar]
