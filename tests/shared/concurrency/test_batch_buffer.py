"""What every user of ``BatchBuffer`` relies on, whether failed batches are kept or dropped."""

import asyncio
import operator
from abc import abstractmethod

import pytest

from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import StoreDown


class Store:
    """Takes batches, unless it is down, hangs, or is broken."""

    def __init__(self) -> None:
        self.batches: list[dict[str, int]] = []
        self.failures: list[tuple[dict[str, int], type[Exception]]] = []
        self.attempts = 0
        self.error: Exception | None = None
        self.hangs = False
        self.written = asyncio.Event()
        self.reached = asyncio.Event()

    async def write(self, batch: dict[str, int]) -> None:
        self.attempts += 1
        self.reached.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        self.written.set()

    def failed(self, batch: dict[str, int], error: Exception) -> None:
        self.failures.append((batch, type(error)))


@pytest.fixture
def store() -> Store:
    return Store()


class BatchBufferContract:
    keep_failed: bool

    @abstractmethod
    def left(self, *items: int) -> list[tuple[str, int]]:
        """Return what is left of the items of a batch that failed."""

    def make(self, store: Store, *, batch: int = 2, max_waiting: int | None = 5) -> BatchBuffer[str, int]:
        return BatchBuffer(
            store.write,
            every_s=0.0,
            batch=batch,
            max_waiting=max_waiting,
            keep_failed=self.keep_failed,
            deadline_s=0.05,
            failed=store.failed,
        )

    def filled(self, store: Store, *items: int) -> BatchBuffer[str, int]:
        buffer = self.make(store)
        for item in items:
            assert buffer.add(str(item), item)
        return buffer

    async def test_all_is_written_in_batches_oldest_first(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3)

        assert await buffer.flush()

        assert [{"1": 1, "2": 2}, {"3": 3}] == store.batches
        assert 0 == len(buffer)

    async def test_an_empty_buffer_writes_nothing(self, store: Store) -> None:
        assert await self.make(store).flush()

        assert 0 == store.attempts

    async def test_one_item_beyond_the_limit_is_refused_and_a_known_one_replaced(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3, 4, 5)

        assert (False, True) == (buffer.add("6", 6), buffer.add("5", 50))
        assert [("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5", 50)] == list(buffer)

    async def test_without_a_limit_all_items_have_room(self, store: Store) -> None:
        buffer = self.make(store, max_waiting=None)

        assert all(buffer.add(str(number), number) for number in range(1000))

    async def test_the_oldest_item_makes_room(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3, 4, 5)

        buffer.drop_oldest()

        assert buffer.add("6", 6)
        assert [2, 3, 4, 5, 6] == [item for _, item in buffer]

    @pytest.mark.parametrize("error", [StoreDown("down"), TimeoutError()])
    async def test_a_failed_batch_ends_the_flush_and_the_rest_is_kept(self, store: Store, error: Exception) -> None:
        buffer = self.filled(store, 1, 2, 3)
        store.error = error

        assert not await buffer.flush()

        assert 1 == store.attempts
        assert [({"1": 1, "2": 2}, type(error))] == store.failures
        assert [*self.left(1, 2), ("3", 3)] == list(buffer)

    async def test_a_write_that_hangs_fails_at_the_deadline(self, store: Store) -> None:
        buffer = self.filled(store, 1)
        store.hangs = True

        assert not await buffer.flush()

        assert [({"1": 1}, TimeoutError)] == store.failures
        assert self.left(1) == list(buffer)

    async def test_what_is_left_is_written_once_the_store_is_back(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3)
        store.error = StoreDown("down")
        await buffer.flush()
        store.error = None

        assert await buffer.flush()

        assert dict([*self.left(1, 2), ("3", 3)]) == {
            name: item for batch in store.batches for name, item in batch.items()
        }

    async def test_an_unexpected_error_is_raised_and_treats_the_batch_alike(self, store: Store) -> None:
        buffer = self.filled(store, 1)
        store.error = ZeroDivisionError()

        with pytest.raises(ZeroDivisionError):
            await buffer.flush()

        assert self.left(1) == list(buffer)

    async def test_a_flush_that_is_cancelled_treats_the_batch_alike(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3)
        store.hangs = True
        flush = asyncio.create_task(buffer.flush())
        await store.reached.wait()

        await cancel_and_wait(flush)

        assert [*self.left(1, 2), ("3", 3)] == list(buffer)

    async def test_a_batch_in_flight_counts_against_the_limit(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3, 4, 5)
        store.hangs = True
        flush = asyncio.create_task(buffer.flush())
        await store.reached.wait()

        assert (5, False) == (len(buffer), buffer.add("6", 6))

        await cancel_and_wait(flush)

    async def test_an_item_added_again_during_its_write_is_written_again(self, store: Store) -> None:
        buffer = self.filled(store, 1)
        store.hangs = True
        flush = asyncio.create_task(buffer.flush())
        await store.reached.wait()
        buffer.add("1", 10)
        await flush
        store.hangs = False

        await buffer.flush()

        assert [{"1": 10}] == store.batches

    async def test_a_running_buffer_writes_what_is_added(self, store: Store) -> None:
        buffer = self.make(store)
        running = asyncio.create_task(buffer.run())
        for number in (1, 2):
            store.written.clear()
            buffer.add(str(number), number)
            async with asyncio.timeout(30):
                await store.written.wait()

        await cancel_and_wait(running)

        assert [{"1": 1}, {"2": 2}] == store.batches

    async def test_a_running_buffer_outlasts_an_outage(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2, 3)
        store.error = StoreDown("down")
        running = asyncio.create_task(buffer.run())
        await store.reached.wait()
        store.error = None
        async with asyncio.timeout(30):
            await store.written.wait()

        await cancel_and_wait(running)

        assert store.failures

    async def test_clearing_drops_what_waits(self, store: Store) -> None:
        buffer = self.filled(store, 1, 2)

        buffer.clear()
        await buffer.flush()

        assert (0, 0) == (len(buffer), store.attempts)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(buffer.wait(), 0.01)


