"""Fetches the lists of titles that sashes name: when a picture needs one, once a day for all renderers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from renderer.db.title_lists import TitleList, fetching_lock, load_title_lists, note_attempt, save_title_list
from renderer.jobs.list_book import Origins, list_name
from renderer.labels.sash import LISTED
from services.source import TitleLists
from shared.domain.errors import BadRequest, SourceError
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.model import SashWord
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

RETRY: Final = timedelta(minutes=10)
"""Pause between two attempts at a list, whichever renderer makes them."""


class ListFetcher:
    """Puts the lists of today into Postgres. A list that cannot be fetched stays as it was."""

    def __init__(
        self, pool: Pool, origins: Origins, sources: Sequence[TitleLists], now: Callable[[], datetime]
    ) -> None:
        self._pool, self._origins, self._now = pool, origins, now
        self._sources: Mapping[str, TitleLists] = {source.name: source for source in sources}

    async def fetch(self, word: SashWord, kind: TitleKind) -> None:
        """Fetch a list that is due; where another renderer is at it, wait for that one. Raises ``StoreDown``."""
        if self._is_old(word, kind, await load_title_lists(self._pool)):
            async with fetching_lock(self._pool):
                lists = await load_title_lists(self._pool)
                # Only here is an attempt over: one that goes on is recorded, too, and its list is to be waited for.
                if self._is_old(word, kind, lists) and not self._was_tried(word, kind, lists):
                    await self._fetch(word, kind)

    def _is_old(self, word: SashWord, kind: TitleKind, lists: Sequence[TitleList]) -> bool:
        known = self._known(word, kind, lists)
        return known is None or known.day is None or known.day < self._now().date()

    def _was_tried(self, word: SashWord, kind: TitleKind, lists: Sequence[TitleList]) -> bool:
        known = self._known(word, kind, lists)
        return known is not None and self._now() - known.tried_at < RETRY

    def _known(self, word: SashWord, kind: TitleKind, lists: Sequence[TitleList]) -> TitleList | None:
        """Return what is stored of a list, unless it comes from elsewhere."""
        name, origin = list_name(word, kind), self._origins[word, kind]
        return next((each for each in lists if each.name == name and each.origin == origin), None)

    async def _fetch(self, word: SashWord, kind: TitleKind) -> None:
        name, origin, now = list_name(word, kind), self._origins[word, kind], self._now()
        await note_attempt(self._pool, name, origin, now)
        source, _, listed = origin.partition(":")
        try:
            refs = await self._sources[source].titles(listed, LISTED[word])
        except (SourceError, BadRequest) as error:
            log.warning("title_list_not_fetched", list=name, origin=origin, cause=error.cause, reason=str(error))
            return
        await save_title_list(self._pool, name, [_media_text(ref, kind) for ref in refs], now.date())
        log.info("title_list_fetched", list=name, origin=origin, titles=len(refs))


def _media_text(ref: ExternalId, kind: TitleKind) -> str:
    """Return the media id of a list's title; empty for a title of another kind, which keeps its rank."""
    return str(MediaId(kind, ref.number)) if ref.id_type is IdType.TMDB and ref.kind is kind else ""
