"""A renderer for tests in one process: real Postgres and Redis, storage and queue in memory, and fake sources."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Self

from PIL import Image
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.config import SashLists
from renderer.content.fallback import FallbackArtwork
from renderer.content.service import ContentService
from renderer.jobs.anime_lookup import AnimeMap
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.index_writer import IndexWriter
from renderer.jobs.list_book import ListBook
from renderer.jobs.lock import MemoryLocks
from renderer.jobs.render_pool import RenderPool
from renderer.jobs.title_index import TitleIndex
from renderer.jobs.worker import Worker
from renderer.maintenance.cdn_purger import CdnPurger
from renderer.metrics import RendererMetrics
from renderer.storage.base import Storage
from renderer.storage.memory import MemoryStorage
from services.artwork import Art, Gallery, art_named
from services.titles import SourceRatings, Title, TitleName
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import MarqueeError
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.queue.messages import RenderJob
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.title_rows import find_external_ids
from tests.shared.queue.memory import MemoryQueue

MOVIE = MediaId(TitleKind.MOVIE, 19)
IMDB = ExternalId(IdType.IMDB, 17136)
TMDB = ExternalId(IdType.TMDB, 19, TitleKind.MOVIE)
SERIES = MediaId(TitleKind.SERIES, 7)
SERIAL = ExternalId(IdType.IMDB, 4465)
PART = MediaId(TitleKind.SERIES, 7, Episode(1, 2))
PART_BY_ITS_SERIES = ExternalId(IdType.IMDB, 4465, None, Episode(1, 2))
PART_BY_ITSELF = ExternalId(IdType.IMDB, 1_234_567, TitleKind.EPISODE)
ART = Art("/poster.jpg", 780, 1170, "en", votes=5.0)
RATINGS = {RatingSite.IMDB: Rating(8.3, 190_000), RatingSite.RT: Rating(97, 120)}


def art_bytes(colour: tuple[int, int, int] = (40, 60, 110)) -> bytes:
    """Return a small JPEG."""
    body = BytesIO()
    Image.new("RGB", (300, 450), colour).save(body, "JPEG")
    return body.getvalue()


def a_part(*stills: Art, gallery: Gallery | None = None) -> Title:
    """Return an episode of a series, with these stills or another gallery."""
    return Title(
        media=PART,
        refs=(PART_BY_ITSELF,),
        name="The Second Part",
        film_date=date(1914, 4, 13),
        gallery={Kind.EPISODE: stills} if gallery is None else gallery,
        ratings={RatingSite.TMDB: Rating(62)},
    )


def a_title(*posters: Art, film_date: date | None = date(1927, 2, 6)) -> Title:
    """Return Metropolis, with these posters or one."""
    return Title(
        media=MOVIE,
        refs=(IMDB, TMDB),
        name="Metropolis",
        film_date=film_date,
        gallery={Kind.POSTER: posters or (ART,)},
        ratings={RatingSite.TMDB: Rating(81)},
    )


class ListedArt(ABC):
    """Pictures that a title has: those of its gallery, and those ``unlisted``, each with the ``files`` that it has."""

    unlisted: tuple[Art, ...]
    files: dict[str, tuple[str, ...]]

    @abstractmethod
    async def gallery(self, title: Title) -> Gallery:
        """Return the pictures."""

    async def named(self, title: Title, kind: Kind, file: str) -> Art | None:
        """Return the picture with this file name, of the list or of those beyond it."""
        listed = (await self.gallery(title)).get(kind, ())
        return art_named((*listed, *(art for art in self.unlisted if art.kind is kind)), file)

    def renditions(self, art: Art, width: int) -> tuple[Art, ...]:  # noqa: ARG002 - the protocol's
        """Return the picture's files: one, unless a test names more."""
        return art.as_renditions(self.files.get(art.path, ("",)))


