"""Collects items in memory without I/O and writes them in batches."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Generic, NoReturn, TypeAlias, TypeVar

from shared.domain.errors import MarqueeError

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

Failed: TypeAlias = Callable[[dict[_K, _V], Exception], object]
"""What to do when a batch could not be written, such as logging and counting."""


class BatchBuffer(Generic[_K, _V]):
    """Items by key, oldest first, waiting for ``write``.

    A write fails when it raises a ``MarqueeError`` or takes longer than ``deadline_s``. Then ``failed`` is called, the
    flush ends, and the batch is kept in front of the others with ``keep_failed``, else dropped. The batches behind it
    always stay. Any other error of ``write`` is raised. ``merge`` combines an older and a newer value of one key;
    without it the newer one replaces the older. With ``is_prompt``, :meth:`run` writes the first item after a pause at
    once, with the others of that turn of the event loop.
    """

    def __init__(
        self,
        write: Callable[[dict[_K, _V]], Awaitable[object]],
        *,
        every_s: float,
        batch: int,
        max_waiting: int | None,
        keep_failed: bool,
        deadline_s: float | None = None,
        retry_s: float | None = None,
        failed: Failed[_K, _V] | None = None,
        merge: Callable[[_V, _V], _V] | None = None,
        is_prompt: bool = False,
    ) -> None:
        self.every_s, self.batch, self.max_waiting = every_s, batch, max_waiting
        self._write, self._failed, self._merge = write, failed, merge
        self._keep_failed, self._deadline_s, self._is_prompt = keep_failed, deadline_s, is_prompt
        self._retry_s = every_s if retry_s is None else retry_s
        self._waiting: dict[_K, _V] = {}
        self._in_flight: dict[_K, _V] = {}
        self._any = asyncio.Event()
        self._has_failed = False

    def __len__(self) -> int:
        """Return how many items are not written yet, the batch in flight included."""
        return len(self._waiting) + len(self._in_flight)

    def __iter__(self) -> Iterator[tuple[_K, _V]]:
        """Yield every item that is not written yet."""
        yield from self._in_flight.items()
        yield from self._waiting.items()

    def add(self, key: _K, value: _V) -> bool:
        """Add an item, without I/O; return ``False`` when the buffer is full and the item was not added."""
        waiting = self._waiting
        if key in waiting:
            value = value if self._merge is None else self._merge(waiting[key], value)
        elif self.max_waiting is not None and len(waiting) + len(self._in_flight) >= self.max_waiting:
            return False
        waiting[key] = value
        if len(waiting) == 1:
            self._any.set()
        return True

    def drop_oldest(self) -> None:
        """Make room for one more item; a batch in flight is not touched."""
        if self._waiting:
            del self._waiting[next(iter(self._waiting))]
        self._signal()

    def clear(self) -> None:
        """Drop every item that waits."""
        self._waiting.clear()
        self._signal()

    async def wait(self) -> None:
        """Return when there is an item to write."""
        await self._any.wait()

    async def run(self) -> NoReturn:
        """Write ``every_s`` seconds after the first item arrived (``retry_s`` after a failure), until cancelled."""
        written_at = float("-inf")
        while True:
            await self._any.wait()
            pause_s = self._retry_s if self._has_failed else self.every_s
            passed_s = time.monotonic() - written_at if self._is_prompt else 0.0
            await asyncio.sleep(max(0.0, pause_s - passed_s))
            await self.flush()
            written_at = time.monotonic()

    async def flush(self) -> bool:
        """Write all that waits now, batch by batch; return ``False`` when a batch failed."""
        for _ in range(-(-len(self._waiting) // self.batch)):
            if not await self.flush_batch():
                return False
        return True

    async def flush_batch(self) -> bool:
        """Write the oldest batch; return whether that succeeded. An empty buffer succeeds without a write."""
        batch = dict(islice(self._waiting.items(), self.batch))
        if not batch:
            return True
        with self._taken(batch):
            try:
                async with asyncio.timeout(self._deadline_s):
                    await self._write(batch)
            except (MarqueeError, TimeoutError) as error:
                self._has_failed = True
                self._restore()
                if self._failed is not None:
                    self._failed(batch, error)
                return False
        self._has_failed = False
        return True

    @contextmanager
    def _taken(self, batch: dict[_K, _V]) -> Iterator[None]:
        """Take the batch out while it is written, so that an item added in the meantime is written again."""
        for key in batch:
            del self._waiting[key]
        self._in_flight = batch
        try:
            yield
        except BaseException:
            self._restore()
            raise
        finally:
            self._in_flight = {}
            self._signal()

    def _signal(self) -> None:
        """Let :meth:`wait` return exactly while there is an item."""
        if self._waiting:
            self._any.set()
        else:
            self._any.clear()

    def _restore(self) -> None:
        """Put a batch that was not written back in front of newer items, if failed batches are kept."""
        failed, self._in_flight = self._in_flight, {}
        if not self._keep_failed or not failed:
            return
        newer, self._waiting = self._waiting, dict(failed)
        for key, value in newer.items():
            both = self._merge is not None and key in failed
            self._waiting[key] = self._merge(failed[key], value) if both and self._merge else value
