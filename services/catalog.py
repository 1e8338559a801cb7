"""Every outside source, one line each: what the config allows is built here and nowhere else."""

from collections.abc import Callable

import msgspec

from services.client.http import Http
from services.client.remote_cache import RemoteCache
from services.config import SourcesConfig
from services.fanart import FanartSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from services.source import ArtSource, FilmNames, RatingSource, Title, TitleLists, TitleSource
from services.tmdb.client import TmdbSource


class Catalog(msgspec.Struct, frozen=True):
    """Whom we ask for what; in a tuple, the first is believed first."""

    titles: TitleSource
    art: tuple[ArtSource, ...]
    ratings: tuple[RatingSource, ...]
    film_names: tuple[FilmNames, ...]
    lists: tuple[TitleLists, ...] = ()


def build_catalog(
    config: SourcesConfig,
    http: Http,
    ratings_lifetime_s: Callable[[Title], float],
    remote: RemoteCache | None = None,
) -> Catalog:
    """Return the sources that have a key; ``ratings_lifetime_s`` tells how long a title's ratings are remembered.

    With ``remote`` all replicas share what they were told.
    """
    tmdb = TmdbSource(
        http,
        config.tmdb_api_keys,
        api_url=config.tmdb_api_url,
        image_url=config.tmdb_image_url,
        title_lifetime_s=ratings_lifetime_s,  # TMDB's own rating comes with the title
        remote=remote,
    )
    mdblist = config.mdblist_api_keys and MdblistSource(
        http,
        config.mdblist_api_keys,
        api_url=config.mdblist_api_url,
        ratings_lifetime_s=ratings_lifetime_s,
        daily_limit=config.mdblist_daily_limit,
        remote=remote,
    )
    omdb = config.omdb_api_keys and OmdbSource(
        http,
        config.omdb_api_keys,
        api_url=config.omdb_api_url,
        ratings_lifetime_s=ratings_lifetime_s,
        daily_limit=config.omdb_daily_limit,
        remote=remote,
    )
    fanart = config.fanart_api_keys and FanartSource(
        http, config.fanart_api_keys, api_url=config.fanart_api_url, remote=remote
    )
    return Catalog(
        titles=tmdb,
        art=(tmdb, fanart) if fanart else (tmdb,),
        ratings=tuple(source for source in (mdblist, omdb) if source),
        film_names=tuple(source for source in (mdblist,) if source),
        lists=(tmdb, mdblist) if mdblist else (tmdb,),
    )
