"""Which pictures are drawn for a caller of ``/c/``, who shows no key: those that a gateway redirected to lately.

So what a key may not do, such as a disabled one, nobody can do without a key, and the budgets of the sources are spent
by requests that count.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from renderer.content.client_limits import Caller
from renderer.content.stored_pictures import STORE_TIMEOUT_S
from shared.domain.errors import NotAnnounced, StoreDown
from shared.queue.protocol import Announcements

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CHECK_AFTER_S: Final = (0.015, 0.02, 0.04, 0.1, 0.2, 0.4)
"""Waits between checks: gateways announce pictures in batches, and a quick caller is here before the batch."""

LOST_FOR_S: Final = 10.0
"""How long after Redis was down a missing announcement proves nothing: gateways may not have been able to announce,
or the server that took over does not have it. Clients remember a 404."""


class Admission:
    """Decides for each picture that is not stored whether it may be drawn."""

    def __init__(self, announcements: Announcements, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._announcements, self._clock = announcements, clock
        self._lost_until = clock()

    async def check(self, picture: str, work: int, caller: Caller, timeout_s: float) -> bool:
        """Return when the picture may be drawn, and count its work; Redis is waited for ``timeout_s`` seconds at most.

        Returns false while Redis is down, and for a picture without an announcement shortly after that. It is then not
        known which pictures were announced: within the limit for those that were not, there is plain artwork. Raises
        ``NotAnnounced``, ``RateLimited``.
        """
        try:
            is_announced = await self._is_announced(picture, caller, timeout_s)
        except StoreDown as error:
            log.warning("announcement_not_known", reason=str(error))
            self._lost_until = self._clock() + LOST_FOR_S
            is_announced = False
        if not is_announced:
            caller.take_unannounced()
            if self._clock() < self._lost_until:
                return False
            raise NotAnnounced(f"{picture} was not announced")
        caller.take_work(work)
        return True

    async def admit_plain(self, picture: str, work: int, caller: Caller) -> None:
        """Count plain artwork in place of a stored picture that cannot be read now. Raises ``RateLimited``.

        If no gateway announced the picture, it counts as one that was not.
        """
        try:
            is_announced = await self._ask(picture, STORE_TIMEOUT_S)
        except StoreDown as error:
            log.warning("announcement_not_known", reason=str(error))
            is_announced = False
        if is_announced:
            caller.take_work(work)
        else:
            caller.take_unannounced()

    async def _is_announced(self, picture: str, caller: Caller, timeout_s: float) -> bool:
        if await self._ask(picture, timeout_s):
            return True
        for wait_s in () if caller.asks_too_often else CHECK_AFTER_S:
            await asyncio.sleep(wait_s)
            if await self._ask(picture, timeout_s):
                return True
        return False

    async def _ask(self, picture: str, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._announcements.is_announced(picture)
        except TimeoutError as exc:
            raise StoreDown(f"no answer within {timeout_s:.1f} s") from exc
