"""The steady load: a fixed rate of requests for stored and new pictures; every response is checked and recorded."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from typing import Final

import aiohttp
import msgspec

from deploy.dev.chaos.asking import PATIENCE_S, Failed, ask, expect
from deploy.dev.chaos.judging import Judge, accident_kept, is_plain
from deploy.dev.chaos.ledger import Asked, Wanted
from deploy.dev.chaos.pictures import Picture, new_pictures, unknown_path
from tests.stack.caller import Answer
from tests.stack.services import FREE_KEY

MOST_UNDER_WAY: Final = 600
_NEW_EVERY: Final = 20
_UNKNOWN_EVERY: Final = 125
_HEAD_EVERY: Final = 7
_CONDITIONAL_EVERY: Final = 11
_DIRECT_EVERY: Final = 4
_STRIDE: Final = 7919  # a prime: callers return to the stored pictures in no particular order


class Memory(msgspec.Struct):
    """What the callers know about one picture."""

    url: str = ""
    """The redirect that a gateway gave for it."""
    promised: list[float] = []
    """When a caller got the fallback artwork, and so was promised the picture."""
    is_stored: bool = False
    """A caller got the finished picture."""


class Callers:
    """All clients together, with their requests and the results."""

    def __init__(self, http: aiohttp.ClientSession, gateway_url: str) -> None:
        self._http = http
        self._keyed = f"{gateway_url}/{FREE_KEY}/"
        self._judge = Judge()
        self._new: Iterator[Picture] = new_pictures()
        self._stored: list[Picture] = []
        self._under_way: dict[asyncio.Task[None], float] = {}
        self.asked: list[Asked] = []
        self.pictures: dict[Picture, Memory] = {}
        self.wrong: list[str] = []
        """Pictures that were not the ones requested."""
        self.kept: list[str] = []
        """Transient errors that a public cache would have stored."""
        self.left_out = 0
        """Requests that were not made, because too many were open."""

    @asynccontextmanager
    async def supervised(self, per_second: float) -> AsyncIterator[None]:
        """Send requests at this rate while inside, catching up when late. Then abandon open requests."""
        load = asyncio.create_task(self._go_on(per_second))
        try:
            yield
        finally:
            load.cancel()
            if self._under_way:
                await asyncio.wait(list(self._under_way), timeout=2 * PATIENCE_S)
            left = [load, *self._under_way]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _go_on(self, per_second: float) -> None:
        began = time.monotonic()
        for nth in count():
            await asyncio.sleep(max(0.0, began + nth / per_second - time.monotonic()))
            if len(self._under_way) < MOST_UNDER_WAY:
                self._begin(nth)
            else:
                self.left_out += 1

    def waits_since(self, moment: float) -> bool:
        """Return whether a request that began before this is still open."""
        return any(began < moment for began in self._under_way.values())

    async def ask(self, picture: Picture, wanted: Wanted, *, nth: int = 1) -> Asked:
        """Request a picture with the method of the ``nth`` caller, and record the result."""
        memory = self.pictures.setdefault(picture, Memory())
        return await self._write_down(wanted, self._picture(picture, memory, wanted, nth))

    def _begin(self, nth: int) -> None:
        task = asyncio.create_task(self._one(nth))
        self._under_way[task] = time.monotonic()
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _one(self, nth: int) -> None:
        if nth % _UNKNOWN_EVERY == _UNKNOWN_EVERY - 1:
            await self._write_down(Wanted.UNKNOWN, self._unknown(nth))
        elif nth % _NEW_EVERY == 0:
            await self.ask(next(self._new), Wanted.NEW)
        elif self._stored:
            await self.ask(self._stored[nth * _STRIDE % len(self._stored)], Wanted.STORED, nth=nth)

    async def _write_down(self, wanted: Wanted, answered: Awaitable[Answer]) -> Asked:
        began, trouble, plain = time.monotonic(), "", False
        try:
            plain = is_plain(await answered)
        except Failed as error:
            trouble = str(error)
        asked = Asked(wanted, began, time.monotonic(), trouble, plain)
        self.asked.append(asked)
        return asked

    async def _picture(self, picture: Picture, memory: Memory, wanted: Wanted, nth: int) -> Answer:
        if not memory.url or nth % _DIRECT_EVERY:
            memory.url = await self._located(picture.path, exists=True)
        etag = self._judge.etag(picture) if wanted is Wanted.STORED and nth % _CONDITIONAL_EVERY == 0 else None
        method = "HEAD" if wanted is Wanted.STORED and not etag and nth % _HEAD_EVERY == 0 else "GET"
        answer = self._noted(picture.path, await ask(self._http, "content", memory.url, method, etag), exists=True)
        expect("content", answer, HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
        if answer.status == HTTPStatus.OK and method == "GET":
            fault = await asyncio.to_thread(self._judge.fault_of, picture, answer)
            self.wrong += [f"{picture.path} {answer.cache}: {fault}"] if fault else []
        if is_plain(answer):
            memory.promised.append(time.monotonic())
        elif not memory.is_stored:
            memory.is_stored = True
            self._stored.append(picture)
        return answer

    async def _unknown(self, nth: int) -> Answer:
        path = unknown_path(nth)
        answer = await ask(self._http, "content", await self._located(path, exists=False))
        return expect("content", self._noted(path, answer, exists=False), HTTPStatus.NOT_FOUND)

    async def _located(self, path: str, *, exists: bool) -> str:
        answer = await ask(self._http, "gateway", self._keyed + path)
        if answer.status != HTTPStatus.FOUND:
            self._noted(path, answer, exists=exists)
        return expect("gateway", answer, HTTPStatus.FOUND).headers["location"]

    def _noted(self, path: str, answer: Answer, *, exists: bool) -> Answer:
        """Note a transient error that a public cache would store."""
        accident = accident_kept(answer, exists=exists)
        self.kept += [f"{path}: {accident}"] if accident else []
        return answer
