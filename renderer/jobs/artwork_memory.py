"""Limits the artwork that is in memory between its download and the end of its job.

Its size is known only when it is there. So each file first takes a usual share, and a larger one that does not get more
at once is dropped, and fetched again when there is room for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from services.artwork import Art
from services.client.byte_budget import ByteBudget, OverBudget
from services.source import ArtSource, WrappedArtSource
from shared.domain.errors import Busy

HELD_BYTES: Final = 64 << 20
"""All artwork that jobs and plain pictures hold: thirty files of the usual share, or two of the largest."""

USUAL_BYTES: Final = 2 << 20

_holder: Final[ContextVar["_Holder | None"]] = ContextVar("holder", default=None)


class _Holder:
    """The shares of one job."""

    def __init__(self) -> None:
        self._shares: list[tuple[ByteBudget, int]] = []

    def add(self, memory: ByteBudget, size: int) -> None:
        self._shares.append((memory, size))

    def release(self) -> None:
        for memory, size in self._shares:
            memory.give_back(size)
        self._shares.clear()


@contextmanager
def holding_artwork() -> Iterator[None]:
    """Let the artwork that is fetched during the block, also by its tasks, count until the block ends."""
    holder = _Holder()
    token = _holder.set(holder)
    try:
        yield
    finally:
        _holder.reset(token)
        holder.release()


def release_artwork() -> None:
    """Note that the artwork fetched so far is not needed any more."""
    holder = _holder.get()
    if holder is not None:
        holder.release()


class LimitedArtwork(WrappedArtSource):
    """An ``ArtSource`` that wraps another one and waits for memory before it fetches."""

    def __init__(self, source: ArtSource, memory: ByteBudget) -> None:
        super().__init__(source)
        self._memory = memory

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the artwork, which counts until its job ends; see ``ArtSource``. Raises ``Busy``."""
        try:
            body, size = await self._fetch(art, width, USUAL_BYTES)
            if body is None:
                body, size = await self._fetch(art, width, size)
        except OverBudget as exc:
            raise Busy("too much artwork is in memory") from exc
        if body is None:
            raise Busy("artwork grew while it was fetched")
        holder = _holder.get()
        if holder is None:
            self._memory.give_back(size)
        else:
            holder.add(self._memory, size)
        return body

    async def _fetch(self, art: Art, width: int, share: int) -> tuple[bytes | None, int]:
        """Return the artwork and its share; ``None`` and its size when it is larger than the share that is left."""
        await self._memory.take(share)
        try:
            body = await self._source.fetch(art, width)
        except BaseException:
            self._memory.give_back(share)
            raise
        if self._memory.resize(share, len(body)):
            return body, len(body)
        self._memory.give_back(share)
        return None, len(body)