@dataclass
class Sources(ListedArt):
    """All sources in one: returns what is set, counts calls, and fails when an error is set."""

    name: str = "sources"
    knows_awards: bool = True
    knows_ages: bool = True
    only_rates: RatingSite | None = None
    title_known: Title | None = field(default_factory=a_title)
    art: dict[str, bytes | MarqueeError] = field(default_factory=lambda: {ART.path: art_bytes()})
    answer: SourceRatings | MarqueeError | None = field(default_factory=lambda: SourceRatings(RATINGS))
    unlisted: tuple[Art, ...] = ()
    names_known: tuple[TitleName, ...] | MarqueeError = ()
    title_error: MarqueeError | None = None
    hold: asyncio.Event | None = None
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    async def find(self, ref: ExternalId, *, gone: MediaId | None = None) -> MediaId | None:
        """Find Metropolis, a series and an episode of it by their ids."""
        await self._called("find")
        known = {IMDB: MOVIE, TMDB: MOVIE, SERIAL: SERIES, PART_BY_ITS_SERIES: SERIES, PART_BY_ITSELF: PART}
        media = known.get(ref)
        return None if media == gone else media

    async def title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:
        """Return the one title that is known."""
        await self._called("title with showings" if with_showings else "title")
        return self.title_known if self.title_known and self.title_known.media == media else None

    async def names(self, media: MediaId) -> tuple[TitleName, ...]:  # noqa: ARG002 - the protocol's
        """Return the names in other languages."""
        await self._called("names")
        if isinstance(self.names_known, MarqueeError):
            raise self.names_known
        return self.names_known

    async def gallery(self, title: Title) -> Gallery:
        """Return the title's own pictures."""
        return title.gallery

    async def fetch(self, art: Art, width: int) -> bytes:  # noqa: ARG002 - the protocol's
        """Return the artwork."""
        await self._called("fetch", held=False)
        body = self.art[f"{art.path}{art.rendition and ' '}{art.rendition}"]
        if isinstance(body, MarqueeError):
            raise body
        return body

    def invalidate(self, art: Art, width: int) -> None:
        """Do nothing: nothing is cached."""

    async def ratings(self, title: Title) -> SourceRatings | None:  # noqa: ARG002 - the protocol's
        """Return the ratings."""
        await self._called("ratings", held=True)
        if isinstance(self.answer, MarqueeError):
            raise self.answer
        return self.answer

    async def by_tvdb_film(self, number: int, *, gone: MediaId | None = None) -> MediaId | None:
        """Find one film by its TVDB id."""
        await self._called("by_tvdb_film")
        return MOVIE if number == 505 and gone != MOVIE else None

    async def _called(self, name: str, *, held: bool = False) -> None:
        self.calls[name] = self.calls.get(name, 0) + 1
        if self.title_error is not None:
            raise self.title_error
        if held and self.hold is not None:
            await self.hold.wait()


@dataclass
class Titles:
    """The title source, under a name of its own."""

    sources: Sources
    name: str = "tmdb"

    async def find(self, ref: ExternalId, *, gone: MediaId | None = None) -> MediaId | None:
        """Ask the source that has everything."""
        return await self.sources.find(ref, gone=gone)

    async def title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:
        """Ask the source that has everything."""
        return await self.sources.title(media, with_showings=with_showings)

    async def names(self, media: MediaId) -> tuple[TitleName, ...]:
        """Ask the source that has everything."""
        return await self.sources.names(media)


@dataclass
class OtherArt(ListedArt):
    """A second source of artwork."""

    name: str = "other"
    pictures: Gallery | MarqueeError = field(default_factory=dict)
    art: dict[str, bytes | MarqueeError] = field(default_factory=dict)
    unlisted: tuple[Art, ...] = ()
    hold: asyncio.Event | None = None
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: int = 0

    async def gallery(self, title: Title) -> Gallery:  # noqa: ARG002 - the protocol's
        """Return the pictures."""
        self.calls += 1
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(self.pictures, MarqueeError):
            raise self.pictures
        return self.pictures

    async def fetch(self, art: Art, width: int) -> bytes:  # noqa: ARG002 - the protocol's
        """Return the artwork."""
        body = self.art[f"{art.path}{art.rendition and ' '}{art.rendition}"]
        if isinstance(body, MarqueeError):
            raise body
        return body

    def invalidate(self, art: Art, width: int) -> None:
        """Do nothing: nothing is cached."""


