"""A question that a source answered well before, asked again when it is doubtful whose trouble a failure is."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from services.client.failure_scope import question_of
from services.client.http import Request, Response
from services.client.key_pool import FIRST_REST_S, Permit
from shared.domain.errors import MarqueeError, SourceError, SourceRefused

Attempt = Callable[[Permit, Request, Callable[[Response], Any]], Awaitable[Any]]
"""Makes one attempt with a permit."""

Acquire = Callable[[Sequence[int]], Awaitable[Permit]]
"""Returns a permit for one of these keys, of any key if there are none."""

_CONVICTED_S: Final = FIRST_REST_S  # requests that were refused at the same moment need no check of their own


class WellKnownQuestion:
    """The last question that was answered well, and what it has shown about each key. Of this process alone."""

    def __init__(
        self,
        attempt: Attempt,
        acquire: Acquire,
        *,
        keys: int,
        acquitted_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempt, self._acquire, self._acquitted_s, self._clock = attempt, acquire, acquitted_s, clock
        self._known: tuple[Request, Callable[[Response], Any]] | None = None
        self._locks = [asyncio.Lock() for _ in range(keys)]
        self._verdicts = [(False, 0.0)] * keys

    def remember(self, request: Request, read: Callable[[Response], Any]) -> None:
        """Remember a question that was answered well; a POST may do more than ask, so it is never repeated."""
        if not request.body:
            self._known = (request, read)

    async def is_readable(self) -> bool:
        """Return whether the source still gives a readable answer.

        ``False`` if it never did. ``True`` if it cannot be asked now, which says nothing against the source.
        """
        if self._known is None:
            return False
        try:
            await self._attempt(await self._acquire(()), *self._known)
        except SourceRefused:
            return True
        except SourceError:
            return False
        except MarqueeError:
            return True
        return True

    async def acquits(self, index: int, request: Request) -> bool:
        """Return whether a key that was refused for one question still gets an answer to the well-known one.

        Concurrent callers share one check, and a good result is relied on for a while. ``False`` if nothing is known
        to ask, or nothing but what was refused.
        """
        async with self._locks[index]:
            is_accepted, until = self._verdicts[index]
            if self._clock() < until:
                return is_accepted
            if self._known is None or question_of(self._known[0]) == question_of(request):
                return False
            is_accepted = await self._is_accepted(index, *self._known)
            self._verdicts[index] = (is_accepted, self._clock() + (self._acquitted_s if is_accepted else _CONVICTED_S))
            return is_accepted

    async def _is_accepted(self, index: int, request: Request, read: Callable[[Response], Any]) -> bool:
        try:
            await self._attempt(await self._acquire((index,)), request, read)
        except SourceError:
            return False
        except MarqueeError:  # permanent, such as a picture that is gone: an answer
            return True
        return True
