"""Builds every source that has an API key; no other module builds one."""

from collections.abc import Callable
from typing import Final

import msgspec

from services.anilist import AnilistSource
from services.client.http import Http
from services.client.remote_cache import RemoteCache
from services.config import SourcesConfig
from services.fanart.client import ART_CACHE_BYTES as FANART_ART_BYTES
from services.fanart.client import FanartSource
from services.kitsu import KitsuSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from services.source import ArtSource, FilmNames, RatingSource, TitleLists, TitleSearch, TitleSource
from services.titles import Title
from services.tmdb.client import ART_CACHE_BYTES as TMDB_ART_BYTES
from services.tmdb.client import TmdbSource
from services.trakt import TraktSource

ART_CACHES_BYTES: Final = TMDB_ART_BYTES + FANART_ART_BYTES
"""Artwork that all sources keep in memory."""


class Catalog(msgspec.Struct, frozen=True):
    """The sources by role; in a tuple, earlier sources take precedence."""

    titles: TitleSource
    search: TitleSearch
    art: tuple[ArtSource, ...]
    ratings: tuple[RatingSource, ...]
    film_names: tuple[FilmNames, ...]
    lists: tuple[TitleLists, ...] = ()


def build_catalog(
    config: SourcesConfig,
    http: Http,
    ratings_ttl_s: Callable[[Title], float],
    remote: RemoteCache | None = None,
) -> Catalog:
    """Return the sources that have a key; ``ratings_ttl_s`` returns how long a title's ratings are cached.

    With ``remote`` all replicas share their caches.
    """
    tmdb = TmdbSource(
        http,
        config.tmdb_api_keys,
        api_url=config.tmdb_api_url,
        image_url=config.tmdb_image_url,
        title_ttl_s=ratings_ttl_s,  # TMDB's own rating comes with the title
        remote=remote,
    )
    mdblist = _mdblist(config, http, ratings_ttl_s, remote) if config.mdblist_api_keys else None
    omdb = _omdb(config, http, ratings_ttl_s, remote) if config.omdb_api_keys else None
    fanart = config.fanart_api_keys and FanartSource(
        http, config.fanart_api_keys, api_url=config.fanart_api_url, remote=remote
    )
    trakt = (
        TraktSource(http, config.trakt_client_ids, api_url=config.trakt_api_url) if config.trakt_client_ids else None
    )
    entries: list[RatingSource] = []
    if config.anilist_api_url:
        entries.append(AnilistSource(http, api_url=config.anilist_api_url, ratings_ttl_s=ratings_ttl_s, remote=remote))
    if config.kitsu_api_url:
        entries.append(KitsuSource(http, api_url=config.kitsu_api_url, ratings_ttl_s=ratings_ttl_s, remote=remote))
    return Catalog(
        titles=tmdb,
        search=tmdb,
        art=(tmdb, fanart) if fanart else (tmdb,),
        ratings=(*(source for source in (mdblist, omdb) if source), *entries),
        film_names=tuple(source for source in (mdblist,) if source),
        lists=tuple(source for source in (tmdb, mdblist, trakt) if source),
    )


def _mdblist(
    config: SourcesConfig, http: Http, ratings_ttl_s: Callable[[Title], float], remote: RemoteCache | None
) -> MdblistSource:
    return MdblistSource(
        http,
        config.mdblist_api_keys,
        api_url=config.mdblist_api_url,
        ratings_ttl_s=ratings_ttl_s,
        daily_limit=config.mdblist_daily_limit,
        remote=remote,
    )


def _omdb(
    config: SourcesConfig, http: Http, ratings_ttl_s: Callable[[Title], float], remote: RemoteCache | None
) -> OmdbSource:
    return OmdbSource(
        http,
        config.omdb_api_keys,
        api_url=config.omdb_api_url,
        ratings_ttl_s=ratings_ttl_s,
        daily_limit=config.omdb_daily_limit,
        remote=remote,
    )
