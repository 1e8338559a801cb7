"""Which pictures are drawn for a caller of ``/c/``, who shows no key: those that a gateway redirected to lately.

So what a key may not do, such as a disabled one, nobody can do without a key, and the budgets of the sources are spent
by requests that count.
"""

import asyncio
from typing import Final

import structlog

from renderer.content.client_limits import Caller
from shared.domain.errors import NotAnnounced, StoreDown
from shared.queue.protocol import Announcements

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CHECK_AFTER_S: Final = (0.015, 0.02, 0.04, 0.1, 0.2, 0.4)
"""Waits between checks: gateways announce pictures in batches, and a quick caller is here before the batch."""

_CHECK_TIMEOUT_S: Final = 1.0


class Admission:
    """Decides for each picture that is not stored whether it may be drawn."""

    def __init__(self, announcements: Announcements) -> None:
        self._announcements = announcements

    async def check(self, picture: str, work: int, caller: Caller) -> bool:
        """Return when the picture may be drawn, and count its work.

        Returns false while Redis is down. It is then not known which pictures were announced: within the limit for
        those that were not, there is plain artwork. Raises ``NotAnnounced``, ``RateLimited``.
        """
        try:
            is_announced = await self._is_announced(picture, caller)
        except StoreDown as error:
            log.warning("announcement_not_known", reason=str(error))
            caller.take_unannounced()
            return False
        if not is_announced:
            caller.take_unannounced()
            raise NotAnnounced(f"{picture} was not announced")
        caller.take_work(work)
        return True

    async def admit_plain(self, picture: str, work: int, caller: Caller) -> None:
        """Count plain artwork in place of a stored picture that cannot be read now. Raises ``RateLimited``.

        If no gateway announced the picture, it counts as one that was not.
        """
        try:
            is_announced = await self._ask(picture)
        except StoreDown as error:
            log.warning("announcement_not_known", reason=str(error))
            is_announced = False
        if is_announced:
            caller.take_work(work)
        else:
            caller.take_unannounced()

    async def _is_announced(self, picture: str, caller: Caller) -> bool:
        if await self._ask(picture):
            return True
        for wait_s in () if caller.asks_too_often else CHECK_AFTER_S:
            await asyncio.sleep(wait_s)
            if await self._ask(picture):
                return True
        return False

    async def _ask(self, picture: str) -> bool:
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                return await self._announcements.is_announced(picture)
        except TimeoutError as exc:
            raise StoreDown(f"no answer within {_CHECK_TIMEOUT_S} s") from exc
