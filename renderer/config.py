"""The renderer's config, read once from the environment into a frozen tree and checked before anything starts."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from renderer.content.redraw_pace import REDRAWS_PER_MINUTE
from renderer.control_groups import usable_cpus
from services.config import AnimeMapConfig, CdnConfig, SourcesConfig, load_anime_map, load_cdn, load_sources
from shared.config.environment import (
    PROCESS_ENVIRONMENT,
    Address,
    ConfigError,
    Environment,
    Network,
    Secret,
    refuse_typos,
)
from shared.config.process import (
    CLOSE_S,
    LogConfig,
    TracesConfig,
    database_url,
    fast_path,
    log_config,
    queue_max,
    rate_limits,
    redis_url,
    traces_config,
)
from shared.domain.cache_lifetime import HALF_YEAR_S, YEAR_S, LifetimeRule
from shared.domain.ids import TitleKind
from shared.settings.model import SashWord

SHORTEST_DRAIN_S: Final = 21  # longer than one job may take: renderer.jobs.worker.DEADLINE_S
SMALLEST_RENDER_MB: Final = 320  # the largest picture on artwork of ordinary size
_MOST_THREADS: Final = 256
_LIST: Final = re.compile(r"mdblist:[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,99}/[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,199}", re.ASCII)
_SHORTEST_ANSWERS_S: Final = 5.0  # a stored picture on its way to a slow caller
_LATE_S: Final = 2.0  # after the wait: a result at the last instant, a slow read from S3, then the fallback artwork
_FEWEST_DAYS: Final = 7  # last access is recorded to the day, and of settings less often than of pictures


class SashLists(msgspec.Struct, frozen=True, kw_only=True):
    """Where the lists of the labels come from, such as ``mdblist:user/name``; a list that is unset is never asked."""

    top_movies: str | None = None
    top_series: str | None = None
    trending_movies: str = "tmdb:trending/movie/day"
    trending_series: str = "tmdb:trending/tv/day"

    @property
    def origins(self) -> dict[tuple[SashWord, TitleKind], str]:
        """Return the lists that there are, by what they tell."""
        named = {
            (SashWord.TOP, TitleKind.MOVIE): self.top_movies,
            (SashWord.TOP, TitleKind.SERIES): self.top_series,
            (SashWord.TRENDING, TitleKind.MOVIE): self.trending_movies,
            (SashWord.TRENDING, TitleKind.SERIES): self.trending_series,
        }
        return {key: origin for key, origin in named.items() if origin}


class S3Config(msgspec.Struct, frozen=True):
    """Where finished pictures are stored; without keys, the usual AWS credential chain applies."""

    bucket: str
    region: str
    endpoint_url: str | None
    access_key: str | None
    secret_key: Secret | None
    session_token: Secret | None = None
    """Of temporary keys."""


class DiskConfig(msgspec.Struct, frozen=True):
    """Where copies of pictures are cached on local disk, and how many bytes they may take."""

    folder: Path
    most_bytes: int


class RendererConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The renderer's whole config."""

    listen: Address
    metrics: Address
    database_url: Secret
    redis_url: Secret
    s3: S3Config
    sources: SourcesConfig
    sash_lists: SashLists = SashLists()
    anime_map: AnimeMapConfig = AnimeMapConfig()
    edge: CdnConfig | None
    content_direct_url: str | None
    """The public base URL of the bucket, to which callers are sent for stored pictures."""
    freshness: LifetimeRule
    disk: DiskConfig | None
    housekeeping_days: int
    """Pictures that were not requested for this many days are removed; 0 keeps them."""
    free_key_housekeeping_days: int
    """The same for pictures whose settings only the free key uses."""
    trusted_proxies: tuple[Network, ...]
    rate_limits: bool
    fast_path: bool
    """Whether pictures in memory are served below aiohttp."""
    image_mem_cache_bytes: int
    image_quality: int
    render_concurrency: int
    render_memory_bytes: int
    """Memory for all pictures that are being drawn."""
    render_queue_max: int
    render_wait_s: float
    redraws_per_minute: int
    """Most pictures that this process has redrawn in a minute because older drawing code drew them."""
    serves: bool
    """Whether this process serves pictures."""
    draws: bool
    """Whether it processes jobs; at least one of the two is true."""
    drain_s: float
    """Longest wait for jobs in progress when the process stops."""
    log: LogConfig
    traces: TracesConfig | None

    @property
    def answers_s(self) -> float:
        """Longest wait for open responses when the process stops: callers who wait for a picture get one."""
        return max(_SHORTEST_ANSWERS_S, self.render_wait_s + _LATE_S)

    @property
    def stop_s(self) -> float:
        """Seconds from the stop signal within which the process has ended in any case.

        Jobs and callers are drained side by side; then everything else is closed.
        """
        return max(self.drain_s, self.answers_s) + CLOSE_S


class PrewarmConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The config of prewarming; ``sources`` only when their keys are set, which lists need."""

    database_url: Secret
    redis_url: Secret
    sources: SourcesConfig | None
    render_queue_max: int
    log: LogConfig


def load_renderer(variables: Mapping[str, str] = PROCESS_ENVIRONMENT) -> RendererConfig:
    """Read the renderer's config. Raises ``ConfigError``."""
    refuse_typos(variables)
    return read_renderer(Environment(variables))


