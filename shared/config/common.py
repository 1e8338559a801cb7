"""Config: what the operator chose, read once from the environment into frozen trees, checked before anything starts."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec

from shared.config.environment import Address, ConfigError, Environment, Network, Secret, refuse_typos
from shared.domain.cache_lifetime import YEAR_S, LifetimeRule

_C = TypeVar("_C")

CLOSE_S: Final = 8.0
"""Longest for all that a process closes once it has nothing in hand: what was cut off, stores, threads, last traces."""

_SHORTEST_DRAIN_S: Final = 21  # longer than one drawing may take: renderer.jobs.worker.DEADLINE_S
_SHORTEST_ANSWERS_S: Final = 5.0  # a stored picture on its way to a slow caller
_LATE_S: Final = 2.0  # past the wait: the word at its last instant, a slow look into S3, and the plain art after all
_FEWEST_DAYS: Final = 7  # asking is noted to the day, and looks less often than pictures
_MOST_CALLS: Final = 1_000_000_000
_SECRET: Final = re.compile(r"[0-9a-fA-F]{64}")
_MOST_JWT_SECRETS: Final = 2  # a token that nobody signed is tried with each
_ZONE: Final = re.compile(r"[0-9a-fA-F]{32}")


class LogConfig(msgspec.Struct, frozen=True):
    """How much is logged, and in what form."""

    level: str
    format: str


class TracesConfig(msgspec.Struct, frozen=True):
    """The OpenTelemetry collector, by the base address of its OTLP over HTTP, and the share of requests it hears of."""

    endpoint: Secret
    """It may hold a password."""
    share: float


class S3Config(msgspec.Struct, frozen=True):
    """Where finished pictures are kept; without keys, the usual AWS chain finds them."""

    bucket: str
    region: str
    endpoint_url: str | None
    access_key: str | None
    secret_key: Secret | None


class DiskConfig(msgspec.Struct, frozen=True):
    """Where copies of pictures are kept on local disk, and how much of it they may take."""

    folder: Path
    most_bytes: int


class SourcesConfig(msgspec.Struct, frozen=True):
    """The outside services: keys, and base URLs so that a mirror or a test can stand in.

    A service may have several keys, which are used in turn. A daily limit is that of one key, 0 when nobody stated it.
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


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The Cloudflare zone in front of the content, whose edge is told of pictures drawn anew."""

    zone_id: str
    api_token: Secret
    api_url: str
    content_base_url: str


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that the gateway needs to know."""

    listen: Address
    metrics: Address
    database_url: Secret
    redis_url: Secret
    content_base_url: str
    renderer_url: str
    """Where pictures are fetched for callers who are not redirected."""
    redirects: bool
    jwt_secrets: tuple[Secret, ...]
    """The first signs, all are believed: a new one is put in front of the old one until what that signed has ended."""
    free_key_enabled: bool | None
    """``None`` leaves the switch to the admins."""
    admin: tuple[str, Secret] | None
    trusted_proxies: tuple[Network, ...]
    rate_limits: bool
    cookie_secure: bool
    cors_origin: str | None
    """The one other site whose pages may call management."""
    render_queue_max: int
    log: LogConfig
    traces: TracesConfig | None
    """``None`` without a collector: nothing is recorded."""


class RendererConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that the renderer needs to know."""

    listen: Address
    metrics: Address
    database_url: Secret
    redis_url: Secret
    s3: S3Config
    sources: SourcesConfig
    edge: EdgeConfig | None
    freshness: LifetimeRule
    disk: DiskConfig | None
    housekeeping_days: int
    """Pictures and looks that nobody asked for in so many days are removed; 0 keeps them for ever."""
    trusted_proxies: tuple[Network, ...]
    rate_limits: bool
    image_mem_cache_bytes: int
    image_quality: int
    render_concurrency: int
    render_queue_max: int
    render_wait_s: float
    serves: bool
    """Whether this process answers for pictures."""
    draws: bool
    """Whether it takes jobs; at least one of the two."""
    drain_s: float
    """Longest wait for the jobs in hand when the process is told to stop."""
    log: LogConfig
    traces: TracesConfig | None

    @property
    def answers_s(self) -> float:
        """Longest wait for open answers when the process is told to stop: whoever waits for a picture is answered."""
        return max(_SHORTEST_ANSWERS_S, self.render_wait_s + _LATE_S)

    @property
    def stop_s(self) -> float:
        """Seconds from the word to stop within which the process has ended, whatever it had in hand.

        Jobs and callers end side by side; then the rest is closed.
        """
        return max(self.drain_s, self.answers_s) + CLOSE_S


class PrewarmConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that warming up needs to know; ``sources`` only where their keys are given, for lists."""

    database_url: Secret
    redis_url: Secret
    sources: SourcesConfig | None
    render_queue_max: int
    log: LogConfig