class TestKeeping(BatchBufferContract):
    """Counts, settings in use and CDN purges: what was not written is written later."""

    keep_failed = True

    def left(self, *items: int) -> list[tuple[str, int]]:
        return [(str(item), item) for item in items]


class TestDropping(BatchBufferContract):
    """Prefetch hints, last access, rate limits and keys read ahead: a failed batch is not tried again."""

    keep_failed = False

    def left(self, *_items: int) -> list[tuple[str, int]]:
        return []


async def test_counts_of_one_key_are_merged_before_during_and_after_a_failed_write(store: Store) -> None:
    buffer: BatchBuffer[str, int] = BatchBuffer(
        store.write, every_s=0.0, batch=1, max_waiting=None, keep_failed=True, deadline_s=0.05, merge=operator.add
    )
    buffer.add("day", 1)
    buffer.add("day", 2)
    store.hangs = True
    flush = asyncio.create_task(buffer.flush())
    await store.reached.wait()
    buffer.add("day", 4)
    during = list(buffer)
    await flush
    store.hangs = False
    await buffer.flush()

    assert [("day", 3), ("day", 4)] == during
    assert [{"day": 7}] == store.batches


async def test_after_a_failure_the_pause_is_another(store: Store) -> None:
    buffer: BatchBuffer[str, int] = BatchBuffer(
        store.write, every_s=0.0, retry_s=3600.0, batch=1, max_waiting=None, keep_failed=True
    )
    store.error = StoreDown("down")
    buffer.add("a", 1)
    running = asyncio.create_task(buffer.run())
    await store.reached.wait()
    store.error = None
    for _ in range(5):
        await asyncio.sleep(0)

    await cancel_and_wait(running)

    assert (1, [("a", 1)]) == (store.attempts, list(buffer))


async def test_a_prompt_buffer_writes_the_first_item_at_once_and_the_next_after_the_pause(store: Store) -> None:
    buffer: BatchBuffer[str, int] = BatchBuffer(
        store.write, every_s=60.0, batch=5, max_waiting=None, keep_failed=True, is_prompt=True
    )
    running = asyncio.create_task(buffer.run())
    buffer.add("a", 1)
    buffer.add("b", 2)
    async with asyncio.timeout(30):
        await store.written.wait()
    buffer.add("c", 3)
    for _ in range(5):
        await asyncio.sleep(0)
    await cancel_and_wait(running)

    assert [{"a": 1, "b": 2}] == store.batches
    assert [("c", 3)] == list(buffer)
