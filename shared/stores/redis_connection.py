"""Connections to Redis that are closed when their server cannot do its work, however it says so.

A primary that becomes a replica goes on talking to those who are connected. Its replies say that it is of no use any
more (``USELESS``); redis-py takes most of them for the mistake of one command and gives the connection back to the
pool. Here they count as a lost connection: it is closed, and the command is sent once more on a new one, which may lead
to another server.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, TypeAlias, cast

import hiredis
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import DefaultParser
from redis.driver_info import DriverInfo
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as NoAnswer

from shared.stores.redis_primary import Primary
from shared.stores.redis_write_errors import CheckedWrites

USELESS: Final = frozenset(
    [
        "CLUSTERDOWN",  # a part of the Cluster has no primary
        "CROSSSLOT",  # a Cluster that was taken for one server
        "LOADING",  # it reads its data from disk
        "MASTERDOWN",  # a replica that lost its primary
        "MISCONF",  # it cannot save, and takes no writes
        "MOVED",  # another node of the Cluster has our keys
        "NOAUTH",
        "NOREPLICAS",  # too few replicas to take writes
        "READONLY",  # a replica
        "WRONGPASS",
    ]
)
"""The error codes of a server that cannot do its work, whatever the command."""

TAG: Final = "{marquee}:"
"""How each of our keys begins in a Cluster, where keys with the same tag share one slot, and so one node."""

_PREFIX: Final = "marquee:"

_DRIVER: Final = DriverInfo()  # reads the version of redis-py from disk, which each connection would do again

Words: TypeAlias = tuple[Any, ...]
"""A command and its arguments. The name may be two words, as in ``SCRIPT LOAD``."""


class ServerUseless(ConnectionLost):
    """The server answers and cannot do its work; the text is its reply."""

    def __init__(self, reply: str, *, status_code: str | None = None) -> None:
        super().__init__(f"{status_code} {reply}", status_code=status_code)


class _Parser(DefaultParser):  # type: ignore[misc,valid-type]  # hiredis's parser where it is installed
    EXCEPTION_CLASSES = DefaultParser.EXCEPTION_CLASSES | dict.fromkeys(USELESS, ServerUseless)


parse_error: Final = _Parser.parse_error
"""Returns the error that an error reply stands for."""


class Guarded(CheckedWrites):
    """A connection that one useless reply closes, and with it all others that were opened before that reply."""

    def __init__(self, *, primary: Primary, **kwargs: Any) -> None:
        super().__init__(parser_class=_Parser, driver_info=_DRIVER, **kwargs)
        self._primary = primary
        self._epoch = primary.epoch
        self._streams: asyncio.BaseProtocol | None = None

    @property
    def is_current(self) -> bool:
        """Return whether no connection of this age has found its server useless."""
        return self._epoch == self._primary.epoch

    async def connect(self) -> None:
        """Connect unless it is connected to a server that is of use."""
        if not self.is_current:
            await self.disconnect(nowait=True)
        elif self.is_connected:
            return
        await super().connect()  # type: ignore[no-untyped-call]

    def take_over(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Give all that arrives from now on to ``protocol``; return what it writes to.

        The connection is open, and no command is sent through redis-py any more; :meth:`disconnect` closes it.
        """
        if self._writer is None or self.is_reset:
            raise ConnectionLost("closed before it could be taken over")
        transport = self._writer.transport
        self._streams = transport.get_protocol()
        transport.set_protocol(protocol)
        return cast("asyncio.Transport", transport)

    def released(self, error: Exception | None) -> None:
        """Tell redis-py's streams that a connection which was taken over has ended: closing it waits for them."""
        if self._streams is not None:
            self._streams.connection_lost(error)

    def pack_all(self, commands: Iterable[Words]) -> bytes:
        """Return commands as Redis reads them."""
        return b"".join([_packed(words) for words in commands])

    async def disconnect(
        self,
        nowait: bool = False,  # noqa: FBT001, FBT002 - redis-py's signature
        error: Exception | None = None,
        failure_count: int | None = None,
        health_check_failed: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Close it, and when that is because its server is useless, let the others know."""
        await super().disconnect(nowait, error, failure_count, health_check_failed)
        if isinstance(error, ServerUseless):
            await self._primary.leave(self._epoch)

    async def _connect(self) -> None:
        self._epoch = self._primary.epoch
        try:
            address = await self._primary.find()
            if address is not None:
                self.host, self.port = address.host, address.port
            await super()._connect()  # type: ignore[no-untyped-call,safe-super]  # TCP, TLS or a socket
        except (OSError, TimeoutError, ConnectionLost, NoAnswer):
            self._primary.forget()
            raise


class _Tcp(Guarded, Connection):
    """Over TCP."""


class _Tls(Guarded, SSLConnection):
    """Over TLS."""


class _Socket(Guarded, UnixDomainSocketConnection):
    """Over a socket in the file system."""


class _Tagged(Guarded):
    """Sends each of our keys and channels with the tag: ``marquee:done`` as ``{marquee}:done``.

    No value begins as they do: values are JSON, ids, numbers and tokens.
    """

    def pack_command(self, *args: Any) -> list[bytes]:
        """Pack a command, its keys tagged."""
        return super().pack_command(*map(_tagged, args))

    def pack_all(self, commands: Iterable[Words]) -> bytes:
        """Pack commands, their keys tagged."""
        return super().pack_all(tuple(map(_tagged, words)) for words in commands)


class _TaggedTcp(_Tagged, Connection):
    """To a node of a Cluster."""


class _TaggedTls(_Tagged, SSLConnection):
    """To a node of a Cluster, over TLS."""


def connection_class(primary: Primary, *, is_socket: bool, tls: bool) -> type[Guarded]:
    """Return the kind of connection that leads to this primary."""
    if is_socket:
        return _Socket
    if primary.is_in_cluster:
        return _TaggedTls if tls else _TaggedTcp
    return _Tls if tls else _Tcp


def require_current(connection: object) -> None:
    """Raise ``ServerUseless`` when others of this connection's age found their server useless.

    For subscriptions: a replica goes on delivering what its primary tells it, and nothing once it has lost it.
    """
    if isinstance(connection, Guarded) and not connection.is_current:
        raise ServerUseless("another connection found that this server cannot be used", status_code="STALE")


def key_name(sent: bytes) -> str:
    """Return the name that the code knows a key by, from the name that Redis has."""
    name = sent.decode()
    return f"{_PREFIX}{name.removeprefix(TAG)}" if name.startswith(TAG) else name


def _tagged(word: Any) -> Any:
    if isinstance(word, str) and word.startswith(_PREFIX):
        return f"{TAG}{word.removeprefix(_PREFIX)}"
    return word


def _packed(words: Words) -> bytes:
    name = words[0]
    if isinstance(name, str) and " " in name:
        words = (*name.split(), *words[1:])
    return cast("bytes", hiredis.pack_command(words))
