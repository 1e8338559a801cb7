"""The ranks of titles in the operator's lists and TMDB's, as all replicas share them in Postgres."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from renderer.db.title_lists import TitleList, load_title_lists
from renderer.jobs.list_ages import ListAges
from renderer.labels.choose import Ranks, describe_ranks
from renderer.labels.list_day import GRACE_DAYS, list_day, next_list
from renderer.metrics import RendererMetrics
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import DEGRADED_S
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId, TitleKind
from shared.settings.model import SashWord
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

RELOAD: Final = timedelta(minutes=1)
"""How long lists are kept in memory before Postgres is asked for newer ones."""

RETRY: Final = timedelta(minutes=10)
"""Pause before this renderer has a list fetched again."""

FETCH_TIMEOUT_S: Final = 6.0
"""Longest wait for a list: a picture without the label is better than none."""

Fetch = Callable[[SashWord, TitleKind], Awaitable[None]]
"""Puts a list that is not today's into Postgres. Raises ``StoreDown``."""

Origins = Mapping[tuple[SashWord, TitleKind], str]
"""Where each list comes from, such as ``tmdb:trending/movie/day``; a list that is absent is never asked for."""


def list_name(word: SashWord, kind: TitleKind) -> str:
    """Return the name under which a list is stored."""
    return f"{word}-{kind}"


class Ranking(msgspec.Struct, frozen=True):
    """A title's rank in a list, if it is there; ``is_current`` tells that the list is today's."""

    rank: int | None
    is_current: bool


class ListBook:
    """Looks up ranks in memory, and has a list fetched that is not today's when it is needed.

    Lists that cannot be read again are used as they were. Every method that is awaited raises ``StoreDown`` while lists
    have not been read even once.
    """

    def __init__(
        self,
        pool: Pool,
        origins: Origins,
        now: Callable[[], datetime],
        metrics: RendererMetrics,
        fetch: Fetch | None = None,
    ) -> None:
        self._pool, self._origins, self._now, self._fetch = pool, origins, now, fetch
        self._ages = ListAges(metrics, (list_name(word, kind) for word, kind in origins), now)
        self._lists: dict[str, TitleList] = {}
        self._ranks: dict[str, dict[str, int]] = {}
        self._read_at: datetime | None = None
        self._tried_at: dict[str, datetime] = {}
        self._reads: SingleFlight[str, None] = SingleFlight()

    def has(self, word: SashWord, kind: TitleKind) -> bool:
        """Return whether there is such a list at all."""
        return (word, kind) in self._origins

    async def ranking(self, word: SashWord, media: MediaId) -> Ranking:
        """Return where a title stands in a list, a season where its series does.

        A list that is older than the days of grace has no titles.
        """
        name = list_name(word, media.kind)
        if self._read_at is None or abs(self._now() - self._read_at) >= RELOAD:
            await self._reads.run("", self._read)
        if not self._is_current(word, media.kind):
            await self._reads.run(name, lambda: self._have_fetched(word, media.kind))
        known = self._lists.get(name)
        if known is None or known.day is None or known.origin != self._origins.get((word, media.kind)):
            self._ages.note_use(name, None)
            return Ranking(None, is_current=False)
        self._ages.note_use(name, known.day)
        if (list_day(self._now()) - known.day).days > GRACE_DAYS:
            return Ranking(None, is_current=False)
        return Ranking(self._ranks[name].get(str(media.series)), is_current=self._is_current(word, media.kind))

    async def ranks(self, words: Iterable[SashWord], media: MediaId) -> tuple[Ranks, frozenset[SashWord]]:
        """Return the title's ranks in those of the lists that there are, and which of these lists are not today's."""
        rankings = {word: await self.ranking(word, media) for word in words if self.has(word, media.kind)}
        ranks = {word: ranking.rank for word, ranking in rankings.items()}
        return ranks, frozenset(word for word, ranking in rankings.items() if not ranking.is_current)

    async def unchanged_for_s(self, described: str, media: MediaId) -> int:
        """Return for how long a picture need not be compared again: 0 if its title has other ranks by now.

        ``described`` are the ranks that it was drawn with, as ``describe_ranks`` writes them.
        """
        words = [SashWord(part.partition("=")[0]) for part in described.split(",")]
        ranks, outdated = await self.ranks(words, media)
        if describe_ranks(words, ranks) != described:
            return 0
        return self.valid_for_s(outdated)

    def valid_for_s(self, outdated: Collection[SashWord]) -> int:
        """Return for how long ranks are valid: until the next list, or briefly where a list is not today's."""
        now = self._now()
        return DEGRADED_S if outdated else max(1, int((next_list(now) - now).total_seconds()))

    def _is_current(self, word: SashWord, kind: TitleKind) -> bool:
        known = self._lists.get(list_name(word, kind))
        is_ours = known is not None and known.origin == self._origins.get((word, kind))
        return is_ours and known is not None and known.day is not None and known.day >= list_day(self._now())

    async def _have_fetched(self, word: SashWord, kind: TitleKind) -> None:
        """Have a list fetched and read it, unless that was tried a short time ago; a failure leaves it as it was."""
        name, now = list_name(word, kind), self._now()
        tried_at = self._tried_at.get(name)
        if self._fetch is None or (tried_at is not None and abs(now - tried_at) < RETRY):
            return
        self._tried_at[name] = now
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                await self._fetch(word, kind)
        except (StoreDown, TimeoutError) as error:
            log.warning("title_list_not_waited_for", list=name, reason=str(error))
        await self._read()

    async def _read(self) -> None:
        try:
            lists = await load_title_lists(self._pool)
        except StoreDown as error:
            if self._read_at is None:
                raise
            log.warning("title_lists_not_read", reason=str(error))
        else:
            self._lists = {each.name: each for each in lists}
            self._ranks = {
                each.name: {media: rank for rank, media in enumerate(each.titles, 1) if media} for each in lists
            }
        self._read_at = self._now()
