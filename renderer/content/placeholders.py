"""Placeholders for callers who accept no error: with the title's name and year, where the index has them."""

import asyncio
import hashlib
from typing import Final, TypeAlias

import structlog
from cachetools import TTLCache

from renderer.content.stored_pictures import within
from renderer.drawing.memory_need import encoding_bytes
from renderer.drawing.placeholder import KnownTitle, placeholder, titled_placeholder
from renderer.jobs.dependencies import Dependencies
from shared.domain.cache_lifetime import FALLBACK_S
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId
from shared.domain.pictures import CANVAS, Format, Kind, Size

NAME_TIMEOUT_S: Final = 0.15
"""Longest wait for a title's name: the caller has waited for the picture already."""

AT_ONCE: Final = 2
"""Placeholders with a name that are drawn at once; meanwhile other callers get the one without."""

CACHE_BYTES: Final = 16 << 20

_Look: TypeAlias = tuple[Kind, Size, Format]
_Encoded: TypeAlias = tuple[bytes, str]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Placeholders:
    """Draws placeholders, with their ETags. One per process."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._plain: dict[_Look, _Encoded] = {}  # at most one of each
        self._titled: TTLCache[tuple[_Look, KnownTitle], _Encoded] = TTLCache(
            CACHE_BYTES, FALLBACK_S, getsizeof=lambda encoded: len(encoded[0])
        )
        self._drawing = 0

    async def get(self, ref: ExternalId, kind: Kind, size: Size, fmt: Format) -> tuple[bytes, str]:
        """Return the placeholder of a title in this size and format, and its ETag."""
        look = kind, size, fmt
        title = await self._title(ref)
        if title is None:
            return await self._without_name(look)
        known = self._titled.get((look, title))
        if known is not None:
            return known
        return await self._without_name(look) if self._drawing >= AT_ONCE else await self._draw(look, title)

    async def _title(self, ref: ExternalId) -> KnownTitle | None:
        try:
            found = await within(self._dependencies.titles.name(ref), NAME_TIMEOUT_S)
        except StoreDown as error:
            log.info("name_not_read", reason=str(error))
            return None
        return None if found is None else KnownTitle(*found)

    async def _without_name(self, look: _Look) -> _Encoded:
        if look not in self._plain:
            self._plain[look] = await self._encoded(look, None)
        return self._plain[look]

    async def _draw(self, look: _Look, title: KnownTitle) -> _Encoded:
        self._drawing += 1
        try:
            drawn = await self._encoded(look, title)
        finally:
            self._drawing -= 1
        if len(drawn[0]) <= CACHE_BYTES:
            self._titled[look, title] = drawn
        return drawn

    async def _encoded(self, look: _Look, title: KnownTitle | None) -> _Encoded:
        """Draw it outside the event loop: the largest takes 200 ms."""
        async with self._dependencies.render_pool.memory.share(encoding_bytes(look[0], CANVAS[look[0]][look[1]])):
            body = await asyncio.to_thread(_encode, look, title)
        return body, hashlib.sha256(body).hexdigest()[:32]


def _encode(look: _Look, title: KnownTitle | None) -> bytes:
    return placeholder(*look) if title is None else titled_placeholder(*look, title)