def read_renderer(env: Environment) -> RendererConfig:
    """Read the renderer's config from its variables. Raises ``ConfigError``."""
    stale_s = env.whole("RATINGS_STALE_SECS", 86_400, 1, YEAR_S)
    max_age_s = env.whole("RATINGS_MAX_AGE_SECS", YEAR_S, 1, 100 * YEAR_S)
    if max_age_s < stale_s:
        raise ConfigError("RATINGS_MAX_AGE_SECS must not be less than RATINGS_STALE_SECS.")
    role = env.word("RENDERER_ROLE", "all", ("all", "content", "worker"))
    return RendererConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3001"),
        metrics=env.address("METRICS_ADDR", "127.0.0.1:3101"),
        database_url=database_url(env),
        redis_url=redis_url(env),
        s3=s3_config(env),
        sources=load_sources(env),
        sash_lists=_sash_lists(env),
        anime_map=load_anime_map(env),
        edge=load_cdn(env),
        content_direct_url=env.url("CONTENT_DIRECT_URL") if env.optional("CONTENT_DIRECT_URL") else None,
        freshness=LifetimeRule(stale_s, max_age_s, env.whole("IMAGE_STALE_SECS", HALF_YEAR_S, 0, 100 * YEAR_S)),
        disk=_disk(env),
        housekeeping_days=_days(env, "HOUSEKEEPING_DAYS", 0),
        free_key_housekeeping_days=_days(env, "FREE_KEY_HOUSEKEEPING_DAYS", 60),
        trusted_proxies=env.networks("TRUSTED_PROXIES"),
        rate_limits=rate_limits(env),
        fast_path=fast_path(env),
        image_mem_cache_bytes=env.whole("IMAGE_MEM_CACHE_MB", 256, 1, 1_000_000) << 20,
        image_quality=env.whole("IMAGE_QUALITY", 85, 1, 100),
        render_concurrency=env.whole("RENDER_CONCURRENCY", min(usable_cpus(), _MOST_THREADS), 1, _MOST_THREADS),
        render_memory_bytes=env.whole("RENDER_MEMORY_MB", 768, SMALLEST_RENDER_MB, 1_000_000) << 20,
        render_queue_max=queue_max(env),
        render_wait_s=env.whole("RENDER_WAIT_MS", 2000, 0, 60_000) / 1000,
        redraws_per_minute=env.whole("REDRAWS_PER_MINUTE", REDRAWS_PER_MINUTE, 0, 100_000),
        serves=role != "worker",
        draws=role != "content",
        drain_s=env.whole("DRAIN_SECS", 25, SHORTEST_DRAIN_S, 600),
        log=log_config(env),
        traces=traces_config(env),
    )


def load_prewarm(variables: Mapping[str, str] = PROCESS_ENVIRONMENT) -> PrewarmConfig:
    """Read the config of prewarming. Raises ``ConfigError``."""
    refuse_typos(variables)
    env = Environment(variables)
    return PrewarmConfig(
        database_url=database_url(env),
        redis_url=redis_url(env),
        sources=load_sources(env) if env.optional("TMDB_API_KEY") else None,
        render_queue_max=queue_max(env),
        log=log_config(env),
    )


def _sash_lists(env: Environment) -> SashLists:
    """Read which lists of MDBList say what is at the top and what is popular today."""
    names = ("TOP_MOVIES", "TOP_SERIES", "TRENDING_MOVIES", "TRENDING_SERIES")
    given = {name.lower(): value for name in names if (value := env.optional(f"SASH_{name}"))}
    for name, value in given.items():
        if not _LIST.fullmatch(value):
            raise ConfigError(f"SASH_{name.upper()} must be written like mdblist:user/name, not {value!r}.")
    if given and not env.secrets("MDBLIST_API_KEY"):
        raise ConfigError("SASH_ lists are fetched from MDBList: set MDBLIST_API_KEY.")
    return SashLists(**given)


def _days(env: Environment, name: str, default: int) -> int:
    days = env.whole(name, default, 0, 36_500)
    if 0 < days < _FEWEST_DAYS:
        raise ConfigError(f"{name} must be 0, which keeps everything, or at least {_FEWEST_DAYS}.")
    return days


def s3_config(env: Environment) -> S3Config:
    """Read where pictures are stored, and with which credentials. Raises ``ConfigError``."""
    endpoint = env.url("S3_ENDPOINT_URL") if env.optional("S3_ENDPOINT_URL") else None
    access_key, secret_key = env.optional("AWS_ACCESS_KEY_ID"), env.secret("AWS_SECRET_ACCESS_KEY")
    if (access_key is None) != (secret_key is None):
        raise ConfigError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together.")
    token = env.secret("AWS_SESSION_TOKEN")
    if token is not None and access_key is None:
        raise ConfigError("AWS_SESSION_TOKEN must be set together with the keys that it belongs to.")
    return S3Config(env.text("S3_BUCKET"), env.text("S3_REGION", "us-east-1"), endpoint, access_key, secret_key, token)


def _disk(env: Environment) -> DiskConfig | None:
    """Read where copies may be cached, and check that the folder is writable; touch nothing when caching is off."""
    folder, most_mb = env.optional("CACHE_DIR"), env.whole("CACHE_DIR_MAX_MB", 1024, 16, 1_000_000)
    if env.flag("EXTERNAL_CACHE_ONLY", default=True):
        return None
    if folder is None:
        raise ConfigError("CACHE_DIR is not set, and EXTERNAL_CACHE_ONLY=false needs it.")
    if not Path(folder).is_absolute():
        raise ConfigError(f"CACHE_DIR must be an absolute path, not {folder!r}.")
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"can it be written?")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"CACHE_DIR must be a folder that can be written, and {folder!r} is not: {reason}.") from None
    return DiskConfig(Path(folder), most_mb << 20)
