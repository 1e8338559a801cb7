"""Reads ``DATABASE_URL`` as libpq does: what it may say is honoured, and anything else is refused by its name.

The parameters are those of https://www.postgresql.org/docs/current/libpq-connect.html. No error quotes a value,
because a password that is not percent-encoded may end up in any part of the URL.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from shared.config.environment import ConfigError, Secret
from shared.config.tls_files import check_tls_files

NAME: Final = "DATABASE_URL"
SYSTEM_ROOTS: Final = "system"
"""The value of ``sslrootcert`` that stands for the certificate authorities of the operating system."""

_SCHEMES: Final = ("postgresql://", "postgres://")
_PORT: Final = 5432
_MOST_HOSTS: Final = 16
_LONGEST_CONNECT_S: Final = 60
_MOST: Final = 2**31 - 1
_UNENCODED: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[\x00-\x20\x7f]")
_HOST: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(:(?P<port>[0-9]*))?", re.ASCII)
_PARAMETER: Final = re.compile(r"[A-Za-z][A-Za-z_]{1,40}")
_TLS_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_TLS_EDGES: Final = ("ssl_min_protocol_version", "ssl_max_protocol_version")
_TLS: Final = frozenset(["sslmode", "sslpassword", "sslnegotiation", *_TLS_FILES, *_TLS_EDGES])
_VERSIONS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": _VERSIONS,
    "ssl_max_protocol_version": _VERSIONS,
    "ssl": ("true",),
    "channel_binding": ("prefer", "disable"),
    "gssencmode": ("prefer", "disable"),
    "target_session_attrs": ("any", "read-write", "primary"),
    "load_balance_hosts": ("disable",),
    "client_encoding": ("UTF8", "utf8", "UTF-8", "utf-8", "auto"),
    "sslcompression": ("0",),
    "sslsni": ("1",),
    "keepalives": ("0", "1"),
    "pgbouncer": ("true", "false"),
}
_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "connect_timeout": (1, _LONGEST_CONNECT_S),
    "keepalives_idle": (0, 32_767),
    "keepalives_interval": (0, 32_767),
    "keepalives_count": (0, 127),
    "tcp_user_timeout": (0, _MOST),
}
_PLACE: Final = ("host", "port", "user", "password", "dbname", "passfile")
_TEXTS: Final = frozenset([*_PLACE, "options", "application_name", "fallback_application_name", *_TLS])
_WHY: Final = {
    "channel_binding": " The driver has no channel binding; sslmode=verify-full checks the server instead.",
    "gssencmode": " The driver cannot encrypt with GSSAPI.",
    "target_session_attrs": " Marquee writes, so it needs a server that accepts that.",
}


class DatabaseHost(msgspec.Struct, frozen=True):
    """One server: a host name or address, or the folder of its socket, and its port."""

    host: str
    port: int


class KeepAlive(msgspec.Struct, frozen=True):
    """TCP keepalive: on or off, and what the kernel's defaults are replaced with where it is not 0."""

    on: bool
    idle_s: int
    interval_s: int
    count: int
    user_timeout_ms: int


class DatabaseUrl(msgspec.Struct, frozen=True, kw_only=True):
    """What ``DATABASE_URL`` says."""

    hosts: tuple[DatabaseHost, ...]
    user: str | None
    password: Secret | None
    database: str | None
    passfile: str | None
    tls: Mapping[str, str]
    """libpq's parameters about TLS, by name."""
    settings: Mapping[str, str]
    """What the server is told for the session."""
    needs_primary: bool
    """Whether a server that accepts no writes is passed over: asked for, and the default for several hosts."""
    connect_s: int | None
    """The longest time to connect to one host, where one is given."""
    keep_alive: KeepAlive
    is_pooled: bool
    """Whether a pooler in transaction mode is announced; one that is not announced is noticed."""


def parse_database_url(text: str) -> DatabaseUrl:
    """Return what the URL says. Raises ``ConfigError`` with one sentence that quotes no value."""
    userinfo, hosts, path, query = _split(text)
    user, _, password = userinfo.partition(":")
    words = _parameters(query)
    tls = _tls(words)
    addresses = _hosts(hosts, words)
    attrs = words.get("target_session_attrs", "any" if len(addresses) == 1 else "read-write")
    secret = words.get("password") or unquote(password)
    return DatabaseUrl(
        hosts=addresses,
        user=words.get("user") or unquote(user) or None,
        password=Secret(secret) if secret else None,
        database=words.get("dbname") or unquote(path.removeprefix("/")) or None,
        passfile=words.get("passfile"),
        tls=tls,
        settings=_settings(words),
        needs_primary=attrs != "any",
        connect_s=int(words["connect_timeout"]) if "connect_timeout" in words else None,
        keep_alive=_keep_alive(words),
        is_pooled=words.get("pgbouncer") == "true",
    )


