"""The gateway's config, read once from the environment into a frozen tree and checked before anything starts."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.pictures.address import STYLE_NAMES, is_preset_style
from gateway.pictures.settings_per_day import LARGEST_CAP
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

_SECRET: Final = re.compile(r"[0-9a-fA-F]{64}")
_MOST_JWT_SECRETS: Final = 2  # a token with a bad signature costs one check for each


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway's whole config."""

    listen: Address
    metrics: Address
    database_url: Secret
    redis_url: Secret
    content_base_url: str
    content_direct_url: str | None
    """The public base URL of the bucket, to which renderers send callers for stored pictures."""
    renderer_url: str
    """Where pictures are fetched in direct mode."""
    redirects: bool
    jwt_secrets: tuple[Secret, ...]
    """The first one signs, all verify: a new one stays in front of the old one until the old one's tokens expire."""
    free_key_enabled: bool | None
    """``None`` lets admins decide."""
    free_key_presets: frozenset[str]
    """The only styles that the free key may use, and then without parameters; empty if it may use any."""
    free_key_settings_per_day: int
    """How many different settings the free key may use on one day; 0 is no limit."""
    key_settings_per_day: int
    """The same for each other key."""
    public_pages: bool
    """Whether anybody may open the pages, and not only those who are signed in."""
    admin: tuple[str, Secret] | None
    trusted_proxies: tuple[Network, ...]
    rate_limits: bool
    fast_path: bool
    """Whether warm redirects are answered below aiohttp."""
    new_settings_per_hour: int
    """How many settings that no caller used before one client may use."""
    cookie_secure: bool
    cors_origin: str | None
    """The one other site whose pages may call the API."""
    render_queue_max: int
    log: LogConfig
    traces: TracesConfig | None
    """``None`` without a collector: no traces are recorded."""


def load_gateway(variables: Mapping[str, str] = PROCESS_ENVIRONMENT) -> GatewayConfig:
    """Read the gateway's config. Raises ``ConfigError``."""
    refuse_typos(variables)
    return read_gateway(Environment(variables))


def read_gateway(env: Environment) -> GatewayConfig:
    """Read the gateway's config from its variables. Raises ``ConfigError``."""
    content_base_url = env.url("CONTENT_BASE_URL")
    return GatewayConfig(
        listen=env.address("LISTEN_ADDR", "0.0.0.0:3000"),
        metrics=env.address("METRICS_ADDR", "127.0.0.1:3100"),
        database_url=database_url(env),
        redis_url=redis_url(env),
        content_base_url=content_base_url,
        content_direct_url=env.url("CONTENT_DIRECT_URL") if env.optional("CONTENT_DIRECT_URL") else None,
        renderer_url=env.url("RENDERER_URL", content_base_url),
        redirects=env.flag("ENABLE_CDN_REDIRECTS", default=True),
        jwt_secrets=_jwt_secrets(env),
        free_key_enabled=env.flag("FREE_KEY_ENABLED", default=False) if env.optional("FREE_KEY_ENABLED") else None,
        free_key_presets=_presets(env),
        free_key_settings_per_day=env.whole("FREE_KEY_SETTINGS_PER_DAY", 500, 0, LARGEST_CAP),
        key_settings_per_day=env.whole("KEY_SETTINGS_PER_DAY", 0, 0, LARGEST_CAP),
        public_pages=env.flag("PUBLIC_PAGES", default=True),
        admin=_admin(env),
        trusted_proxies=env.networks("TRUSTED_PROXIES"),
        rate_limits=rate_limits(env),
        fast_path=fast_path(env),
        new_settings_per_hour=env.whole("NEW_SETTINGS_PER_HOUR", 600, 1, 1_000_000),
        cookie_secure=env.flag("COOKIE_SECURE", default=True),
        cors_origin=env.origin("CORS_ORIGIN"),
        render_queue_max=queue_max(env),
        log=log_config(env),
        traces=traces_config(env),
    )


def _jwt_secrets(env: Environment) -> tuple[Secret, ...]:
    env.text("JWT_SECRET")  # which is required
    secrets = env.secrets("JWT_SECRET")
    if len(secrets) > _MOST_JWT_SECRETS or not all(map(_SECRET.fullmatch, secrets)):
        raise ConfigError(
            "JWT_SECRET must be 64 hex digits, as `openssl rand -hex 32` prints them, or two such values: new,old."
        )
    return secrets


def _presets(env: Environment) -> frozenset[str]:
    """Read which styles the free key may use."""
    names = [name.strip() for name in (env.optional("FREE_KEY_PRESETS") or "").split(",")]
    named = frozenset(name for name in names if name)
    for name in sorted(each for each in named - STYLE_NAMES if not is_preset_style(each)):
        known = f"{', '.join(sorted(STYLE_NAMES))}, or presets such as preset-minimal"
        raise ConfigError(f"FREE_KEY_PRESETS must name styles of {known}, not {name!r}.")
    return named


def _admin(env: Environment) -> tuple[str, Secret] | None:
    name, password = env.optional("ADMIN_USERNAME"), env.secret("ADMIN_PASSWORD")
    if name is None and password is None:
        return None
    if name is None or password is None:
        raise ConfigError("ADMIN_USERNAME and ADMIN_PASSWORD must be set together.")
    return name, password
