"""What the steps work with: built once by ``app.py`` and passed to every step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from renderer.jobs.anime_lookup import AnimeMap
from renderer.jobs.index_writer import IndexWriter
from renderer.jobs.list_book import ListBook
from renderer.jobs.lock import Locks
from renderer.jobs.render_pool import RenderPool
from renderer.jobs.title_index import TitleIndex
from renderer.maintenance.cdn_purger import CdnPurger
from renderer.storage.base import Storage
from services.source import ArtSource, FilmNames, RatingSource, TitleSource
from shared.domain.cache_lifetime import LifetimeRule
from shared.queue.protocol import FreshMarks
from shared.stores.settings_registry import SettingsRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Everything outside a job that a step may use."""

    settings_registry: SettingsRegistry
    titles: TitleIndex
    storage: Storage
    marks: FreshMarks
    locks: Locks
    title_source: TitleSource
    art_sources: tuple[ArtSource, ...]
    rating_sources: tuple[RatingSource, ...]
    film_names: tuple[FilmNames, ...]
    list_book: ListBook
    anime_map: AnimeMap
    index_writer: IndexWriter
    purger: CdnPurger | None
    """Set where a CDN is configured."""
    render_pool: RenderPool
    rule: LifetimeRule
    now: Callable[[], datetime]
    serves_from_bucket: bool = False
    """Whether callers are sent to the bucket, so that its objects' own headers count."""