def _split(text: str) -> tuple[str, str, str, str]:
    """Return the user with the password, the hosts, the path and the query, all still percent-encoded."""
    scheme = next((scheme for scheme in _SCHEMES if text.startswith(scheme)), None)
    if scheme is None:
        raise ConfigError(f"{NAME} must be a URL that begins with {' or '.join(_SCHEMES)}.")
    if "#" in text:
        raise ConfigError(f"{NAME} contains a #: percent-encode it, as %23 in the password.")
    if _UNENCODED.search(text):
        raise ConfigError(f"{NAME} contains a space or a lone %: percent-encode them, as %20 and %25.")
    rest = text.removeprefix(scheme)
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority, (path, _, query) = rest[:end], rest[end:].partition("?")
    userinfo, _, hosts = authority.rpartition("@")
    if "@" in userinfo or "@" in path or "@" in query:
        raise ConfigError(f"{NAME} has a @, / or ? in its password: percent-encode them, as %40, %2F and %3F.")
    return userinfo, hosts, path.rstrip("/"), query


def _parameters(query: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        if not equals or not _PARAMETER.fullmatch(name):
            raise ConfigError(f"{NAME} must have parameters such as sslmode=require after its question mark.")
        words[name] = unquote(value)
    for name, value in words.items():
        _check(name, value)
    return {name: value for name, value in words.items() if value}


def _check(name: str, value: str) -> None:
    """Refuse a parameter that would have no effect, or another one than libpq gives it."""
    if name in _WORDS:
        if value not in _WORDS[name]:
            allowed = " or ".join(_WORDS[name])
            raise ConfigError(f"{NAME}: {name} must be {allowed}.{_WHY.get(name, '')}")
    elif name in _NUMBERS:
        low, high = _NUMBERS[name]
        if not (value.isascii() and value.isdigit() and low <= int(value[:12]) <= high):
            raise ConfigError(f"{NAME}: {name} must be a whole number from {low} to {high}.")
    elif name not in _TEXTS:
        raise ConfigError(f"{NAME}: the parameter {name} is not supported; remove it.")


def _hosts(authority: str, words: Mapping[str, str]) -> tuple[DatabaseHost, ...]:
    pairs = [_host(each) for each in authority.split(",")] if authority else []
    if "host" in words:
        pairs = [(host, "") for host in words["host"].split(",")]
    names = [host for host, _ in pairs]
    ports = words["port"].split(",") if "port" in words else [port for _, port in pairs]
    if len(ports) == 1:
        ports *= len(names)
    if not names or not all(names) or any(name.startswith("@") for name in names):
        raise ConfigError(f"{NAME} must name a host, or with host=/folder the folder of a socket.")
    if len(names) != len(ports) or len(names) > _MOST_HOSTS:
        raise ConfigError(f"{NAME} must have one port or as many as hosts, and at most {_MOST_HOSTS} hosts.")
    return tuple(DatabaseHost(name, _port(port)) for name, port in zip(names, ports, strict=True))


def _host(text: str) -> tuple[str, str]:
    match = _HOST.fullmatch(text)
    if match is None:
        raise ConfigError(f"{NAME} must have hosts such as db.example:5432 or [2001:db8::1]:5432.")
    return unquote(match["host"]).strip("[]"), match["port"] or ""


def _port(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65_536):  # noqa: PLR2004 - 16 bits
        raise ConfigError(f"{NAME} must have ports from 1 to 65535.")
    return int(text) if text else _PORT


def _tls(words: Mapping[str, str]) -> dict[str, str]:
    tls: dict[str, str] = {name: Secret(words[name]) for name in sorted(_TLS & words.keys())}
    if "ssl" in words:
        tls.setdefault("sslmode", "require")  # as libpq reads what JDBC writes
    if tls.get("sslrootcert") == SYSTEM_ROOTS and tls.setdefault("sslmode", "verify-full") != "verify-full":
        raise ConfigError(f"{NAME}: sslmode must be verify-full with sslrootcert=system.")
    if tls.get("sslnegotiation") == "direct" and tls.get("sslmode", "prefer") in {"disable", "allow", "prefer"}:
        raise ConfigError(f"{NAME}: sslmode must be require or stricter with sslnegotiation=direct.")
    check_tls_files(NAME, tls, skip_roots=tls.get("sslrootcert") == SYSTEM_ROOTS)
    return tls


def _settings(words: Mapping[str, str]) -> dict[str, str]:
    name = words.get("application_name") or words.get("fallback_application_name") or "marquee"
    return {"application_name": name} | ({"options": words["options"]} if "options" in words else {})


def _keep_alive(words: Mapping[str, str]) -> KeepAlive:
    names = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
    return KeepAlive(words.get("keepalives") != "0", *(int(words.get(name, "0")) for name in names))
