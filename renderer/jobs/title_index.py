"""Media ids by external id, shared by all replicas: memory, then Redis, then Postgres.

Only answers are kept in memory and Redis: ids that TMDB was asked about. Ids that a source mentioned in passing are
hints. They are in Postgres only, and do not decide which title a caller gets.
"""

from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from typing import Final

import structlog
from redis.asyncio import Redis

from shared.concurrency.tiered_cache import TieredCache
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.stores.postgres import Pool
from shared.stores.redis_tier import RedisTier
from shared.stores.title_rows import (
    TMDB,
    Correction,
    TitleMetadata,
    find_answer,
    find_external_ids,
    find_media,
    find_name,
    save_external_ids,
    save_hints,
    save_title,
)

MOST_CACHED: Final = 100_000
_MEMORY_S: Final = 86_400  # sources do merge titles now and then
_UNKNOWN_S: Final = 1.0  # the content server and the worker look up the same id within moments
_REDIS_S: Final = 30 * 86_400
_ANSWER: Final = "answer "  # before the media id; without it, the value is an earlier version's and may be a hint

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class TitleIndex:
    """Maps each external id to the one media id under which the title's pictures are stored."""

    def __init__(self, pool: Pool, redis: Redis, *, most_cached: int = MOST_CACHED) -> None:
        self._pool = pool
        self._is_saving = True
        remote = RedisTier[ExternalId, MediaId](
            redis, name=_key, encode=_encode, decode=_decode, ttl_s=_REDIS_S, event="title_not_cached"
        )
        self._cache = TieredCache(
            most_cached, remote, partial(find_answer, pool), ttl=_MEMORY_S, negative_ttl=_UNKNOWN_S
        )

    def find(self, ref: ExternalId) -> Awaitable[MediaId | None]:
        """Return the media id, or ``None`` for an id that was never answered. Raises ``StoreDown`` if unknowable."""
        return self._cache.get(ref)

    def begin(self, ref: ExternalId) -> None:
        """Start to find an id that will be asked for in a moment."""
        self._cache.begin(ref)

    async def hint(self, ref: ExternalId) -> MediaId | None:
        """Return what is known of an id, be it a hint: good enough while it cannot be asked. Raises ``StoreDown``."""
        return await find_media(self._pool, ref)

    async def name(self, ref: ExternalId) -> tuple[str, int | None] | None:
        """Return the name and the year of the title of an answered id, if it has a name. Raises ``StoreDown``."""
        return await find_name(self._pool, ref)

    async def external_ids(self, media: MediaId) -> tuple[ExternalId, ...]:
        """Return the ids that led to a title, answers and hints. Raises ``StoreDown``."""
        return await find_external_ids(self._pool, media)

    async def remember(
        self,
        facts: TitleMetadata,
        refs: Iterable[ExternalId],
        *,
        passing: Iterable[ExternalId] = (),
        source: str = TMDB,
    ) -> Sequence[Correction] | None:
        """Store a title, the ids answered with it, and the ids in its entry; return the corrected answers.

        Returns ``None`` when Postgres did not take them, and raises ``StoreDown`` when Redis did not either.
        """
        known = set(refs)
        saving = save_title(self._pool, facts, known, passing=passing, source=source)
        return await self._keep(facts.media, known, saving)

    async def answer(self, media: MediaId, ref: ExternalId, *, source: str = TMDB) -> Sequence[Correction] | None:
        """Store one more answer about a stored title. Returns and raises ``StoreDown`` like :meth:`remember`."""
        if self._cache.peek(ref) == media:
            return ()
        return await self._keep(media, {ref}, save_external_ids(self._pool, media, [ref], source=source))

    async def learn(self, media: MediaId, refs: Iterable[ExternalId], *, source: str) -> None:
        """Store hints about a stored title: ids that ``source`` mentioned. Raises ``StoreDown``."""
        new = {ref for ref in refs if self._cache.peek(ref) is None}
        if new:
            await save_hints(self._pool, media, new, source=source)

    def drop_unless(self, ref: ExternalId, media: MediaId) -> None:
        """Drop this process's answer if another replica's is different."""
        if self._cache.peek(ref) not in {None, media}:
            self._cache.invalidate(ref)

    async def _keep(
        self, media: MediaId, known: set[ExternalId], save: Awaitable[list[Correction]]
    ) -> Sequence[Correction] | None:
        for ref in known:
            self._cache.keep(ref, media)
        try:
            corrections = await save
            self._is_saving = True
        except StoreDown as error:
            if self._is_saving:  # once for an outage, and not once for each picture that is drawn meanwhile
                log.warning("title_not_saved", media=str(media), reason=str(error))
            self._is_saving = False
            if not await self._cache.publish(known, media):
                raise StoreDown(f"neither postgres nor redis could store the ids of {media}") from error
            return None
        self._cache.post(known, media)
        return corrections


def _key(ref: ExternalId) -> str:
    return f"marquee:alias:{ref.alias}"


def _encode(media: MediaId) -> str:
    return f"{_ANSWER}{media}"


def _decode(_ref: ExternalId, body: bytes) -> MediaId | None:
    text = str(body, "ascii")
    return MediaId.parse(text.removeprefix(_ANSWER)) if text.startswith(_ANSWER) else None
