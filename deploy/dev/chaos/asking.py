"""One request of a client, with every kind of failure described in words."""

import time
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from tests.stack.caller import Answer, fetch

PATIENCE_S: Final = 6.0
"""How long a client waits for each of the two responses."""

_LONGEST_SENTENCE: Final = 90


class Failed(Exception):
    """The client got nothing usable; the text says from which service and why."""


async def ask(
    http: aiohttp.ClientSession, whom: str, url: str, method: str = "GET", etag: str | None = None, client: str = ""
) -> Answer:
    """Return the response of a gateway or content server to a client that may have ``etag``. Raises ``Failed``.

    ``client`` is the client's address, where the services trust a proxy to name it.
    """
    began = time.monotonic()
    named = {"If-None-Match": etag and f'"{etag}"', "X-Forwarded-For": client}
    headers = {name: value for name, value in named.items() if value}
    try:
        return await fetch(http, url, method=method, follow=False, body=None, **headers)
    except TimeoutError as error:
        raise Failed(f"{whom}: no answer within {PATIENCE_S:g} s") from error
    except aiohttp.ClientConnectorError as error:
        raise Failed(f"{whom}: connection refused") from error
    except (aiohttp.ClientError, OSError) as error:
        after = "at once" if time.monotonic() - began < 1 else "after a while"
        raise Failed(f"{whom}: connection cut off {after}") from error


def expect(whom: str, answer: Answer, *statuses: HTTPStatus) -> Answer:
    """Return the response if it has one of these statuses. Raises ``Failed`` with its status and its message."""
    if answer.status in statuses:
        return answer
    try:
        sentence = answer.error
    except (msgspec.MsgspecError, LookupError, TypeError):
        sentence = "" if answer.body else "(to a HEAD)"
    raise Failed(f"{whom}: {answer.status} {sentence[:_LONGEST_SENTENCE] or HTTPStatus(answer.status).phrase}")


def open_http() -> aiohttp.ClientSession:
    """Return a session that opens a connection for each request: the kernel then spreads them over all listeners."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
