"""A client of running services: a request, its answer, and a small table for a test's output."""

import asyncio
import string
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from tests.waiting import eventually

_ASCII: Final = string.printable


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a client got in the end. Header names are in lower case, and found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0
    url: str = ""
    """Where the answer came from: after redirects, the last of them."""

    @property
    def cache(self) -> str:
        return self.headers.get("x-cache-status", "")

    @property
    def is_drawn(self) -> bool:
        """Whether it is the picture that was asked for, drawn for this caller or a moment before.

        With its redirect the gateway has the picture drawn, which may be quicker than a caller who follows.
        """
        return self.status == HTTPStatus.OK and self.cache in {"MISS", "HIT"}

    @property
    def cache_control(self) -> str:
        return self.headers.get("cache-control", "")

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> str:
        """Return the sentence of a refusal."""
        return str(self.json["error"])

    @property
    def complaint(self) -> str:
        """Return the sentence of a refusal behind the field that it is about, as ``name: Use 1 to 100 characters.``"""
        field = self.json.get("field")
        return f"{field}: {self.error}" if field else self.error

    @property
    def cookies(self) -> SimpleCookie:
        """Return every cookie that an answer sets."""
        found: SimpleCookie = SimpleCookie()
        for name, value in self.headers.items():
            if name == "set-cookie":
                found.load(value)
        return found

    @property
    def cookie(self) -> str | None:
        """Return the refresh token that a sign-in sets as a cookie."""
        morsel = self.cookies.get("refresh_token")
        return None if morsel is None else morsel.value


async def fetch(
    http: aiohttp.ClientSession,
    url: str,
    *,
    method: str = "GET",
    follow: bool = True,
    body: bytes | None = None,
    **headers: str,
) -> Answer:
    """Send a request; header names have underscores, and non-ASCII in the URL is percent-encoded, nothing else."""
    began = time.monotonic()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    address = URL(quote(url, safe=_ASCII), encoded=True)
    async with http.request(method, address, data=body, headers=named, allow_redirects=follow) as response:
        content = await response.read()
        return Answer(
            status=response.status,
            headers=any_case(response.headers.items()),
            body=content,
            seconds=time.monotonic() - began,
            url=str(response.url),
        )


def any_case(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return headers under lower-case names that are found in any case."""
    return CIMultiDict((name.lower(), value) for name, value in headers)


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Tell whether ``condition`` comes true in time, without blocking the loop."""
    return await asyncio.to_thread(eventually, condition, seconds=seconds)


def show(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Write a small table into the test's output."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    sys.stdout.write("\n".join([f"\n{title}", *(f"  {line}" for line in lines), ""]))