@dataclass
class FakeCdn:
    """A CDN that records what is purged, or fails."""

    purged: list[str] = field(default_factory=list)
    error: MarqueeError | None = None
    calls: int = 0

    async def purge(self, urls: Sequence[str]) -> None:
        """Record the addresses."""
        self.calls += 1
        if self.error is not None:
            raise self.error
        self.purged += urls


@dataclass
class Clock:
    """A clock that tests advance."""

    at: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)
    turned_s: float = 0.0

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self.at += timedelta(seconds=seconds)
        self.turned_s += seconds


class Studio:
    """Dependencies, worker and content service around one set of sources."""

    def __init__(
        self, pool: Pool, redis: Redis, *, queue_max: int = 100, wait_s: float = 2.0, storage: Storage | None = None
    ) -> None:
        self.registry = CollectorRegistry()
        self.metrics = RendererMetrics(self.registry)
        self.sources = Sources()
        self.other_art = OtherArt()
        self.edge = FakeCdn()
        self.storage = MemoryStorage(64 << 20)
        self.clock = Clock()
        self.queue = MemoryQueue(queue_max=queue_max, clock=lambda: time.monotonic() + self.clock.turned_s)
        self.render_pool = RenderPool(threads=2, quality=85, metrics=self.metrics)
        titles = TitleIndex(pool, redis)
        self.dependencies = Dependencies(
            settings_registry=SettingsRegistry(pool, redis),
            titles=titles,
            storage=storage or self.storage,
            marks=self.queue,
            locks=MemoryLocks(),
            title_source=Titles(self.sources),
            art_sources=(self.sources, self.other_art),
            rating_sources=(self.sources,),
            film_names=(self.sources,),
            list_book=ListBook(pool, SashLists(top_movies="mdblist:a/b").origins, self.clock, self.metrics),
            anime_map=AnimeMap(pool),
            purger=CdnPurger(
                self.edge,
                base_url="https://posters.example",
                names=partial(find_external_ids, pool),
                metrics=self.metrics,
                most_urls=30,
                pause_s=0.0,
            ),
            index_writer=IndexWriter(titles=titles, pool=pool, now=self.clock, metrics=self.metrics),
            render_pool=self.render_pool,
            rule=LifetimeRule(),
            now=self.clock,
        )
        plain_pool = RenderPool(threads=1, quality=85, metrics=self.metrics, is_plain=True)
        self.fallback = FallbackArtwork(replace(self.dependencies, render_pool=plain_pool), self.metrics)
        self.content = ContentService(
            dependencies=self.dependencies,
            queue=self.queue,
            fallback=self.fallback,
            wait_s=wait_s,
            metrics=self.metrics,
        )
        self.worker = Worker(
            queue=self.queue, dependencies=self.dependencies, metrics=self.metrics, threads=2, claim_wait_s=0.05
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Let the content service hear of settled jobs; afterwards nothing of the renderer runs."""
        following = asyncio.create_task(self.content.follow())
        try:
            yield self
        finally:
            await cancel_and_wait(following)
            await self.fallback.close()
            with self.render_pool:
                pass

    @asynccontextmanager
    async def drawing(self) -> AsyncIterator[Self]:
        """Let the worker run; afterwards it has finished what it began."""
        work = asyncio.create_task(self.worker.run())
        try:
            yield self
        finally:
            self.worker.stop()
            await work

    async def job(self, title: ExternalId = IMDB, kind: Kind = Kind.POSTER, /, **query: str) -> RenderJob:
        """Return a job for settings that are registered; its picture is announced, as a gateway does."""
        settings = parse(kind, Format.JPG, query)
        job = RenderJob(settings_hash=await self.dependencies.settings_registry.remember(settings), title=title)
        self.queue.announce(job)
        return job

    def settled(self, outcome: str, lane: str = "interactive") -> float:
        """Return how many jobs had this outcome."""
        labels = {"lane": lane, "outcome": outcome}
        return self.registry.get_sample_value("renderer_jobs_total", labels) or 0.0
