"""Are single questions asked together, within every limit, and does each asker get what is its own?"""

import asyncio
from collections.abc import Collection

import pytest

from services.client.batcher import Batcher, MissingFromBatch
from shared.domain.errors import SourceDown

LONG_S = 60.0  # never waited for: such a batch must be full, or given up


class Source:
    """Answers every key with its text, but not the odd ones that it does not know; with a gate, it waits for that."""

    def __init__(self, *, unknown: Collection[int] = (), error: Exception | None = None) -> None:
        self.batches: list[set[int]] = []
        self.gate: asyncio.Event | None = None
        self.unknown = unknown
        self.error = error
        self.inside = 0
        self.most_inside = 0
        self.given_up = False

    async def __call__(self, keys: Collection[int]) -> dict[int, str]:
        self.batches.append(set(keys))
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        finally:
            self.inside -= 1
        if self.error:
            raise self.error
        return {key: str(key) for key in keys if key not in self.unknown}


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def asking(gatherer: Batcher[int, str], *keys: int) -> list["asyncio.Task[str]"]:
    return [asyncio.create_task(gatherer.get(key)) for key in keys]


async def test_a_full_batch_goes_at_once_and_the_rest_in_the_next() -> None:
    source = Source()
    gatherer = Batcher(source, max_size=3, wait_s=LONG_S)

    responses = await asyncio.gather(*asking(gatherer, *range(6)))

    assert [{0, 1, 2}, {3, 4, 5}] == source.batches
    assert ["0", "1", "2", "3", "4", "5"] == responses


async def test_a_batch_goes_after_its_wait_with_what_it_has() -> None:
    source = Source()
    gatherer = Batcher(source, max_size=3, wait_s=0.01)

    responses = await asyncio.gather(*asking(gatherer, 1, 2))

    assert ([{1, 2}], ["1", "2"]) == (source.batches, responses)


async def test_equal_keys_stand_in_a_batch_once() -> None:
    source = Source()
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)

    responses = await asyncio.gather(*asking(gatherer, 1, 1, 2))

    assert ([{1, 2}], ["1", "1", "2"]) == (source.batches, responses)


async def test_what_the_answer_leaves_out_may_be_asked_alone() -> None:
    source = Source(unknown={2})
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)

    known, unknown = asking(gatherer, 1, 2)

    assert "1" == await known
    with pytest.raises(MissingFromBatch):
        await unknown


async def test_an_accident_is_every_askers_and_the_next_batch_is_asked_anew() -> None:
    source = Source(error=SourceDown("x", "status 500"))
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)
    failed = await asyncio.gather(*asking(gatherer, 1, 2), return_exceptions=True)
    source.error = None

    responses = await asyncio.gather(*asking(gatherer, 1, 2))

    assert [SourceDown, SourceDown] == [type(error) for error in failed]
    assert ["1", "2"] == responses


async def test_one_who_leaves_before_the_batch_goes_is_not_asked_for() -> None:
    source = Source()
    gatherer = Batcher(source, max_size=3, wait_s=LONG_S)
    leaver, *others = asking(gatherer, 1, 2)
    await settle()
    leaver.cancel()
    await settle()

    responses = await asyncio.gather(*others, *asking(gatherer, 3, 4))

    assert ([{2, 3, 4}], ["2", "3", "4"]) == (source.batches, responses)


async def test_one_who_leaves_while_it_is_asked_leaves_the_others_alone() -> None:
    source = Source()
    source.gate = asyncio.Event()
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)
    leaver, other = asking(gatherer, 1, 2)
    await settle()
    leaver.cancel()
    await settle()

    source.gate.set()

    assert "2" == await other
    assert (True, False) == (leaver.cancelled(), source.given_up)


async def test_a_batch_that_all_have_left_is_given_up() -> None:
    source = Source()
    source.gate = asyncio.Event()
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)
    waiting = asking(gatherer, 1, 2)
    await settle()

    for task in waiting:
        task.cancel()
    await settle()

    assert source.given_up


async def test_whoever_comes_after_an_abandoned_batch_begins_a_new_one() -> None:
    source = Source()
    gatherer = Batcher(source, max_size=2, wait_s=LONG_S)
    (leaver,) = asking(gatherer, 1)
    await settle()
    leaver.cancel()
    await settle()

    responses = await asyncio.gather(*asking(gatherer, 2, 3))

    assert ([{2, 3}], ["2", "3"]) == (source.batches, responses)


async def test_only_so_many_batches_are_asked_at_once_and_one_that_waits_goes_on_collecting() -> None:
    source = Source()
    source.gate = asyncio.Event()
    gatherer = Batcher(source, max_size=2, wait_s=0.0, max_concurrent=1)
    first = asking(gatherer, 1, 2)
    await settle()
    waiting = asking(gatherer, 3)
    await asyncio.sleep(0.01)  # its wait is over, and it is not its turn
    late = asking(gatherer, 4)
    await settle()

    source.gate.set()
    await asyncio.gather(*first, *waiting, *late)

    assert (1, [{1, 2}, {3, 4}]) == (source.most_inside, source.batches)
