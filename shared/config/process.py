"""What both processes and the commands read from the environment: stores, logs, traces, and how a process ends."""

import sys
from collections.abc import Callable, Mapping
from typing import Final, NoReturn, TypeVar

import msgspec

from shared.config.database_url import parse_database_url
from shared.config.environment import PROCESS_ENVIRONMENT, ConfigError, Environment, Secret
from shared.config.redis_address import parse_redis_url

_C = TypeVar("_C")

CLOSE_S: Final = 8.0
"""Longest time a process needs to close everything once no work is left: stores, threads, the last traces."""


class LogConfig(msgspec.Struct, frozen=True):
    """How much is logged, and in what form."""

    level: str
    format: str


class TracesConfig(msgspec.Struct, frozen=True):
    """The OpenTelemetry collector's base address (OTLP over HTTP), and the share of requests that are traced."""

    endpoint: Secret
    """It may hold a password."""
    share: float


class CannotStart(Exception):
    """One line that says why a process or a command cannot start, or cannot go on."""


def load_database_url(variables: Mapping[str, str] = PROCESS_ENVIRONMENT) -> Secret:
    """Read what the migrations need. Raises ``ConfigError``."""
    return database_url(Environment(variables))


def load_or_exit(load: Callable[[], _C]) -> _C:
    """Read a config; a bad one ends the program with the one line that says why."""
    try:
        return load()
    except ConfigError as error:
        _stop(str(error))


def run_or_exit(run: Callable[[], _C]) -> _C:
    """Run a process; what keeps it from starting ends the program with one line instead of a traceback."""
    try:
        return run()
    except (CannotStart, ConfigError) as error:
        _stop(str(error))


def _stop(line: str) -> NoReturn:
    sys.stderr.write(f"marquee cannot start: {' '.join(line.split())}\n")
    raise SystemExit(1) from None


def database_url(env: Environment) -> Secret:
    """Read the address of Postgres, which is checked in every part. Raises ``ConfigError``."""
    url = env.text("DATABASE_URL")
    parse_database_url(url)
    return Secret(url)


def redis_url(env: Environment) -> Secret:
    """Read the address of Redis. Raises ``ConfigError``."""
    value = Secret(env.text("REDIS_URL").rstrip("/"))
    parse_redis_url("REDIS_URL", value)
    return value


def log_config(env: Environment) -> LogConfig:
    """Read how to log. Raises ``ConfigError``."""
    return LogConfig(
        env.word("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        env.word("LOG_FORMAT", "json", ("json", "console")),
    )


def traces_config(env: Environment) -> TracesConfig | None:
    """Read where traces go; ``None`` without a collector. Raises ``ConfigError``."""
    share = env.share("TRACE_SAMPLE", 0.01)
    if env.optional("OTEL_EXPORTER_OTLP_ENDPOINT") is None:
        return None
    return TracesConfig(Secret(env.url("OTEL_EXPORTER_OTLP_ENDPOINT")), share)


def queue_max(env: Environment) -> int:
    """Read how many jobs may wait in a stream. Raises ``ConfigError``."""
    return env.whole("RENDER_QUEUE_MAX", 10_000, 1, 10_000_000)


def fast_path(env: Environment) -> bool:
    """Read whether warm requests are answered below aiohttp. Raises ``ConfigError``."""
    return env.flag("FAST_PATH", default=True)


def rate_limits(env: Environment) -> bool:
    """Read whether clients are rate limited. Raises ``ConfigError``."""
    return env.flag("RATE_LIMITS_ENABLED", default=True)
