"""Where Redis is: one server, the primary that Sentinels name, or a Cluster; parsed and checked at the start."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from shared.config.environment import ConfigError, Secret


class Topology(StrEnum):
    """How the server that takes our commands is found."""

    STANDALONE = "standalone"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


class Node(msgspec.Struct, frozen=True):
    """One address: a server, a Sentinel, or a node of a Cluster."""

    host: str
    port: int


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``REDIS_URL`` says.

    ``nodes`` are empty for a socket, whose ``path`` is set instead. ``service`` is the name that Sentinels know the
    primary by. ``options`` are arguments of redis-py's connection or pool.
    """

    topology: Topology
    nodes: tuple[Node, ...]
    path: str | None = None
    tls: bool = False
    username: str | None = None
    password: Secret | None = None
    db: int = 0
    service: str = ""
    sentinel_username: str | None = None
    sentinel_password: Secret | None = None
    options: Mapping[str, Any] = {}


_SCHEMES: Final = {
    "redis": (Topology.STANDALONE, False),
    "rediss": (Topology.STANDALONE, True),
    "unix": (Topology.STANDALONE, False),
    "redis+sentinel": (Topology.SENTINEL, False),
    "rediss+sentinel": (Topology.SENTINEL, True),
    "redis+cluster": (Topology.CLUSTER, False),
    "rediss+cluster": (Topology.CLUSTER, True),
}
_DEFAULT_PORTS: Final = {Topology.STANDALONE: 6379, Topology.SENTINEL: 26379, Topology.CLUSTER: 6379}
_MOST_NODES: Final = 32
_NODE: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]/@,]+)(:(?P<port>[0-9]{1,5}))?", re.ASCII)
_SHORTEST_ANSWER_S: Final = 1.5  # blocking commands wait for a second


