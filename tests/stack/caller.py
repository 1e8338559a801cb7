"""A client of the running pair: what it asks, what it gets, and how a test waits for it and shows it."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import aiohttp
import msgspec
from yarl import URL

from tests.waiting import eventually


class Answer(msgspec.Struct, frozen=True):
    """What a client got, in the end; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def cache(self) -> str:
        return self.headers.get("x-cache-status", "")

    @property
    def cache_control(self) -> str:
        return self.headers.get("cache-control", "")

    @property
    def error(self) -> str:
        """Return the sentence of a refusal."""
        return str(msgspec.json.decode(self.body)["error"])


async def fetch(
    http: aiohttp.ClientSession, url: str, *, method: str = "GET", follow: bool = True, **headers: str
) -> Answer:
    """Ask as a client does; header names are written with underscores, and the URL goes out as it is written."""
    began = time.monotonic()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, URL(url, encoded=True), headers=named, allow_redirects=follow) as response:
        body = await response.read()
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, lower, body, time.monotonic() - began)


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Tell whether ``condition`` comes true in time, without holding up the loop."""
    return await asyncio.to_thread(eventually, condition, seconds=seconds)


def show(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Write a small table into the test's output."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    sys.stdout.write("\n".join([f"\n{title}", *(f"  {line}" for line in lines), ""]))
