"""The config of the outside services: their keys and base URLs, and the CDN's zone."""

import hashlib
import re
from typing import Final

import msgspec

from shared.config.environment import ConfigError, Environment, Secret

ANIME_MAP_URLS: Final = (
    "https://raw.githubusercontent.com/Fribb/anime-lists/master/anime-list-mini.json",
    "https://cdn.jsdelivr.net/gh/Fribb/anime-lists@master/anime-list-mini.json",
)
"""Where the anime id map is published, and a mirror of it."""

_MOST_CALLS: Final = 1_000_000_000
_MOST_HOURS: Final = 8760
_ZONE: Final = re.compile(r"[0-9a-fA-F]{32}")


class SourcesConfig(msgspec.Struct, frozen=True):
    """The outside services: their keys, and base URLs so that a mirror or a test server can replace them.

    A service may have several keys, which are used in rotation. A daily limit is per key; 0 means unknown.
    """

    tmdb_api_keys: tuple[Secret, ...]
    tmdb_api_url: str
    tmdb_image_url: str
    mdblist_api_keys: tuple[Secret, ...]
    mdblist_api_url: str
    omdb_api_keys: tuple[Secret, ...]
    omdb_api_url: str
    fanart_api_keys: tuple[Secret, ...]
    fanart_api_url: str
    mdblist_daily_limit: int = 0
    omdb_daily_limit: int = 0
    trakt_client_ids: tuple[Secret, ...] = ()
    trakt_api_url: str = ""
    anilist_api_url: str = ""
    kitsu_api_url: str = ""


class AnimeMapConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the anime id map is fetched from, the best address first, and after how many hours again.

    Without an address there is no map: anime ids are unknown, and AniList and Kitsu are never asked.
    """

    urls: tuple[str, ...] = ()
    hours: int = 24

    @property
    def origin(self) -> str:
        """Return what distinguishes these addresses from others, without showing them: another list has another."""
        return hashlib.sha256(" ".join(self.urls).encode()).hexdigest()[:16]


class CdnConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The Cloudflare zone in front of the content; redrawn pictures are purged from it."""

    zone_id: str
    api_token: Secret
    api_url: str
    content_base_url: str


def load_sources(env: Environment) -> SourcesConfig:
    """Read the sources' keys and addresses. Raises ``ConfigError``."""
    tmdb, mdblist, omdb = (env.secrets(f"{source}_API_KEY") for source in ("TMDB", "MDBLIST", "OMDB"))
    if not tmdb:
        raise ConfigError("TMDB_API_KEY is not set, and there is no default for it.")
    if not mdblist and not omdb:
        raise ConfigError("At least one of MDBLIST_API_KEY and OMDB_API_KEY must be set.")
    return SourcesConfig(
        tmdb_api_keys=tmdb,
        tmdb_api_url=env.url("TMDB_API_URL", "https://api.themoviedb.org/3"),
        tmdb_image_url=env.url("TMDB_IMAGE_URL", "https://image.tmdb.org/t/p"),
        mdblist_api_keys=mdblist,
        mdblist_api_url=env.url("MDBLIST_API_URL", "https://api.mdblist.com"),
        omdb_api_keys=omdb,
        omdb_api_url=env.url("OMDB_API_URL", "https://www.omdbapi.com"),
        fanart_api_keys=env.secrets("FANART_API_KEY"),
        fanart_api_url=env.url("FANART_API_URL", "https://webservice.fanart.tv/v3"),
        mdblist_daily_limit=env.whole("MDBLIST_DAILY_LIMIT", 0, 0, _MOST_CALLS),
        omdb_daily_limit=env.whole("OMDB_DAILY_LIMIT", 0, 0, _MOST_CALLS),
        trakt_client_ids=env.secrets("TRAKT_CLIENT_ID"),
        trakt_api_url=env.url("TRAKT_API_URL", "https://api.trakt.tv"),
        anilist_api_url=env.url("ANILIST_API_URL", "https://graphql.anilist.co"),
        kitsu_api_url=env.url("KITSU_API_URL", "https://kitsu.io/api/edge"),
    )


def load_cdn(env: Environment) -> CdnConfig | None:
    """Read the CDN's zone; ``None`` if there is none. Raises ``ConfigError``."""
    zone_id, api_token = env.optional("CLOUDFLARE_ZONE_ID"), env.secret("CLOUDFLARE_API_TOKEN")
    api_url = env.url("CLOUDFLARE_API_URL", "https://api.cloudflare.com/client/v4")
    if zone_id is None and api_token is None:
        return None
    if zone_id is None or api_token is None:
        raise ConfigError("CLOUDFLARE_ZONE_ID and CLOUDFLARE_API_TOKEN must be set together.")
    if not _ZONE.fullmatch(zone_id):
        raise ConfigError("CLOUDFLARE_ZONE_ID must be 32 hex digits, as the zone's overview page shows them.")
    content_base_url = env.url("CONTENT_BASE_URL")  # the addresses that Cloudflare caches
    return CdnConfig(zone_id=zone_id, api_token=api_token, api_url=api_url, content_base_url=content_base_url)


def load_anime_map(env: Environment) -> AnimeMapConfig:
    """Read where the anime id map is published, and how often it is fetched. Raises ``ConfigError``."""
    hours = env.whole("ANIME_MAP_HOURS", 24, 1, _MOST_HOURS)
    if env.text("ANIME_MAP_URL", "on").lower() == "off":
        return AnimeMapConfig(urls=(), hours=hours)
    return AnimeMapConfig(urls=env.urls("ANIME_MAP_URL", ANIME_MAP_URLS), hours=hours)
