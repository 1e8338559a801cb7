"""Reads from an S3 that is overloaded, breaks connections or is slow."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from renderer.metrics import RendererMetrics
from renderer.storage.object_metadata import to_s3
from renderer.storage.s3 import S3Storage
from renderer.storage.s3_concurrency import MIN_CALLS, S3Concurrency
from shared.domain.errors import StoreDown, StoreRefused
from tests.contracts.stand_in import answering
from tests.contracts.test_storage import picture

MAX_CALLS: Final = 16
SLOW_DOWN: Final = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Scripted:
    """A store with one picture, which it returns after the answers that are scripted."""

    script: deque[Answer] = field(default_factory=deque)
    calls: int = 0
    in_progress: int = 0
    most_in_progress: int = 0
    gate: asyncio.Event | None = None
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        self.in_progress += 1
        self.most_in_progress = max(self.most_in_progress, self.in_progress)
        try:
            await request.read()
            if self.gate is not None:
                await self.gate.wait()
            return await (self.script.popleft() if self.script else stored)(request)
        finally:
            self.in_progress -= 1


async def stored(request: web.Request) -> web.Response:
    if request.method == "PUT":
        return web.Response()
    found = picture()
    headers = {f"x-amz-meta-{name}": value for name, value in to_s3(found.metadata).items()}
    return web.Response(body=found.body, headers=headers | {"Content-Type": "image/jpeg"})


def status(number: int, body: str = SLOW_DOWN) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=number, text=body, content_type="application/xml")

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    return await hang_up(request)


@pytest.fixture
async def store() -> AsyncIterator[Scripted]:
    store = Scripted()
    async with answering(store.answer) as store.url:
        yield store


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def opened(store: Scripted, registry: CollectorRegistry) -> AbstractAsyncContextManager[S3Storage]:
    return S3Storage.open(
        endpoint_url=store.url,
        region="us-east-1",
        bucket="pictures",
        access_key="a",
        secret_key="b",
        max_connections=MAX_CALLS,
        metrics=RendererMetrics(registry),
    )


def limit(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("renderer_s3_calls_limit")


@pytest.mark.parametrize(
    "failure", [status(500), status(502), status(503), status(504), hang_up, cut_short],
    ids=["500", "502", "503", "504", "hangs up", "cut short"],
)  # fmt: skip
async def test_a_read_is_repeated_once(store: Scripted, registry: CollectorRegistry, failure: Answer) -> None:
    store.script.append(failure)

    async with opened(store, registry) as s3:
        found = await s3.get("c/a.jpg")

    assert picture() == found
    assert 2 == store.calls


async def test_a_read_of_metadata_is_repeated_once(store: Scripted, registry: CollectorRegistry) -> None:
    store.script.append(status(503))

    async with opened(store, registry) as s3:
        found = await s3.head("c/a.jpg")

    assert picture().metadata == found


async def test_a_read_is_repeated_no_more_than_once(store: Scripted, registry: CollectorRegistry) -> None:
    store.script.extend([status(503)] * 3)

    async with opened(store, registry) as s3:
        with pytest.raises(StoreDown, match="s3: SlowDown: Please reduce"):
            await s3.get("c/a.jpg")

    assert 2 == store.calls
    assert 1 == registry.get_sample_value("renderer_s3_repetitions_total")


async def test_a_refusal_is_not_repeated(store: Scripted, registry: CollectorRegistry) -> None:
    store.script.append(status(403, SLOW_DOWN.replace("SlowDown", "AccessDenied")))

    async with opened(store, registry) as s3:
        with pytest.raises(StoreRefused, match="s3: AccessDenied: Please reduce"):
            await s3.get("c/a.jpg")

    assert 1 == store.calls


async def test_a_silent_store_is_given_up_once(store: Scripted, registry: CollectorRegistry) -> None:
    store.gate = asyncio.Event()

    async with opened(store, registry) as s3:
        with pytest.raises(StoreDown):
            await s3.get("c/a.jpg")
        store.gate.set()

    assert 1 == store.calls  # the time for a caller is over


async def test_an_overload_halves_the_calls_in_progress_and_successes_raise_them(
    store: Scripted, registry: CollectorRegistry
) -> None:
    store.script.append(status(503))

    async with opened(store, registry) as s3:
        before = limit(registry)
        await s3.get("c/a.jpg")
        after = limit(registry)
        for number in range(100):
            await s3.get(f"c/{number}.jpg")

    assert (MAX_CALLS, MAX_CALLS / 2, MAX_CALLS) == (before, after, limit(registry))
    assert 1 == registry.get_sample_value("renderer_s3_overloads_total")


async def test_an_overload_of_writes_counts_also_where_the_write_is_repeated(
    store: Scripted, registry: CollectorRegistry
) -> None:
    store.script.append(status(503))

    async with opened(store, registry) as s3:
        await s3.put("c/a.jpg", picture())

    assert MAX_CALLS / 2 == limit(registry)


async def test_no_more_calls_are_in_progress_than_the_limit(store: Scripted, registry: CollectorRegistry) -> None:
    store.script.append(status(503))
    async with opened(store, registry) as s3:
        await s3.get("c/a.jpg")
        store.gate, store.most_in_progress = asyncio.Event(), 0
        reads = [asyncio.ensure_future(s3.get(f"c/{number}.jpg")) for number in range(MAX_CALLS)]
        while store.in_progress < MAX_CALLS / 2:  # noqa: ASYNC110 - the server's own count
            await asyncio.sleep(0.005)
        in_progress = store.in_progress
        store.gate.set()
        found = await asyncio.gather(*reads)

    assert MAX_CALLS / 2 == in_progress
    assert [picture()] * MAX_CALLS == found


async def test_the_limit_has_a_floor_and_one_overload_counts_once() -> None:
    now = [0.0]
    calls = S3Concurrency(MAX_CALLS, clock=lambda: now[0])

    limits = []
    for _ in range(4):
        for _ in range(10):  # calls that were in progress together
            calls.overloaded()
        limits.append(calls.limit)
        now[0] += 1.0

    assert [8, 4, MIN_CALLS, MIN_CALLS] == limits


async def test_a_call_that_gives_up_leaves_its_turn_to_the_next() -> None:
    calls = S3Concurrency(1)
    entered: list[str] = []

    async def call(name: str) -> None:
        async with calls.turn():
            entered.append(name)

    async with calls.turn():
        first, second = asyncio.ensure_future(call("first")), asyncio.ensure_future(call("second"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    await second

    assert ["second"] == entered
