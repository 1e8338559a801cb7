"""Purges redrawn pictures from the CDN: in batches, rate-limited, in the background."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

import structlog

from renderer.metrics import RendererMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.errors import MarqueeError, SourceError
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import content_path
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_WAITING: Final = 20_000
"""Addresses that may wait; beyond that the oldest are dropped, and expire at the CDN by their lifetime."""

PAUSE_S: Final = 1.0
"""Between two calls: Cloudflare allows a free zone 5 calls per minute on average, with bursts, and others far more."""

_LONGEST_PAUSE_S: Final = 60.0


class CdnEdge(Protocol):
    """A CDN that can purge single addresses."""

    async def purge(self, urls: Sequence[str]) -> None:
        """Purge these addresses. Raises ``SourceError``."""
        ...


class PrefixEdge(CdnEdge, Protocol):
    """A CDN that can also purge by prefix."""

    async def purge_under(self, prefixes: Sequence[str]) -> None:
        """Purge all addresses with these prefixes, given without a scheme. Raises ``SourceError``."""
        ...


def addresses(
    base_url: str, settings_hash: SettingsHash, external_ids: Iterable[ExternalId], kind: Kind, fmt: Format
) -> Iterator[str]:
    """Yield every address under which a CDN may have cached a picture of a title with these external ids."""
    for external_id in external_ids:
        url = f"{base_url}{content_path(settings_hash, external_id, kind, fmt)}"
        yield url
        yield f"{url}?fallback=true"


class CdnPurger:
    """Collects the addresses of redrawn pictures and purges them."""

    def __init__(
        self,
        edge: CdnEdge,
        *,
        base_url: str,
        names: Callable[[MediaId], Awaitable[Sequence[ExternalId]]],
        metrics: RendererMetrics,
        most_urls: int,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._edge = edge
        self._base_url = base_url
        self._names = names
        self._metrics = metrics
        self._first_pause_s = self._pause_s = pause_s
        self._waiting: BatchBuffer[str, None] = BatchBuffer(
            self._purge,
            every_s=pause_s,
            batch=most_urls,
            max_waiting=MOST_WAITING,
            keep_failed=True,
            failed=self._not_purged,
        )
        metrics.purges_waiting.set_function(lambda: len(self._waiting))
        metrics.purges_waiting_limit.set(MOST_WAITING)

    async def changed(self, settings_hash: SettingsHash, media: MediaId, settings: Settings) -> None:
        """Queue the addresses of a redrawn picture under all its external ids. Raises nothing: purges are optional."""
        try:
            names = await self._names(media)
        except MarqueeError as error:
            log.warning("purge_not_noted", reason=str(error))
            return
        for address in addresses(self._base_url, settings_hash, names, settings.kind, settings.format):
            if not self._waiting.add(address, None):
                self._waiting.drop_oldest()
                self._waiting.add(address, None)
                self._metrics.purges.labels("dropped").inc()

    async def purge_next(self) -> float:
        """Wait for a batch and purge it; return the seconds to wait before the next one."""
        await self._waiting.wait()
        await self._waiting.flush_batch()
        return self._pause_s

    async def _purge(self, batch: dict[str, None]) -> None:
        await self._edge.purge(list(batch))
        self._metrics.purges.labels("purged").inc(len(batch))
        self._pause_s = self._first_pause_s

    def _not_purged(self, batch: dict[str, None], error: Exception) -> None:
        retry_after_s = 0.0
        if isinstance(error, SourceError):
            log.warning("edge_not_purged", cause=error.cause, reason=str(error), urls=len(batch))
            retry_after_s = error.retry_after_s or 0.0
        self._metrics.purges.labels("failed").inc(len(batch))
        self._pause_s = min(max(self._pause_s * 2, retry_after_s), _LONGEST_PAUSE_S)
