"""Serves lists of a title's artwork, from which a person chooses what a picture is drawn on, and of its ratings.

A list is below the address of a picture, and like a picture that is not stored it is there only where a gateway
redirected to that picture lately: nobody spends a source's budget without a key.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec
import structlog
from aiohttp import web

from renderer.content.admission import Admission
from renderer.content.client_limits import ANYBODY, ClientLimits
from renderer.content.handlers import parse_address
from renderer.content.responses import error_answer, fact_answer
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.pipeline import Pipeline
from renderer.metrics import RendererMetrics
from shared.domain.errors import Busy, DeadlineExceeded, MarqueeError, StoreDown, UnknownSettings
from shared.domain.ratings import RatingSite
from shared.queue.protocol import Announcements
from shared.settings.content_url import ContentAddress
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ENDING: Final = "/artwork"
"""What stands behind the address of a picture."""

RATINGS_ENDING: Final = "/ratings"
"""The same for the ratings that it shows."""

MOST_AT_ONCE: Final = 16
"""Lists being made at once in one process."""

_TIMEOUT_S: Final = 10.0
_WORK: Final = 1  # as much as a medium poster


class ListedPicture(msgspec.Struct, frozen=True):
    """A picture of a title: the source and the name of its file, its language and country, and its size in pixels."""

    source: str
    file: str
    language: str | None
    region: str | None
    width: int
    height: int


class ArtworkList(msgspec.Struct, frozen=True):
    """The pictures of a title that settings may be drawn on, the one that they choose first; ``media`` is its id here.

    A file that the settings name comes first if any source has it, however long the list is.
    """

    pictures: list[ListedPicture]
    media: str


class ShownRatings(msgspec.Struct, frozen=True):
    """The sites whose ratings a picture shows, in the order in which it shows them."""

    sites: list[RatingSite]


_Listed: TypeAlias = Callable[[ContentAddress, Settings], Awaitable[msgspec.Struct]]


class ArtworkLists:
    """Serves the lists, each client within its rate limits."""

    def __init__(
        self,
        dependencies: Dependencies,
        announcements: Announcements,
        *,
        metrics: RendererMetrics,
        limits: ClientLimits | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._dependencies, self._metrics, self._limits = dependencies, metrics, limits
        self._admission, self._pipeline = Admission(announcements), Pipeline(dependencies, metrics)
        self._timeout_s, self._open = timeout_s, 0

    async def show(self, request: web.Request) -> web.Response:
        """Return the list of artwork as JSON, or an error."""
        return await self._answered(request, self._artwork)

    async def ratings(self, request: web.Request) -> web.Response:
        """Return what ratings the picture shows as JSON, or an error."""
        return await self._answered(request, self._ratings)

    async def _answered(self, request: web.Request, list_for: _Listed) -> web.Response:
        started = time.perf_counter()
        try:
            response = fact_answer(await self._listed(request, list_for))
        except MarqueeError as error:
            response = error_answer(error)
        except Exception:
            log.exception("content_crashed", path=request.path)
            response = error_answer(MarqueeError())
        self._metrics.content.labels(str(response.status), "none").inc()
        self._metrics.content_seconds.labels("none").observe(time.perf_counter() - started)
        return response

    async def _listed(self, request: web.Request, list_for: _Listed) -> msgspec.Struct:
        caller = ANYBODY if self._limits is None else self._limits.take(request)
        parts = request.match_info
        address = parse_address(parts["hash"], parts["id_type"], parts["style"], parts["file"])
        if self._open >= MOST_AT_ONCE:
            raise Busy("too many lists are being fetched")
        self._open += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                settings = await self._settings(address)
                if not await self._admission.check(address.picture, _WORK, caller, self._timeout_s):
                    raise StoreDown("it is not known whether the picture was announced")
                return await list_for(address, settings)
        except TimeoutError as exc:
            raise DeadlineExceeded("no list in time") from exc
        finally:
            self._open -= 1

    async def _artwork(self, address: ContentAddress, settings: Settings) -> ArtworkList:
        media, listed = await self._pipeline.list_artwork(address.title, settings)
        pictures = [ListedPicture(name, art.file, art.lang, art.region, art.width, art.height) for name, art in listed]
        return ArtworkList(pictures, str(media))

    async def _ratings(self, address: ContentAddress, settings: Settings) -> ShownRatings:
        return ShownRatings(list(await self._pipeline.list_ratings(address.title, settings)))

    async def _settings(self, address: ContentAddress) -> Settings:
        settings = await self._dependencies.settings_registry.find(address.settings_hash)
        if settings is None or settings.kind is not address.kind or settings.format is not address.format:
            raise UnknownSettings(f"no settings {address.settings_hash} for a {address.kind} in {address.format}")
        return settings
