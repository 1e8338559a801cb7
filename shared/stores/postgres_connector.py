"""Opens connections to Postgres as ``DATABASE_URL`` says, and notices a pooler and a server that accepts no writes."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from weakref import WeakSet

import asyncpg
import structlog

from shared.config.database_url import SYSTEM_ROOTS, DatabaseHost, DatabaseUrl, KeepAlive, parse_database_url

CONNECT_S: Final = 2.0
"""How long connecting may take where the URL says nothing, all hosts together."""

COMMAND_S: Final = 3.0
_CACHED_STATEMENTS: Final = 100
_POOLED, _READ_ONLY = 1, 2
# The tag of the answer is the number of rows, which is all that a statement that is not prepared gives back, and none
# may be prepared before it is known whether a pooler is in between. A pooler hands out process numbers of its own; a
# direct connection has that of its server process.
_EXAMINE: Final = """
    SELECT FROM generate_series(1,
        CASE WHEN pg_backend_pid() = {pid} THEN 0 ELSE 1 END
        + CASE WHEN current_setting('transaction_read_only') = 'on' THEN 2 ELSE 0 END)
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no hints
    """A connection that is not reset between borrowers, which saves a round trip: no code may change its session.

    Code that does works in a transaction. An open transaction is still rolled back.
    """

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        self._marquee_socket = transport.get_extra_info("socket")

    def get_reset_query(self) -> str:
        """Return what is sent when the connection comes back: nothing."""
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        """Roll back an open transaction; where there is none, without asyncpg's timer for what it would send."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)

    @property
    def is_at_rest(self) -> bool:
        """Return whether it is open, and comes back without anything to roll back, or a statement to cancel."""
        return not (self.is_closed() or self.is_in_transaction() or self._protocol._is_cancelling())  # noqa: SLF001

    def released(self) -> None:
        """Let the connection forget its borrower, as asyncpg's pool does before it takes one back."""
        self._on_release()

    def keep_alive(self, wanted: KeepAlive) -> None:
        """Set the options of the socket."""
        set_keep_alive(self._marquee_socket, wanted)


def set_keep_alive(sock: socket.socket, wanted: KeepAlive) -> None:
    """Set TCP keepalive as libpq's parameters say; a socket of another family has none."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(wanted.on))
    options = {
        "TCP_KEEPIDLE": wanted.idle_s,
        "TCP_KEEPINTVL": wanted.interval_s,
        "TCP_KEEPCNT": wanted.count,
        "TCP_USER_TIMEOUT": wanted.user_timeout_ms,
    }
    for name, value in options.items():
        option = getattr(socket, name, None)  # not every system has all of them
        if value and option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


class Connector:
    """Connects to the hosts of one URL in turn, beginning with the one that answered last."""

    def __init__(self, dsn: str, *, command_s: float = COMMAND_S, connect_s: float = CONNECT_S) -> None:
        self._url: DatabaseUrl = parse_database_url(dsn)
        self._first = 0
        self._command_s = command_s
        self._host_s: float = self._url.connect_s or connect_s / len(self._url.hosts)
        self.longest_s = float(self._url.connect_s or connect_s)
        self.is_pooled = self._url.is_pooled
        """Whether the connections lead to a pooler, where the next transaction may meet another server process."""
        self.connections: WeakSet[PlainConnection] = WeakSet()

    async def connect(self, *_: object, **__: object) -> PlainConnection:
        """Return a connection to the first host that can be used; what a pool says about connecting is not needed.

        Raises asyncpg's errors, ``OSError`` or ``TimeoutError`` of the host that was tried last.
        """
        hosts = self._url.hosts
        for nth in range(len(hosts)):
            try:
                return await self._usable(hosts[self._first])
            except BaseException as error:
                # Also when the caller's time is up: the next attempt then begins with another host.
                self._first = (self._first + 1) % len(hosts)
                if nth == len(hosts) - 1 or not isinstance(error, Exception):
                    raise
        raise AssertionError("a URL has at least one host")

    async def _usable(self, host: DatabaseHost) -> PlainConnection:
        async with asyncio.timeout(self._host_s):
            was_pooled = self.is_pooled
            opened = await self._open(host)
            marks = await self._examine(opened)
            if marks & _POOLED and not was_pooled:
                self._notice_pooler()
                opened.terminate()
                opened = await self._open(host)
        if marks & _READ_ONLY and self._url.needs_primary:
            opened.terminate()
            raise asyncpg.ReadOnlySQLTransactionError("no host accepts writes")
        self.connections.add(opened)
        return opened

    def _notice_pooler(self) -> None:
        if not self.is_pooled:
            log.info("pooler_noticed", effect="statements are not prepared for repeated use")
        self.is_pooled = True

    async def _open(self, host: DatabaseHost) -> PlainConnection:
        url = self._url
        opened: PlainConnection = await asyncpg.connect(
            _dsn(url.tls),
            host=host.host,
            port=host.port,
            user=url.user,
            password=None if url.password is None else str(url.password),  # SCRAM takes no subclass of str
            database=url.database,
            passfile=url.passfile,
            ssl=_system_context(url.tls) if _trusts_system(url.tls) else None,
            timeout=self._host_s,
            command_timeout=self._command_s,
            statement_cache_size=0 if self.is_pooled else _CACHED_STATEMENTS,
            server_settings=dict(url.settings),
            connection_class=PlainConnection,
        )
        opened.keep_alive(url.keep_alive)
        return opened

    async def _examine(self, opened: PlainConnection) -> int:
        try:
            tag: str = await opened.execute(_EXAMINE.format(pid=opened.get_server_pid()))
        except BaseException:
            opened.terminate()
            raise
        return int(tag.rpartition(" ")[2])


def _dsn(tls: Mapping[str, str]) -> str:
    """Return a URL with what asyncpg reads only from a URL: the parameters about TLS."""
    names = {"sslnegotiation"} & tls.keys() if _trusts_system(tls) else tls.keys()
    return f"postgresql:///?{urlencode({name: tls[name] for name in names})}" if names else "postgresql:///"


def _trusts_system(tls: Mapping[str, str]) -> bool:
    return tls.get("sslrootcert") == SYSTEM_ROOTS


def _system_context(tls: Mapping[str, str]) -> ssl.SSLContext:
    """Return what asyncpg does not make by itself: full verification against the system's certificate authorities."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["postgresql"])
    if "sslcert" in tls:
        context.load_cert_chain(tls["sslcert"], tls.get("sslkey"), lambda: tls.get("sslpassword", ""))
    if "sslcrl" in tls:
        context.load_verify_locations(cafile=tls["sslcrl"])
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    for name, edge in (
        ("ssl_min_protocol_version", "minimum_version"),
        ("ssl_max_protocol_version", "maximum_version"),
    ):
        if name in tls:
            setattr(context, edge, ssl.TLSVersion[tls[name].replace(".", "_")])
    return context
