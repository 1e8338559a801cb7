"""Answers warm requests straight from what a connection receives, below aiohttp.

A request is taken here only if it has arrived alone and whole, has no body, and all its headers are known to change
nothing; and then only if the process has the whole answer in memory. Everything else goes to aiohttp untouched, which
remains the only place where a request is refused, waited for or explained. What aiohttp keeps for a connection (its
counts, its keep-alive timer, whether a response is being sent) is kept here too.
"""

import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeAlias

import structlog
from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD

from shared.http.caller_headers import CallerHeaders
from shared.http.client_ip import ClientIps
from shared.http.connections import Connection, ConnectionLimits, LimitedServer

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LONGEST: Final = 8192
"""Bytes of a request that is answered here: half of what aiohttp accepts in one line."""

_LONGEST_KEPT: Final = 1024
"""Bytes of headers that a connection remembers, so that those of its next request need not be read."""

_END: Final = b"\r\n\r\n"
_CONTROLS: Final = bytes((*range(32), 127))
_VERSION: Final = "HTTP/1.1"
_METHODS: Final = frozenset({"GET", "HEAD"})


WarmAnswer: TypeAlias = tuple[bytes, bytes]
"""A response: its head up to the date, which is added when it is sent, and its body."""


class WarmAnswers(Protocol):
    """What a process can answer at once."""

    def answer(self, method: str, target: str, client: str) -> WarmAnswer | None:
        """Return the answer to a GET or HEAD, counted as its handler would; ``None`` leaves the request to the handler.

        ``target`` is printable ASCII, as it was sent, without a fragment; ``client`` is the name that rate limits use.
        Does no I/O, and has counted nothing when it returns ``None``.
        """


class FastPath:
    """What is answered below aiohttp, and how the headers of a request are read.

    ``ignored`` are more headers that change no answer of this process. While traces are recorded, the handlers continue
    those that a proxy forwards.
    """

    __slots__ = ("_date", "_second", "answers", "client")

    def __init__(
        self, answers: WarmAnswers, clients: ClientIps, *, is_traced: bool, ignored: Iterable[str] = ()
    ) -> None:
        self.answers = answers
        self.client = CallerHeaders(clients, is_traced=is_traced, ignored=ignored).client
        self._second, self._date = 0, b""

    def date(self) -> bytes:
        """Return the last line of a head, with the empty line: the date as aiohttp writes it."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, f"Date: {rfc822_formatted_time()}\r\n\r\n".encode()
        return self._date


FAST_PATH: Final = web.AppKey("fast_path", FastPath)
"""Where an application holds it, if it has one."""


def head_bytes(status: HTTPStatus, headers: Mapping[str, str]) -> bytes:
    """Return a response's head as aiohttp writes it, up to the date."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}".encode()


class FastConnection(Connection):
    """A connection that answers warm requests itself."""

    __slots__ = ("_fast", "_is_between", "_is_sending", "_kept")

    def __init__(self, manager: web.Server, fast: FastPath, **options: Any) -> None:
        super().__init__(manager, **options)
        self._fast = fast
        self._is_between = True  # aiohttp's parser holds no part of a request
        self._is_sending = False  # an answer given here waits for its client to read
        self._kept: tuple[bytes, str | None] = b"", None  # the headers of the latest request, and whose they are

    @property
    def is_idle(self) -> bool:
        """Return whether it waits for a request, and its client has read enough of the last response."""
        return not self._is_sending and super().is_idle

    def data_received(self, data: bytes) -> None:
        """Answer a warm request, or hand what has come to aiohttp."""
        if self._is_between and self._can_answer() and self._answer(data):
            return
        arrived = self._request_count
        super().data_received(data)
        self._is_between = self._request_count == arrived + 1 and data.endswith(_END) and self._holds_one()

    def resume_writing(self) -> None:
        """Go on: the client has read enough."""
        super().resume_writing()
        if self._is_sending:
            self._sent()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        if self._is_sending:
            self._sent()
        super().connection_lost(exc)

    def _can_answer(self) -> bool:
        """Return whether aiohttp waits for the next request, on a connection that is to stay open."""
        waiter, transport = self._waiter, self.transport
        return (
            waiter is not None
            and not waiter.done()
            and not (self._messages or self._paused or self._close or self._force_close or self._upgraded)
            and self._keepalive_handle is not None
            and transport is not None
            and not transport.is_closing()
        )

    def _holds_one(self) -> bool:
        """Return whether the parser has just passed on one request without a body, so that it holds nothing more."""
        if len(self._messages) != 1 or self._upgraded or self._buffer_paused or self._reading_paused:
            return False
        message, payload = self._messages[0]
        return isinstance(message, RawRequestMessage) and payload is EMPTY_PAYLOAD

    def _answer(self, data: bytes) -> bool:
        """Answer one whole request; return whether that was possible."""
        if not len(_END) < len(data) <= LONGEST or data.find(_END) != len(data) - len(_END):
            return False
        fast = self._fast
        try:
            line, _, block = data.partition(b"\r\n")
            method, target, version = line.decode("ascii").split(" ")
            kept, client = self._kept
            if block != kept:
                client = fast.client(self.peername, block.decode("ascii"))
                if len(block) <= _LONGEST_KEPT:
                    self._kept = block, client
        except ValueError:  # not ASCII, or no request line
            return False
        if version != _VERSION or method not in _METHODS or "#" in target:
            return False
        if client is None or line.translate(None, _CONTROLS) != line:  # four times as fast as ``isprintable``
            return False
        try:
            answer = fast.answers.answer(method, target, client)
        except Exception:
            log.exception("fast_path_crashed")
            answer = None
        if answer is None:
            return False
        self._send(answer)
        return True

    def _send(self, answer: WarmAnswer) -> None:
        """Write a response, and note what aiohttp notes of one."""
        if not self._request_count:
            self._limits.requested(self)
        self._request_count += 1
        if self._manager is not None:
            self._manager.requests_count += 1
        if self._head_timer is not None:
            self._head_arrived()
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        head, body = answer
        head += self._fast.date()
        transport = self.transport
        if body and transport is not None:
            transport.writelines((head, body))
        elif transport is not None:
            transport.write(head)
        if self._paused:  # as while aiohttp waits for the client to read: neither idle nor ended
            self._is_sending = self._request_in_progress = True
            self.keep_alive(True)  # noqa: FBT003 - aiohttp's; it stops the timer

    def _sent(self) -> None:
        """End a response that had to wait for its client, unless aiohttp already has the next one in hand."""
        self._is_sending = False
        if self._current_request is not None:
            return
        self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)
        if self._keepalive_handle is None and not self._close and not self._force_close:
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
            self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)


class FastServer(LimitedServer):
    """A server whose connections answer warm requests themselves."""

    def __init__(self, server: web.Server, limits: ConnectionLimits, fast: FastPath) -> None:
        super().__init__(server, limits)
        self._fast = fast

    def __call__(self) -> FastConnection:
        """Return the protocol of a new connection."""
        return FastConnection(self, self._fast, limits=self._limits, loop=self._loop, **self._kwargs)
