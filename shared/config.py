"""Config: what the operator chose, read once from the environment into frozen trees, checked before anything starts."""

import difflib
import ipaddress
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec

from shared.freshness import YEAR_S, Rule

_C = TypeVar("_C")

NAMES: Final = frozenset(
    [
        "ADMIN_PASSWORD",
        "ADMIN_USERNAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "CACHE_DIR",
        "CACHE_DIR_MAX_MB",
        "CLOUDFLARE_API_TOKEN",
        "CLOUDFLARE_API_URL",
        "CLOUDFLARE_ZONE_ID",
        "CONTENT_BASE_URL",
        "COOKIE_SECURE",
        "DATABASE_URL",
        "ENABLE_CDN_REDIRECTS",
        "EXTERNAL_CACHE_ONLY",
        "FANART_API_KEY",
        "FANART_API_URL",
        "FREE_KEY_ENABLED",
        "IMAGE_MEM_CACHE_MB",
        "IMAGE_QUALITY",
        "JWT_SECRET",
        "LISTEN_ADDR",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "MDBLIST_API_KEY",
        "MDBLIST_API_URL",
        "MDBLIST_DAILY_LIMIT",
        "METRICS_ADDR",
        "OMDB_API_KEY",
        "OMDB_API_URL",
        "OMDB_DAILY_LIMIT",
        "RATINGS_MAX_AGE_SECS",
        "RATINGS_STALE_SECS",
        "REDIS_URL",
        "RENDER_CONCURRENCY",
        "RENDER_QUEUE_MAX",
        "RENDER_WAIT_MS",
        "S3_BUCKET",
        "S3_ENDPOINT_URL",
        "S3_REGION",
        "TMDB_API_KEY",
        "TMDB_API_URL",
        "TMDB_IMAGE_URL",
        "TRUSTED_PROXIES",
    ]
)
"""Every variable that Marquee reads."""

_OUR_PREFIXES: Final = (
    "CACHE_DIR_",
    "CLOUDFLARE_",
    "FANART_",
    "IMAGE_",
    "MDBLIST_",
    "OMDB_",
    "RATINGS_",
    "RENDER_",
    "S3_",
    "TMDB_",
)
_MOST_SECRETS: Final = 32
_MOST_NETWORKS: Final = 256
_MOST_CALLS: Final = 1_000_000_000
_SECRET: Final = re.compile(r"[0-9a-fA-F]{64}")
_ZONE: Final = re.compile(r"[0-9a-fA-F]{32}")
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):(?P<port>\d{1,5})")


Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """One line that names the variable and says what is wrong with it."""


class Secret(str):
    """Text that does not show itself when printed or logged."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a stand-in."""
        return "Secret(…)"


class Address(msgspec.Struct, frozen=True):
    """Where a server listens."""

    host: str
    port: int


class LogConfig(msgspec.Struct, frozen=True):
    """How much is logged, and in what form."""

    level: str
    format: str


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
    jwt_secret: Secret
    free_key_enabled: bool
    admin: tuple[str, Secret] | None
    trusted_proxies: tuple[Network, ...]
    cookie_secure: bool
    render_queue_max: int
    log: LogConfig


class RendererConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that the renderer needs to know."""

    listen: Address
    metrics: Address
    database_url: Secret
    redis_url: Secret
    s3: S3Config
    sources: SourcesConfig
    edge: EdgeConfig | None
    freshness: Rule
    disk: DiskConfig | None
    image_mem_cache_bytes: int
    image_quality: int
    render_concurrency: int
    render_queue_max: int
    render_wait_s: float
    log: LogConfig


class WarmingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that warming up needs to know; ``sources`` only where their keys are given, for lists."""

    database_url: Secret
    redis_url: Secret
    sources: SourcesConfig | None
    render_queue_max: int
    log: LogConfig


