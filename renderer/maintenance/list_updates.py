"""Fetches the lists of titles that sashes name: once a day, by one renderer for all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from renderer.db.title_lists import TitleList, fetching_lock, load_title_lists, note_attempt, save_title_list
from renderer.jobs.list_book import Origins, list_name
from renderer.labels.sash import LISTED
from services.client.priority import background_priority
from services.source import TitleLists
from shared.domain.errors import BadRequest, SourceError, StoreDown
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.model import SashWord
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 120.0
"""How often a renderer looks whether a list is due: one query."""

FIRST_S: Final = 3.0
RETRY: Final = timedelta(minutes=10)
"""Pause between two attempts at a list, whichever renderer makes them."""


class ListUpdates:
    """Keeps the lists of today in Postgres. A list that cannot be fetched stays as it was."""

    def __init__(
        self, pool: Pool, origins: Origins, sources: Sequence[TitleLists], now: Callable[[], datetime]
    ) -> None:
        self._pool, self._origins, self._now = pool, origins, now
        self._sources: Mapping[str, TitleLists] = {source.name: source for source in sources}

    async def run_round(self) -> None:
        """Fetch what is due; a lost store ends the round early."""
        try:
            await self.fetch_due()
        except StoreDown as error:
            log.warning("title_lists_interrupted", reason=str(error))

    async def fetch_due(self) -> None:
        """Fetch what is due, unless another renderer does. Raises ``StoreDown``; the next round continues."""
        if not self._due(await load_title_lists(self._pool)):
            return
        async with fetching_lock(self._pool) as has_lock:
            if has_lock:  # and another renderer may just have fetched them
                for word, kind in self._due(await load_title_lists(self._pool)):
                    await self._fetch(word, kind)

    def _due(self, lists: Sequence[TitleList]) -> list[tuple[SashWord, TitleKind]]:
        known = {each.name: each for each in lists}
        return [key for key, origin in self._origins.items() if self._is_due(known.get(list_name(*key)), origin)]

    def _is_due(self, known: TitleList | None, origin: str) -> bool:
        now = self._now()
        if known is None or known.origin != origin:
            return True
        is_old = known.day is None or known.day < now.date()
        return is_old and now - known.tried_at >= RETRY

    async def _fetch(self, word: SashWord, kind: TitleKind) -> None:
        name, origin, now = list_name(word, kind), self._origins[word, kind], self._now()
        await note_attempt(self._pool, name, origin, now)
        source, _, listed = origin.partition(":")
        try:
            with background_priority():
                refs = await self._sources[source].titles(listed, LISTED[word])
        except (SourceError, BadRequest) as error:
            log.warning("title_list_not_fetched", list=name, origin=origin, cause=error.cause, reason=str(error))
            return
        await save_title_list(self._pool, name, [_media_text(ref, kind) for ref in refs], now.date())
        log.info("title_list_fetched", list=name, origin=origin, titles=len(refs))


def _media_text(ref: ExternalId, kind: TitleKind) -> str:
    """Return the media id of a list's title; empty for a title of another kind, which keeps its rank."""
    return str(MediaId(kind, ref.number)) if ref.id_type is IdType.TMDB and ref.kind is kind else ""
