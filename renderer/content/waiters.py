"""Callers waiting for a picture, woken by the message that its job is settled."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from shared.queue.messages import RenderDone


class Waiters:
    """Futures by the name of the picture they wait for."""

    def __init__(self) -> None:
        self._expected: dict[str, tuple[asyncio.Future[RenderDone], int]] = {}

    @contextmanager
    def expect(self, picture: str) -> Iterator[asyncio.Future[RenderDone]]:
        """Yield a future that the next message about this picture fulfils, the same to all who expect it at once."""
        future, users = self._expected.get(picture) or (asyncio.get_running_loop().create_future(), 0)
        self._expected[picture] = (future, users + 1)
        try:
            yield future
        finally:
            self._leave(picture)

    def _leave(self, picture: str) -> None:
        future, users = self._expected.pop(picture)
        if users > 1:
            self._expected[picture] = (future, users - 1)

    def notify(self, done: RenderDone) -> None:
        """Wake the callers that wait for this picture."""
        future, _ = self._expected.get(done.picture, (None, 0))
        if future is not None and not future.done():
            future.set_result(done)