def parse_redis_url(name: str, url: str) -> RedisAddress:
    """Return the address in the URL of the variable ``name``. Raises ``ConfigError``, which never quotes the URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _bad_form(name) from None
    if parts.scheme not in _SCHEMES or parts.fragment:
        raise _bad_form(name)
    topology, tls = _SCHEMES[parts.scheme]
    options = _Options(name, parts.query, tls=tls)
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    is_socket = parts.scheme == "unix"
    service, db = _path(name, parts, topology, options)
    return RedisAddress(
        topology=topology,
        nodes=() if is_socket else _nodes(name, hosts, topology),
        path=unquote(parts.path) if is_socket else None,
        tls=tls,
        username=unquote(username) or options.text("username"),
        password=_secret(unquote(password) or options.text("password")),
        db=db,
        service=service,
        sentinel_username=options.text("sentinel_username"),
        sentinel_password=_secret(options.text("sentinel_password")),
        options=options.rest(),
    )


def _bad_form(name: str) -> ConfigError:
    return ConfigError(f"{name} must be a URL that begins with {' or '.join(f'{scheme}://' for scheme in _SCHEMES)}.")


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _nodes(name: str, hosts: str, topology: Topology) -> tuple[Node, ...]:
    found = [_NODE.fullmatch(each) for each in hosts.split(",")]
    ports = [int(match["port"] or _DEFAULT_PORTS[topology]) if match else 0 for match in found]
    if not all(0 < port < 65_536 for port in ports):  # noqa: PLR2004 - ports are 16 bits
        raise ConfigError(f"{name} must have hosts with ports such as cache:6379 after the user and password.")
    if len(found) > (1 if topology is Topology.STANDALONE else _MOST_NODES):
        raise ConfigError(
            f"{name} must have one host; for several, at most {_MOST_NODES}, it begins with redis+sentinel:// or "
            "redis+cluster://."
        )
    return tuple(
        Node(unquote(match["host"].strip("[]")), port) for match, port in zip(found, ports, strict=True) if match
    )


def _path(name: str, parts: SplitResult, topology: Topology, options: "_Options") -> tuple[str, int]:
    """Return the name of the service, for Sentinels, and the database number."""
    words = [] if parts.scheme == "unix" else [unquote(word) for word in parts.path.strip("/").split("/") if word]
    service = words.pop(0) if topology is Topology.SENTINEL and words else ""
    number = words.pop(0) if words else options.text("db") or "0"
    if words or not (number.isascii() and number.isdigit() and len(number) <= 5):  # noqa: PLR2004 - digits
        raise ConfigError(f"{name} must end with a database number, such as /0.")
    if topology is Topology.SENTINEL and not service:
        raise ConfigError(f"{name} must name the primary that the Sentinels watch, such as …:26379/mymaster/0.")
    if topology is Topology.CLUSTER and int(number):
        raise ConfigError(f"{name} must not have a database number: a Cluster has database 0 only.")
    return service, int(number)


def _flag(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    return words[text.lower()]


def _file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError(text)
    return text


def _folder(text: str) -> str:
    if not Path(text).is_dir():
        raise ValueError(text)
    return text


def _requirement(text: str) -> str:
    return {"none": "none", "optional": "optional", "required": "required"}[text]


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 3600:  # noqa: PLR2004 - a limit that is none would be a mistake
        raise ValueError(text)
    return value


def _answer_s(text: str) -> float:
    if _seconds(text) < _SHORTEST_ANSWER_S:
        raise ValueError(text)
    return float(text)


def _count(text: str) -> int:
    if not 0 < int(text) <= 10_000:  # noqa: PLR2004 - more sockets than a process may open
        raise ValueError(text)
    return int(text)


_TLS_OPTIONS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "ssl_ca_certs": (_file, "a file of certificates"),
    "ssl_ca_data": (str, "certificates"),
    "ssl_ca_path": (_folder, "a folder of certificates"),
    "ssl_cert_reqs": (_requirement, "required, optional or none"),
    "ssl_certfile": (_file, "a file with a certificate"),
    "ssl_check_hostname": (_flag, "true or false"),
    "ssl_ciphers": (str, "a list of ciphers"),
    "ssl_keyfile": (_file, "a file with a key"),
    "ssl_password": (str, "text"),
}
_OPTIONS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "client_name": (str, "text"),
    "health_check_interval": (_count, "a number of seconds"),
    "max_connections": (_count, "a number up to 10000"),
    "socket_connect_timeout": (_seconds, "a number of seconds"),
    "socket_keepalive": (_flag, "true or false"),
    "socket_timeout": (_answer_s, f"at least {_SHORTEST_ANSWER_S} seconds"),
    "timeout": (_seconds, "a number of seconds"),
    **_TLS_OPTIONS,
}
_TEXTS: Final = frozenset({"db", "password", "sentinel_password", "sentinel_username", "username"})


class _Options:
    """The query of the URL: every option is known, and its value makes sense. Raises ``ConfigError``."""

    def __init__(self, name: str, query: str, *, tls: bool) -> None:
        self._given = dict(parse_qsl(query, keep_blank_values=True))
        self._name = name
        for option in self._given:
            if option not in _OPTIONS and option not in _TEXTS:
                known = ", ".join(sorted({*_OPTIONS, *_TEXTS}))
                raise ConfigError(f"{name} has the option {option[:40]!r}, which is not known; these are: {known}.")
            if option in _TLS_OPTIONS and not tls:
                raise ConfigError(f"{name} has the option {option}, which only a URL with rediss has.")

    def text(self, option: str) -> str | None:
        """Return an option that is no argument of redis-py's."""
        return self._given.get(option) or None

    def rest(self) -> dict[str, Any]:
        """Return all others, parsed."""
        return {option: self._parsed(option, text) for option, text in self._given.items() if option in _OPTIONS}

    def _parsed(self, option: str, text: str) -> Any:
        parse, what = _OPTIONS[option]
        try:
            return parse(text)
        except (ValueError, KeyError, OSError):
            raise ConfigError(f"{self._name} has the option {option}, which must be {what}.") from None
