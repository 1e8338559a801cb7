"""The environment: how single variables are read and parsed."""

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from shared.config.variables import NAMES

PROCESS_ENVIRONMENT: Final[Mapping[str, str]] = os.environ
"""The environment of this process; nothing else reads it."""

_OUR_PREFIXES: Final = (
    "ANILIST_",
    "ANIME_",
    "CACHE_DIR_",
    "CLOUDFLARE_",
    "FANART_",
    "FREE_KEY_",
    "IMAGE_",
    "KITSU_",
    "MDBLIST_",
    "OMDB_",
    "RATINGS_",
    "RENDER_",
    "S3_",
    "TMDB_",
    "TRACE_",
    "TRAKT_",
)
_MOST_SECRETS: Final = 32
_MOST_NETWORKS: Final = 256
_MOST_URLS: Final = 4
_SHARE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}", re.ASCII)
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):(?P<port>\d{1,5})")


Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """One line that names the variable and says what is wrong with it."""


class Secret(str):
    """Text whose ``repr`` does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a stand-in."""
        return "Secret(…)"


class Address(msgspec.Struct, frozen=True):
    """Where a server listens."""

    host: str
    port: int


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
            raise LookupError(f"{name} is missing in variables.toml")
        return self._variables.get(name, "").strip() or None

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number between two bounds."""
        value = self.optional(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and low <= int(value[:18]) <= high):
            raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
        return int(value)

    def share(self, name: str, default: float) -> float:
        """Return a fraction from 0 to 1, written with a decimal point."""
        value = self.optional(name)
        if value is None:
            return default
        if not (_SHARE.fullmatch(value) and float(value) <= 1):
            raise ConfigError(f"{name} must be a share from 0 to 1, such as 0.05, not {value!r}.")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean, as ``true 1 yes on`` or ``false 0 no off`` in any case."""
        value = (self.optional(name) or str(default)).lower()
        if value not in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
            raise ConfigError(f"{name} must be true or false, not {value!r}.")
        return value in {"true", "1", "yes", "on"}

    def url(self, name: str, default: str | None = None, schemes: tuple[str, ...] = ("http", "https")) -> str:
        """Return a URL with one of the schemes, without a trailing slash. Errors never quote it."""
        return _checked_url(name, self.text(name, default), schemes)

    def urls(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return comma-separated URLs of http or https without duplicates. Errors never quote them."""
        value = self.optional(name)
        items = default if value is None else [item.strip() for item in value.split(",")]
        if len(items) > _MOST_URLS:
            raise ConfigError(f"{name} must be at most {_MOST_URLS} URLs, not {len(items)}.")
        return tuple(dict.fromkeys(_checked_url(name, item, ("http", "https")) for item in items))

    def origin(self, name: str) -> str | None:
        """Return the origin of a site, as browsers send it: scheme, host and port only; ``None`` when it is not set."""
        value = self.optional(name)
        if value is None:
            return None
        parts = urlsplit(self.url(name))
        if f"{parts.scheme}://{parts.netloc}" != value.rstrip("/") or "@" in parts.netloc:
            raise ConfigError(f"{name} must be one origin such as https://posters.example, without a path.")
        return value.rstrip("/").lower()

    def address(self, name: str, default: str) -> Address:
        """Return host and port, written ``127.0.0.1:3000``, ``[::]:3000`` or ``:3000`` (all addresses)."""
        match = _ADDRESS.fullmatch(self.text(name, default))
        if match is None or not 0 < int(match["port"]) < 65_536:  # noqa: PLR2004 - ports are 16 bits
            raise ConfigError(f"{name} must be an address such as 127.0.0.1:3000.")
        return Address(match["host"].strip("[]") or "0.0.0.0", int(match["port"]))  # noqa: S104 - asked for by ":3000"

    def word(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words, read in any case and returned in lower case."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def secret(self, name: str) -> Secret | None:
        """Return a secret or ``None``."""
        value = self.optional(name)
        return None if value is None else Secret(value)

    def secrets(self, name: str) -> tuple[Secret, ...]:
        """Return comma-separated secrets without duplicates; empty when it is not set."""
        value = self.optional(name)
        items = [] if value is None else [item.strip() for item in value.split(",")]
        if not all(items):
            raise ConfigError(f"{name} must be keys with one comma between them, and one of them is empty.")
        if len(items) > _MOST_SECRETS:
            raise ConfigError(f"{name} must be at most {_MOST_SECRETS} keys, not {len(items)}.")
        return tuple(Secret(item) for item in dict.fromkeys(items))

    def networks(self, name: str) -> tuple[Network, ...]:
        """Return comma-separated addresses and networks; empty when it is not set."""
        value = self.optional(name)
        items = [] if value is None else [item.strip() for item in value.split(",")]
        if len(items) > _MOST_NETWORKS:
            raise ConfigError(f"{name} must be at most {_MOST_NETWORKS} networks, not {len(items)}.")
        try:
            return tuple(ipaddress.ip_network(item) for item in items)
        except ValueError as error:
            raise ConfigError(f"{name} must be addresses such as 10.0.0.0/8,2001:db8::/32: {error}.") from None


def _checked_url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    """Return a URL without a trailing slash. Raises ``ConfigError``."""
    try:
        parts = urlsplit(value)
        complete = parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix") and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ConfigError(f"{name} must be a URL that begins with {' or '.join(s + '://' for s in schemes)}.")
    return value.rstrip("/")


def refuse_typos(variables: Mapping[str, str]) -> None:
    """Raise ``ConfigError`` for a name that looks like a misspelt variable: it would silently have no effect."""
    for name in sorted(variables):
        if name.startswith(_OUR_PREFIXES) and name not in NAMES:
            for near in difflib.get_close_matches(name, NAMES, n=1, cutoff=0.8):
                raise ConfigError(f"{name} is not a known variable; did you mean {near}?")