def load_gateway(variables: Mapping[str, str] = os.environ) -> GatewayConfig:
    """Read the gateway's config. Raises ``ConfigError``."""
    refuse_typos(variables)
    env = Environment(variables)
    content_base_url = env.url("CONTENT_BASE_URL")
    return GatewayConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3000"),
        metrics=env.address("METRICS_ADDR", "0.0.0.0:3100"),
        database_url=_database_url(env),
        redis_url=_redis_url(env),
        content_base_url=content_base_url,
        renderer_url=env.url("RENDERER_URL", content_base_url),
        redirects=env.flag("ENABLE_CDN_REDIRECTS", default=True),
        jwt_secrets=_jwt_secrets(env),
        free_key_enabled=env.flag("FREE_KEY_ENABLED", default=False) if env.optional("FREE_KEY_ENABLED") else None,
        admin=_admin(env),
        trusted_proxies=env.networks("TRUSTED_PROXIES"),
        rate_limits=env.flag("RATE_LIMITS_ENABLED", default=True),
        cookie_secure=env.flag("COOKIE_SECURE", default=True),
        cors_origin=env.origin("CORS_ORIGIN"),
        render_queue_max=env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000),
        log=_log(env),
        traces=_traces(env),
    )


def load_renderer(variables: Mapping[str, str] = os.environ) -> RendererConfig:
    """Read the renderer's config. Raises ``ConfigError``."""
    refuse_typos(variables)
    env = Environment(variables)
    stale_s = env.whole("RATINGS_STALE_SECS", 86_400, 1, YEAR_S)
    max_age_s = env.whole("RATINGS_MAX_AGE_SECS", YEAR_S, 1, 100 * YEAR_S)
    if max_age_s < stale_s:
        raise ConfigError("RATINGS_MAX_AGE_SECS must not be less than RATINGS_STALE_SECS.")
    role = env.word("RENDERER_ROLE", "all", ("all", "content", "worker"))
    return RendererConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3001"),
        metrics=env.address("METRICS_ADDR", "0.0.0.0:3101"),
        database_url=_database_url(env),
        redis_url=_redis_url(env),
        s3=_s3(env),
        sources=_sources(env),
        edge=_edge(env),
        freshness=LifetimeRule(stale_s, max_age_s, env.whole("IMAGE_STALE_SECS", 0, 0, 100 * YEAR_S)),
        disk=_disk(env),
        housekeeping_days=_housekeeping_days(env),
        trusted_proxies=env.networks("TRUSTED_PROXIES"),
        rate_limits=env.flag("RATE_LIMITS_ENABLED", default=True),
        image_mem_cache_bytes=env.whole("IMAGE_MEM_CACHE_MB", 256, 1, 1_000_000) << 20,
        image_quality=env.whole("IMAGE_QUALITY", 85, 1, 100),
        render_concurrency=env.whole("RENDER_CONCURRENCY", os.cpu_count() or 1, 1, 256),
        render_queue_max=env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000),
        render_wait_s=env.whole("RENDER_WAIT_MS", 2000, 0, 60_000) / 1000,
        serves=role != "worker",
        draws=role != "content",
        drain_s=env.whole("DRAIN_SECS", 25, _SHORTEST_DRAIN_S, 600),
        log=_log(env),
        traces=_traces(env),
    )


def load_prewarm(variables: Mapping[str, str] = os.environ) -> PrewarmConfig:
    """Read what warming up needs. Raises ``ConfigError``."""
    refuse_typos(variables)
    env = Environment(variables)
    return PrewarmConfig(
        database_url=_database_url(env),
        redis_url=_redis_url(env),
        sources=_sources(env) if env.optional("TMDB_API_KEY") else None,
        render_queue_max=env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000),
        log=_log(env),
    )