class Environment:
    """Reads single variables; an empty one counts as not set. Every method raises ``ConfigError``."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str:
        """Return the text; without a default it is required."""
        value = self.optional(name) or default
        if value is None:
            raise ConfigError(f"{name} is not set, and there is no default for it.")
        return value

    def optional(self, name: str) -> str | None:
        """Return the text or ``None``."""
        if name not in NAMES:
            raise LookupError(f"{name} is missing in NAMES")
        return self._variables.get(name, "").strip() or None

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number between two bounds."""
        value = self.optional(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and low <= int(value[:18]) <= high):
            raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean, as ``true 1 yes on`` or ``false 0 no off`` in any case."""
        value = (self.optional(name) or str(default)).lower()
        if value not in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
            raise ConfigError(f"{name} must be true or false, not {value!r}.")
        return value in {"true", "1", "yes", "on"}

    def url(self, name: str, default: str | None = None, schemes: tuple[str, ...] = ("http", "https")) -> str:
        """Return a URL with one of the schemes, without a slash at its end. It may hold a password: never shown."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            complete = parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix") and parts.port != 0
        except ValueError:
            complete = False
        if not complete:
            raise ConfigError(f"{name} must be a URL that begins with {' or '.join(s + '://' for s in schemes)}.")
        return value.rstrip("/")

    def address(self, name: str, default: str) -> Address:
        """Return host and port, written ``127.0.0.1:3000``, ``[::]:3000`` or ``:3000`` (all addresses)."""
        match = _ADDRESS.fullmatch(self.text(name, default))
        if match is None or not 0 < int(match["port"]) < 65_536:  # noqa: PLR2004 - ports are 16 bits
            raise ConfigError(f"{name} must be an address such as 127.0.0.1:3000.")
        return Address(match["host"].strip("[]") or "0.0.0.0", int(match["port"]))  # noqa: S104 - asked for by ":3000"

    def word(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of a few words, in any case."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def secret(self, name: str) -> Secret | None:
        """Return a secret or ``None``."""
        value = self.optional(name)
        return None if value is None else Secret(value)

    def secrets(self, name: str) -> tuple[Secret, ...]:
        """Return secrets that are written with commas between them, each once; none at all when it is not set."""
        value = self.optional(name)
        items = [] if value is None else [item.strip() for item in value.split(",")]
        if not all(items):
            raise ConfigError(f"{name} must be keys with one comma between them, and one of them is empty.")
        if len(items) > _MOST_SECRETS:
            raise ConfigError(f"{name} must be at most {_MOST_SECRETS} keys, not {len(items)}.")
        return tuple(Secret(item) for item in dict.fromkeys(items))

    def networks(self, name: str) -> tuple[Network, ...]:
        """Return addresses and networks that are written with commas between them; none when it is not set."""
        value = self.optional(name)
        items = [] if value is None else [item.strip() for item in value.split(",")]
        if len(items) > _MOST_NETWORKS:
            raise ConfigError(f"{name} must be at most {_MOST_NETWORKS} networks, not {len(items)}.")
        try:
            return tuple(ipaddress.ip_network(item) for item in items)
        except ValueError as error:
            raise ConfigError(f"{name} must be addresses such as 10.0.0.0/8,2001:db8::/32: {error}.") from None


def load_gateway(variables: Mapping[str, str] = os.environ) -> GatewayConfig:
    """Read the gateway's config. Raises ``ConfigError``."""
    _refuse_typos(variables)
    env = Environment(variables)
    if not env.flag("ENABLE_CDN_REDIRECTS", default=True):
        raise ConfigError("ENABLE_CDN_REDIRECTS=false is not supported by this version: the gateway only redirects.")
    secret = env.text("JWT_SECRET")
    if not _SECRET.fullmatch(secret):
        raise ConfigError("JWT_SECRET must be 64 hex digits, as `openssl rand -hex 32` prints them.")
    return GatewayConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3000"),
        metrics=env.address("METRICS_ADDR", "0.0.0.0:3100"),
        database_url=_database_url(env),
        redis_url=_redis_url(env),
        content_base_url=env.url("CONTENT_BASE_URL"),
        jwt_secret=Secret(secret),
        free_key_enabled=env.flag("FREE_KEY_ENABLED", default=False),
        admin=_admin(env),
        trusted_proxies=env.networks("TRUSTED_PROXIES"),
        cookie_secure=env.flag("COOKIE_SECURE", default=True),
        render_queue_max=env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000),
        log=_log(env),
    )


def load_renderer(variables: Mapping[str, str] = os.environ) -> RendererConfig:
    """Read the renderer's config. Raises ``ConfigError``."""
    _refuse_typos(variables)
    env = Environment(variables)
    stale_s = env.whole("RATINGS_STALE_SECS", 86_400, 1, YEAR_S)
    max_age_s = env.whole("RATINGS_MAX_AGE_SECS", YEAR_S, 1, 100 * YEAR_S)
    if max_age_s < stale_s:
        raise ConfigError("RATINGS_MAX_AGE_SECS must not be less than RATINGS_STALE_SECS.")
    return RendererConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3001"),
        metrics=env.address("METRICS_ADDR", "0.0.0.0:3101"),
        database_url=_database_url(env),
        redis_url=_redis_url(env),
        s3=_s3(env),
        sources=_sources(env),
        edge=_edge(env),
        freshness=Rule(stale_s, max_age_s),
        disk=_disk(env),
        image_mem_cache_bytes=env.whole("IMAGE_MEM_CACHE_MB", 256, 1, 1_000_000) << 20,
        image_quality=env.whole("IMAGE_QUALITY", 85, 1, 100),
        render_concurrency=env.whole("RENDER_CONCURRENCY", os.cpu_count() or 1, 1, 256),
        render_queue_max=env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000),
        render_wait_s=env.whole("RENDER_WAIT_MS", 2000, 0, 60_000) / 1000,
        log=_log(env),
    )


def load_warming(variables: Mapping[str, str] = os.environ) -> WarmingConfig:
    """Read what warming up needs. Raises ``ConfigError``."""
    _refuse_typos(variables)
    env = Environment(variables)
    return WarmingConfig(
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


def _refuse_typos(variables: Mapping[str, str]) -> None:
    """Stop at a name that looks like ours and is not: a misspelt variable is worse than a missing one."""
    for name in sorted(variables):
        if name.startswith(_OUR_PREFIXES) and name not in NAMES:
            for near in difflib.get_close_matches(name, NAMES, n=1, cutoff=0.8):
                raise ConfigError(f"{name} is not a variable of ours; is {near} meant?")


def _database_url(env: Environment) -> Secret:
    return Secret(env.url("DATABASE_URL", schemes=("postgresql", "postgres")))


def _redis_url(env: Environment) -> Secret:
    return Secret(env.url("REDIS_URL", schemes=("redis", "rediss", "unix")))


def _admin(env: Environment) -> tuple[str, Secret] | None:
    name, password = env.optional("ADMIN_USERNAME"), env.secret("ADMIN_PASSWORD")
    if name is None and password is None:
        return None
    if name is None or password is None:
        raise ConfigError("ADMIN_USERNAME and ADMIN_PASSWORD must be set together.")
    return name, password


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
