import pytest
from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics
from gateway.pictures.prefetch import LARGEST_BATCH, MOST_BUFFERED, REPEAT_AFTER_S, Prefetch, Recent
from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import HINTS_MAX
from shared.settings.digest import SettingsHash
from tests.clock import Clock
from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import POSTER, Edge, running

LOOK = SettingsHash("0" * 32)


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def hints(stores: MemoryStores, registry: CollectorRegistry, clock: Clock) -> Prefetch:
    return Prefetch(stores.offers, GatewayMetrics(registry), clock=clock)


def suggest(hints: Prefetch, *numbers: int) -> None:
    for number in numbers:
        hints.suggest(f"https://posters.example/{number}", LOOK, ExternalId(IdType.TMDB, number))


def outcome(registry: CollectorRegistry, name: str) -> float:
    return registry.get_sample_value("gateway_hints_total", {"outcome": name}) or 0.0


async def test_a_redirect_is_hinted_once(edge: Edge, stores: MemoryStores) -> None:
    locations = {await edge.location(POSTER) for _ in range(3)}
    await edge.flush()

    title = ExternalId(IdType.IMDB, 111_161)
    jobs = [job for batch in stores.offers.batches for job in batch]
    name = SettingsHash(locations.pop().split("/")[4])
    assert [RenderJob(settings_hash=name, title=title, lane=Priority.PREFETCH)] == jobs
    assert await stores.queue.is_announced(jobs[0].picture)


async def test_hints_leave_by_themselves(edge: Edge, stores: MemoryStores) -> None:
    await edge.location(POSTER)

    await stores.redis.asked("offers.offer")

    assert 1 == (await stores.queue.depth())[Priority.PREFETCH].waiting


async def test_many_hints_leave_in_batches(hints: Prefetch, stores: MemoryStores) -> None:
    suggest(hints, *range(1, 2 * LARGEST_BATCH + 6))

    await hints.flush()

    assert [LARGEST_BATCH, LARGEST_BATCH, 5] == [len(batch) for batch in stores.offers.batches]


async def test_beyond_the_buffer_hints_are_dropped_and_counted(
    hints: Prefetch, stores: MemoryStores, registry: CollectorRegistry
) -> None:
    suggest(hints, *range(1, MOST_BUFFERED + 4))

    await hints.flush()

    assert MOST_BUFFERED == sum(len(batch) for batch in stores.offers.batches)
    assert (3, HINTS_MAX) == (outcome(registry, "buffer_full"), outcome(registry, "queued"))


async def test_without_the_queue_hints_are_dropped_and_counted(
    hints: Prefetch, stores: MemoryStores, registry: CollectorRegistry
) -> None:
    stores.redis.is_down = True
    suggest(hints, 1, 2)

    await hints.flush()

    assert 2 == outcome(registry, "queue_down")

    stores.redis.is_down = False
    suggest(hints, 1)
    await hints.flush()

    assert 1 == outcome(registry, "queued")


async def test_a_picture_is_hinted_again_after_a_while(hints: Prefetch, stores: MemoryStores, clock: Clock) -> None:
    for _ in range(3):
        suggest(hints, 1)
        await hints.flush()
        clock.now += REPEAT_AFTER_S

    assert [1, 1] == [len(batch) for batch in stores.offers.batches]


def test_what_was_seen_lately_is_remembered_within_bounds(clock: Clock) -> None:
    recent = Recent(128, REPEAT_AFTER_S, clock)

    news = [recent.add(str(number)) for number in range(1000)]
    again = [recent.add(str(number)) for number in range(1000)]

    assert all(news)
    assert any(again)
    assert 128 == len(recent._table)


def test_what_was_seen_is_new_again_after_one_to_two_terms(clock: Clock) -> None:
    recent = Recent(128, REPEAT_AFTER_S, clock)
    clock.now += REPEAT_AFTER_S / 2
    recent.add("a")

    seen = []
    for _ in range(4):
        seen.append(recent.has("a"))
        clock.now += REPEAT_AFTER_S / 2

    assert [True, True, True, False] == seen
    assert recent.add("a")
    recent.forget("a")
    assert not recent.has("a")


async def test_hints_that_wait_when_the_process_stops_are_sent(stores: MemoryStores) -> None:
    async with running(stores) as edge:
        await edge.location(POSTER)

    assert 1 == (await stores.queue.depth())[Priority.PREFETCH].waiting
