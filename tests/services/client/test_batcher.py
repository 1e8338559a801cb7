"""Single lookups are batched within every limit, and each caller gets its own result."""

import asyncio
from collections.abc import Collection

import pytest

from services.client.batcher import Batcher, MissingFromBatch
from shared.domain.errors import SourceDown

LONG_S = 60.0  # never waited for: such a batch must be full, or cancelled


class Source:
    """Returns the text of every known key; with a gate, it waits for that."""

    def __init__(self, *, unknown: Collection[int] = (), error: Exception | None = None) -> None:
        self.batches: list[set[int]] = []
        self.gate: asyncio.Event | None = None
        self.unknown = unknown
        self.error = error
        self.running = 0
        self.max_running = 0
        self.was_cancelled = False

    async def __call__(self, keys: Collection[int]) -> dict[int, str]:
        self.batches.append(set(keys))
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        finally:
            self.running -= 1
        if self.error:
            raise self.error
        return {key: str(key) for key in keys if key not in self.unknown}


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def start(batcher: Batcher[int, str], *keys: int) -> list["asyncio.Task[str]"]:
    return [asyncio.create_task(batcher.get(key)) for key in keys]


async def test_a_full_batch_is_sent_at_once_and_the_remainder_in_the_next() -> None:
    source = Source()
    batcher = Batcher(source, max_size=3, wait_s=LONG_S)

    responses = await asyncio.gather(*start(batcher, *range(6)))

    assert [{0, 1, 2}, {3, 4, 5}] == source.batches
    assert ["0", "1", "2", "3", "4", "5"] == responses


async def test_a_partial_batch_is_sent_after_the_wait() -> None:
    source = Source()
    batcher = Batcher(source, max_size=3, wait_s=0.01)

    responses = await asyncio.gather(*start(batcher, 1, 2))

    assert ([{1, 2}], ["1", "2"]) == (source.batches, responses)


async def test_a_batch_has_each_key_once() -> None:
    source = Source()
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)

    responses = await asyncio.gather(*start(batcher, 1, 1, 2))

    assert ([{1, 2}], ["1", "1", "2"]) == (source.batches, responses)


async def test_a_key_without_a_result_raises_missing_from_batch() -> None:
    source = Source(unknown={2})
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)

    known, unknown = start(batcher, 1, 2)

    assert "1" == await known
    with pytest.raises(MissingFromBatch):
        await unknown


async def test_an_error_reaches_every_caller_and_the_next_batch_starts_fresh() -> None:
    source = Source(error=SourceDown("x", "status 500"))
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)
    failed = await asyncio.gather(*start(batcher, 1, 2), return_exceptions=True)
    source.error = None

    responses = await asyncio.gather(*start(batcher, 1, 2))

    assert [SourceDown, SourceDown] == [type(error) for error in failed]
    assert ["1", "2"] == responses


async def test_a_caller_cancelled_before_sending_is_not_in_the_batch() -> None:
    source = Source()
    batcher = Batcher(source, max_size=3, wait_s=LONG_S)
    cancelled_caller, *others = start(batcher, 1, 2)
    await settle()
    cancelled_caller.cancel()
    await settle()

    responses = await asyncio.gather(*others, *start(batcher, 3, 4))

    assert ([{2, 3, 4}], ["2", "3", "4"]) == (source.batches, responses)


async def test_a_caller_cancelled_while_in_flight_does_not_affect_the_others() -> None:
    source = Source()
    source.gate = asyncio.Event()
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)
    cancelled_caller, other = start(batcher, 1, 2)
    await settle()
    cancelled_caller.cancel()
    await settle()

    source.gate.set()

    assert "2" == await other
    assert (True, False) == (cancelled_caller.cancelled(), source.was_cancelled)


async def test_a_batch_without_callers_is_cancelled() -> None:
    source = Source()
    source.gate = asyncio.Event()
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)
    waiting = start(batcher, 1, 2)
    await settle()

    for task in waiting:
        task.cancel()
    await settle()

    assert source.was_cancelled


async def test_the_next_caller_after_a_cancelled_batch_starts_a_new_one() -> None:
    source = Source()
    batcher = Batcher(source, max_size=2, wait_s=LONG_S)
    (cancelled_caller,) = start(batcher, 1)
    await settle()
    cancelled_caller.cancel()
    await settle()

    responses = await asyncio.gather(*start(batcher, 2, 3))

    assert ([{2, 3}], ["2", "3"]) == (source.batches, responses)


async def test_concurrent_batches_are_limited_and_a_waiting_one_goes_on_collecting() -> None:
    source = Source()
    source.gate = asyncio.Event()
    batcher = Batcher(source, max_size=2, wait_s=0.0, max_concurrent=1)
    first = start(batcher, 1, 2)
    await settle()
    waiting = start(batcher, 3)
    await asyncio.sleep(0.01)  # its wait is over, but no slot is free
    late = start(batcher, 4)
    await settle()

    source.gate.set()
    await asyncio.gather(*first, *waiting, *late)

    assert (1, [{1, 2}, {3, 4}]) == (source.max_running, source.batches)
