"""What the steps work with: built once by ``app.py`` and handed to every step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from renderer.jobs.index_writer import Records
from renderer.jobs.lock import Turns
from renderer.jobs.render_pool import Painters
from renderer.jobs.title_index import TitleIndex
from renderer.maintenance.cdn_purger import Purger
from renderer.storage.base import Storage
from services.source import ArtSource, FilmNames, RatingSource, TitleSource
from shared.domain.cache_lifetime import Rule
from shared.queue.protocol import FreshMarks
from shared.stores.settings_registry import LookRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything outside a draft that a step may use."""

    looks: LookRegistry
    titles: TitleIndex
    storage: Storage
    marks: FreshMarks
    turns: Turns
    title_source: TitleSource
    art_sources: tuple[ArtSource, ...]
    rating_sources: tuple[RatingSource, ...]
    film_names: tuple[FilmNames, ...]
    records: Records
    purger: Purger | None
    """Where there is an edge to be told."""
    painters: Painters
    rule: Rule
    now: Callable[[], datetime]
