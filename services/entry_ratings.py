"""What AniList and Kitsu have in common: no key, few calls a minute, and many entries' scores in one answer."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec

from services.client.batcher import Batcher
from services.client.cache import DAY_S, TieredResponseCache, shared_cache
from services.client.http import Http, Request, Response
from services.client.key_pool import Quota
from services.client.priority import is_background
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient
from services.titles import SourceRatings, Title
from shared.domain.ids import IdType
from shared.domain.ratings import RatingSite, rating_of

MAX_BYTES: Final = 64 << 10
"""The largest answer about a batch; one entry has less than a kilobyte."""

_MINUTE_S: Final = 60.0
_WAIT_S: Final = 0.1  # how long a batch collects: a caller waits for it too
_MAX_ENTRIES: Final = 5_000


class EntryRatings:
    """A source that rates entries of its own site only, whose numbers the anime id map has put into the title.

    Subclasses say how a batch is asked for and read. The caller sets the TTL; "no such entry" is cached for a day at
    most. All replicas together keep to ``per_minute`` calls.
    """

    name: str
    site: RatingSite
    id_type: IdType
    batch_size: int
    per_minute: int
    knows_awards: bool = False
    knows_ages: bool = False

    def __init__(
        self,
        http: Http,
        *,
        api_url: str,
        ratings_ttl_s: Callable[[Title], float],
        remote: RemoteCache | None = None,
    ) -> None:
        quota = Quota(burst=self.per_minute, burst_s=_MINUTE_S)
        self._upstream = UpstreamClient(http, self.name, quota=quota)
        self._api_url = api_url
        self._ttl_s = ratings_ttl_s
        self._cache: TieredResponseCache[int, SourceRatings | None] = TieredResponseCache(
            _MAX_ENTRIES, lambda _: 0.0, shared=shared_cache(remote, f"{self.name}.ratings", SourceRatings | None)
        )
        # Apart, for work in the background must not fail a caller's, which may use all of the budget.
        self._batches = {
            is_background: Batcher(self._fetch, max_size=self.batch_size, wait_s=_WAIT_S)
            for is_background in (False, True)
        }

    @property
    def only_rates(self) -> RatingSite | None:
        """Return the one site whose ratings this is about; see ``RatingSource``."""
        return self.site

    async def ratings(self, title: Title) -> SourceRatings | None:
        """Return the entry's score; ``None`` if the title has no entry there. See ``RatingSource``."""
        ref = title.ref(self.id_type)
        if ref is None:
            return None
        ttl_s = self._ttl_s(title)
        return await self._cache.get(
            ref.number,
            lambda: self._batches[is_background()].get(ref.number),
            ttl_s=lambda found: ttl_s if found else min(ttl_s, DAY_S),
        )

    async def _fetch(self, numbers: Collection[int]) -> dict[int, SourceRatings | None]:
        """Return what one call says of these entries; one that is not in the answer does not exist."""
        request = msgspec.structs.replace(self.request(numbers), max_bytes=MAX_BYTES)
        scores = await self._upstream.send(request, self.read)
        return {number: self._ratings(scores[number]) if number in scores else None for number in numbers}

    def _ratings(self, score: float | None) -> SourceRatings:
        rating = rating_of(self.site, score, None)  # 0 is written for no score, too
        return SourceRatings({self.site: rating} if rating else {})

    def request(self, numbers: Collection[int]) -> Request:
        """Return the request for the scores of these entries."""
        raise NotImplementedError

    def read(self, response: Response) -> Mapping[int, float | None]:
        """Return the score of each entry in a response, in per cent. Raises ``SourceError``."""
        raise NotImplementedError
