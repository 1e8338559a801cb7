"""One request of a client: the redirect followed by hand, and every way to fail put into words."""

import time
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from deploy.dev.chaos.judging import Answer
from deploy.dev.local.ports import HOST

PATIENCE_S: Final = 6.0
"""How long a client waits for each of the two answers."""

_KEY: Final = "t0-free-rpdb"
_LONGEST_SENTENCE: Final = 90


class Failed(Exception):
    """The client got nothing that it could use; the text says from whom and why."""


class Client:
    """Asks the gateways on one port and follows them to the content servers, each time on new connections.

    The kernel then spreads the requests over all that listen. Closed by whoever opened ``http``.
    """

    def __init__(self, http: aiohttp.ClientSession, gateway_port: int) -> None:
        self._http = http
        self._gateway = f"http://{HOST}:{gateway_port}/{_KEY}/"

    async def redirect(self, path: str, method: str = "GET") -> Answer:
        """Return what a gateway says to the address with this path behind the key. Raises ``Failed``."""
        return await self._ask("gateway", self._gateway + path, method)

    async def content(self, url: str, method: str = "GET", etag: str | None = None) -> Answer:
        """Return what a content server says, to a client that has ``etag`` already. Raises ``Failed``."""
        return await self._ask("content", url, method, {"If-None-Match": f'"{etag}"'} if etag else {})

    async def _ask(self, whom: str, url: str, method: str, headers: dict[str, str] | None = None) -> Answer:
        address = URL(url, encoded=True)
        began = time.monotonic()
        try:
            async with self._http.request(method, address, headers=headers, allow_redirects=False) as response:
                body = await response.read()
                lower = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, lower, body, address.path)
        except TimeoutError as error:
            raise Failed(f"{whom}: no answer within {PATIENCE_S:g} s") from error
        except aiohttp.ClientConnectorError as error:
            raise Failed(f"{whom}: connection refused") from error
        except (aiohttp.ClientError, OSError) as error:
            after = "at once" if time.monotonic() - began < 1 else "after a while"
            raise Failed(f"{whom}: connection cut off {after}") from error


def open_http() -> aiohttp.ClientSession:
    """Return a session for a ``Client``."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


def refusal(whom: str, answer: Answer) -> str:
    """Put an answer that is no picture into words: its status and the sentence that it came with."""
    try:
        sentence = str(msgspec.json.decode(answer.body, type=dict[str, str]).get("error", ""))
    except msgspec.MsgspecError:
        sentence = "" if answer.body else "(to a HEAD)"
    return f"{whom}: {answer.status} {sentence[:_LONGEST_SENTENCE] or HTTPStatus(answer.status).phrase}"
