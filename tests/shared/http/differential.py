"""Plays the same bytes to a server with the fast path and to one without, and compares what they send back."""

import asyncio
import random
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from shared.http.fast_path import FastPath, WarmAnswer

HOST: Final = "127.0.0.1"
LAST: Final = b"GET /livez HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n"
"""Ends every conversation: the server answers and closes."""

_YIELDS: Final = 4  # turns of the loop in which both ends take what was sent, before more is
_DATE: Final = re.compile(rb"\r\nDate: [^\r]*\r\n")
_HARMLESS: Final = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Accept: image/avif,image/webp,*/*", "accept-language: de, en;q=0.5",
    "Accept-Encoding: gzip, deflate, br", "Referer: https://player.example/?a=b", "CF-Ray: 8f1d-FRA",
    "Cookie: a=b; c=d",
    "Sec-Fetch-Dest: image", "X-Request-ID: 01HF", "X-Real-IP: 203.0.113.9", "x-forwarded-proto:https",
    "Via: 1.1 nginx",
    "Cache-Control: no-cache", "CONNECTION: Keep-Alive", "Content-Type: text/plain", "Accept:", "DNT:   1   ",
)  # fmt: skip
_CLIENTS: Final = (
    "X-Forwarded-For: 203.0.113.1", "x-forwarded-for: 203.0.113.1, 127.0.0.1", "X-Forwarded-For: 2001:db8::5:1",
    "CF-Connecting-IP: 203.0.113.2", "X-Forwarded-For: 198.51.100.4,203.0.113.3 ", "X-Forwarded-For: not an address",
    "X-Forwarded-For:", "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 203.0.113.4",
    f"X-Forwarded-For:{' ' * 90}203.0.113.1",
)  # fmt: skip
_ODD: Final = (
    "Range: bytes=0-9", "If-None-Match: *", "If-Modified-Since: Sat, 21 Nov 2026 12:00:00 GMT", "X-Unknown: 1",
    "Connection: close", "Connection: keep-alive, close", "Connection: upgrade\r\nUpgrade: websocket", "Upgrade: h2c",
    "Content-Length: 0", "Transfer-Encoding: identity", "Expect: 100-continue", "TE: trailers",
    "Accept: a\r\n folded: b",
    "no colon", "Host", "Host : spaced", "User-Agent: a\tb", "User-Agent: \xe9", "User-Agent: a\x01b",
    "Accept: a\nb: c",
    "User-Agent: a\r\nUser-Agent: b", "Accept: a\r\nAccept: b", "Host: second", "Content-Encoding: gzip", ": nameless",
    "Content-Length: x", f"Cookie: {'c' * 1100}", f"Cookie: {'c' * 9000}", f"Cookie: {'c' * 20000}",
    "Proxy-Connection: close",
    "Keep-Alive: timeout=5", "Content-Length: 0\r\nContent-Length: 0", "Trailer: a",
)  # fmt: skip
_VERSIONS: Final = ("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "", "HTTP/1.1\t")
_METHODS: Final = ("POST", "OPTIONS", "get", "GETX", "HEADX", "PUT", "DELETE", "G", "")


class Conversation(NamedTuple):
    """What a client sends on one connection, piece by piece, and how many requests that are."""

    pieces: Sequence[bytes]
    requests: int


class Counted:
    """Warm answers that are counted, to know that there were any."""

    def __init__(self, fast: FastPath) -> None:
        self._answers, self.number = fast.answers, 0
        fast.answers = self

    def answer(self, method: str, target: str, client: str) -> WarmAnswer | None:
        """Return what the process answers."""
        answer = self._answers.answer(method, target, client)
        self.number += answer is not None
        return answer


class _Client(asyncio.Protocol):
    """Keeps all that a server sends; a server that closes in the middle is none of its business."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.closed = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.received += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended may depend on the kernel
        if not self.closed.done():
            self.closed.set_result(None)


async def play(port: int, conversation: Conversation) -> bytes:
    """Return all that a server sends in a conversation, without dates; it must end within a minute."""
    transport, client = await asyncio.get_running_loop().create_connection(_Client, HOST, port)
    for piece in (*conversation.pieces, LAST):
        if transport.is_closing():
            break
        transport.write(piece)
        for _ in range(_YIELDS):
            await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await client.closed
    transport.close()
    return _DATE.sub(b"\r\nDate: -\r\n", bytes(client.received))


class Talk:
    """Makes up conversations about these targets: mostly what clients send, and some of what attackers would."""

    def __init__(self, seed: int, targets: Sequence[str], odd_targets: Sequence[str], more: Iterable[str] = ()) -> None:
        self.random = random.Random(seed)  # noqa: S311 - guards nothing, and repeats itself
        self._targets, self._odd_targets = targets, odd_targets
        self._odd = (*_ODD, *more)

    def conversation(self) -> Conversation:
        """Return a conversation of one to twelve requests."""
        number = self.random.choice((1, 1, 2, 4, 8, 12))
        requests = [self.request() for _ in range(number)]
        return Conversation(self._cut(requests), number)

    def request(self) -> bytes:
        """Return the bytes of one request."""
        chance = self.random.random
        method = self.random.choices(("GET", "HEAD", self.random.choice(_METHODS)), (80, 17, 3))[0]
        target = self.random.choice(self._targets if chance() < 0.9 else self._odd_targets)
        version = "HTTP/1.1" if chance() < 0.97 else self.random.choice(_VERSIONS)
        end = "\r\n" if chance() < 0.99 else "\n"
        lines = [f"{method} {target} {version}", *self._headers(), "", ""]
        return end.join(lines).encode("latin-1") + (b"\r\n" if chance() < 0.01 else b"")

    def _headers(self) -> list[str]:
        names: set[str] = set()
        lines = ["Host: posters.example"] if self.random.random() < 0.98 else []
        for line in self.random.sample(_HARMLESS, self.random.randrange(8)):
            if (name := line.partition(":")[0].lower()) not in names:
                names.add(name)
                lines.append(line)
        lines += [self.random.choice(_CLIENTS)] if self.random.random() < 0.7 else []
        lines += [self.random.choice(self._odd)] if self.random.random() < 0.1 else []
        self.random.shuffle(lines)
        return lines

    def _cut(self, requests: Sequence[bytes]) -> list[bytes]:
        """Return the requests one by one, all together, or cut anywhere."""
        way = self.random.random()
        if way < 0.7:
            return list(requests)
        text = b"".join(requests)
        if way < 0.8:
            return [text]
        size = 1 if way < 0.82 and len(text) < 1000 else self.random.randrange(20, 400)
        return [text[start : start + size] for start in range(0, len(text), size)]
