"""Callers waiting for a picture, woken by the message that its job is settled."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from shared.queue.messages import RenderDone


class Waiters:
    """Futures by the name of the picture they wait for."""

    def __init__(self) -> None:
        self._futures: dict[str, list[asyncio.Future[RenderDone]]] = {}

    @contextmanager
    def expect(self, picture: str) -> Iterator[asyncio.Future[RenderDone]]:
        """Yield a future that the next message about this picture fulfils."""
        future: asyncio.Future[RenderDone] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(picture, []).append(future)
        try:
            yield future
        finally:
            left = self._futures[picture]
            left.remove(future)
            if not left:
                del self._futures[picture]

    def notify(self, done: RenderDone) -> None:
        """Wake the callers that wait for this picture."""
        for future in self._futures.get(done.picture, ()):
            if not future.done():
                future.set_result(done)