def load_database_url(variables: Mapping[str, str] = os.environ) -> Secret:
    """Read what the migrations need. Raises ``ConfigError``."""
    return _database_url(Environment(variables))


def load_or_exit(load: Callable[[], _C]) -> _C:
    """Read a config; a bad one ends the program with the one line that says why."""
    try:
        return load()
    except ConfigError as error:
        _stop(str(error))


def _stop(line: str) -> NoReturn:
    sys.stderr.write(f"marquee cannot start: {line}\n")
    raise SystemExit(2)


def _database_url(env: Environment) -> Secret:
    return Secret(env.url("DATABASE_URL", schemes=("postgresql", "postgres")))


def _redis_url(env: Environment) -> Secret:
    return Secret(env.url("REDIS_URL", schemes=("redis", "rediss", "unix")))


def _jwt_secrets(env: Environment) -> tuple[Secret, ...]:
    env.text("JWT_SECRET")  # which is required
    secrets = env.secrets("JWT_SECRET")
    if len(secrets) > _MOST_JWT_SECRETS or not all(map(_SECRET.fullmatch, secrets)):
        raise ConfigError(
            "JWT_SECRET must be 64 hex digits, as `openssl rand -hex 32` prints them, or two such: new,old."
        )
    return secrets


def _admin(env: Environment) -> tuple[str, Secret] | None:
    name, password = env.optional("ADMIN_USERNAME"), env.secret("ADMIN_PASSWORD")
    if name is None and password is None:
        return None
    if name is None or password is None:
        raise ConfigError("ADMIN_USERNAME and ADMIN_PASSWORD must be set together.")
    return name, password


def _housekeeping_days(env: Environment) -> int:
    days = env.whole("HOUSEKEEPING_DAYS", 0, 0, 36_500)
    if 0 < days < _FEWEST_DAYS:
        raise ConfigError(f"HOUSEKEEPING_DAYS must be 0, which keeps everything, or at least {_FEWEST_DAYS}.")
    return days


def _traces(env: Environment) -> TracesConfig | None:
    share = env.share("TRACE_SAMPLE", 0.01)
    if env.optional("OTEL_EXPORTER_OTLP_ENDPOINT") is None:
        return None
    return TracesConfig(Secret(env.url("OTEL_EXPORTER_OTLP_ENDPOINT")), share)


def _log(env: Environment) -> LogConfig:
    return LogConfig(
        env.word("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        env.word("LOG_FORMAT", "json", ("json", "console")),
    )


def _s3(env: Environment) -> S3Config:
    endpoint = env.url("S3_ENDPOINT_URL") if env.optional("S3_ENDPOINT_URL") else None
    access_key, secret_key = env.optional("AWS_ACCESS_KEY_ID"), env.secret("AWS_SECRET_ACCESS_KEY")
    if (access_key is None) != (secret_key is None):
        raise ConfigError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together.")
    return S3Config(env.text("S3_BUCKET"), env.text("S3_REGION", "us-east-1"), endpoint, access_key, secret_key)


def _edge(env: Environment) -> EdgeConfig | None:
    zone_id, api_token = env.optional("CLOUDFLARE_ZONE_ID"), env.secret("CLOUDFLARE_API_TOKEN")
    api_url = env.url("CLOUDFLARE_API_URL", "https://api.cloudflare.com/client/v4")
    if zone_id is None and api_token is None:
        return None
    if zone_id is None or api_token is None:
        raise ConfigError("CLOUDFLARE_ZONE_ID and CLOUDFLARE_API_TOKEN must be set together.")
    if not _ZONE.fullmatch(zone_id):
        raise ConfigError("CLOUDFLARE_ZONE_ID must be 32 hex digits, as the zone's overview page shows them.")
    content_base_url = env.url("CONTENT_BASE_URL")  # what the edge knows our pictures by
    return EdgeConfig(zone_id=zone_id, api_token=api_token, api_url=api_url, content_base_url=content_base_url)


def _disk(env: Environment) -> DiskConfig | None:
    """Read where copies may be kept, and see that they can be; nothing on disk is touched when they may not."""
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


def _sources(env: Environment) -> SourcesConfig:
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
    )
