"""The outside sources as the tests want them: the demo catalogue over real HTTP, every call counted, faults on demand.

Beside the demo's own titles it knows any number of *copies* of one film and one serial. A copy has ids of its own, so
that nothing was remembered of it before, and the art and the ratings of its original, so that its picture is known to
the byte. Faults are told apart by the number of the copy: each can be in other trouble at the same time.
"""

import asyncio
import itertools
import json
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.dev.demo.app import build_app
from deploy.dev.demo.catalogue import ALL, Catalogue, Title
from deploy.dev.demo.pictures import DemoPicture
from deploy.dev.demo.state import CATALOGUE, PICTURES
from deploy.dev.local.ports import HOST

_T = TypeVar("_T")
HEALED: Final = web.RequestKey("healed", asyncio.Event)
"""Happens when the faults that are on now end."""

FILM: Final = "metropolis"
SERIAL: Final = "judex"
_FIRST_COPY: Final = 9_000_001
_COPIES: Final = 2_000
_OF_RENDERERS: Final = "anime_map"  # fetched when renderers start, whatever callers ask for
_NUMBER: Final = re.compile(r"(?<!\d)9\d{6}(?!\d)")
_START_S: Final = 60.0
_GATE_S: Final = 2.0
_PRINTED: Final = ((FILM, 780), (FILM, 2000), (SERIAL, 780))


class Source(StrEnum):
    """Which of the outside services; the value is how its paths begin."""

    TMDB = "tmdb"
    IMAGES = "tmdb_images"
    MDBLIST = "mdblist"
    OMDB = "omdb"
    FANART = "fanart"
    ANILIST = "anilist"
    KITSU = "kitsu"


class Call(msgspec.Struct, frozen=True):
    """One request that a source received; ``number`` is the copy's that it was about."""

    source: str
    path: str
    number: int | None


class Copy(msgspec.Struct, frozen=True):
    """A title that nobody has asked for yet."""

    number: int
    is_film: bool = True

    @property
    def imdb(self) -> str:
        return f"tt{self.number}"

    @property
    def tmdb(self) -> str:
        return f"{'movie' if self.is_film else 'series'}-{self.number}"


Fault = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


class Gate:
    """Holds the answers about some copies until each of them was asked for."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._missing = set(numbers)
        self._open = asyncio.Event()

    async def pass_through(self, number: int) -> None:
        self._missing.discard(number)
        if not self._missing:
            self._open.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GATE_S):
                await self._open.wait()
        self._open.set()


class Sources:
    """All sources on one port, in a thread with a loop of its own, for the loops of the tests come and go."""

    def __init__(self, pictures: Path) -> None:
        """Serve, and keep pictures that are drawn in a folder."""
        self.calls: list[Call] = []
        self.url = ""
        self._faults: dict[tuple[Source, int | None], Fault] = {}
        self._gates: dict[tuple[str, int | None], Gate] = {}
        self._film_numbers = itertools.count(_FIRST_COPY)
        self._serial_numbers = itertools.count(_FIRST_COPY + _COPIES)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sources", daemon=True)
        self._thread.start()
        self._runner = self._call(self._start(pictures))

    def film(self) -> Copy:
        """Return a film that nobody has asked for yet."""
        return Copy(next(self._film_numbers))

    def serial(self) -> Copy:
        """Return a serial that nobody has asked for yet."""
        return Copy(next(self._serial_numbers), is_film=False)

    def break_down(self, source: Source, fault: Fault, copy: Copy | None = None) -> None:
        """Let a source answer with a fault, to questions about one copy or to all."""
        self._faults[source, copy.number if copy else None] = fault

    def hold(self, source: Source, copies: Iterable[Copy]) -> None:
        """Let a source answer about these only when each was asked for: the trouble of one holds off no other."""
        numbers = [copy.number for copy in copies]
        gate = Gate(numbers)
        self._gates.update({(source.value, number): gate for number in numbers})

    def heal(self) -> None:
        """End every fault; whoever hangs is cut off."""
        self._faults.clear()
        self._loop.call_soon_threadsafe(self._end_waits)

    def count(self, source: Source | None = None, copy: Copy | None = None) -> int:
        """Return how many calls there were, to one source or all, about one copy or any title."""
        return sum(
            (source is None or call.source == source) and (copy is None or call.number == copy.number)
            for call in self.calls
        )

    def close(self) -> None:
        """Stop serving."""
        self.heal()
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_S)

    async def _start(self, pictures: Path) -> web.AppRunner:
        app = build_app(pictures=pictures)
        app[CATALOGUE] = Catalogue([*ALL, *_copies()])
        app.middlewares.insert(0, self._receive)
        self.healed = asyncio.Event()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self.url = f"http://{HOST}:{runner.addresses[0][1]}"
        # Printing holds the interpreter's lock, so the art that all copies share is printed before anything is timed.
        for slug, width in _PRINTED:
            await app[PICTURES].get(DemoPicture(slug, "poster", "en"), width, "jpg")
        return runner

    def _end_waits(self) -> None:
        waited, self.healed = self.healed, asyncio.Event()
        waited.set()

    @web.middleware
    async def _receive(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        found = _NUMBER.search(request.path_qs)  # OMDb has the id in its query
        number = int(found[0]) if found else None
        name = request.path.split("/", 2)[1].replace("-", "_")
        if name != _OF_RENDERERS:
            self.calls.append(Call(name, request.path, number))
        if number is not None and (gate := self._gates.get((name, number))):
            await gate.pass_through(number)
        request[HEALED] = self.healed
        answer = _of_a_copy(handler, number)
        source = Source(name) if name in set(Source) else None
        fault = source and (self._faults.get((source, number)) or self._faults.get((source, None)))
        return await (fault(request, answer) if fault else answer(request))


def _copies() -> Iterable[Title]:
    """Make the copies; they keep the name of their original's art, but none of its seasons' numbers."""
    originals = {title.slug: title for title in ALL}
    for slug, first in ((FILM, _FIRST_COPY), (SERIAL, _FIRST_COPY + _COPIES)):
        for number in range(first, first + _COPIES):
            ids: dict[str, Any] = {"imdb": f"tt{number}", "tmdb": number, "tvdb": number}
            yield msgspec.structs.replace(originals[slug], **ids, printed_seasons=())


def _of_a_copy(handler: Handler, number: int | None) -> Handler:
    """Return the handler that gives the art of each copy a path of its own, so that it is fetched for each."""
    if number is None:
        return handler

    async def answer(request: web.Request) -> web.StreamResponse:
        if "file" in request.match_info:
            request.match_info["file"] = request.match_info["file"].removeprefix(f"copy-{number}-")
        response = await handler(request)
        if isinstance(response, web.Response) and isinstance(response.body, bytes) and "/tmdb/3/" in request.path:
            response.body = _with_own_art(response.body, number)
        return response

    return answer


def _with_own_art(body: bytes, number: int) -> bytes:
    """Rename the one English poster and drop the rest: a copy has one picture, and none to fall back to."""
    facts = json.loads(body)
    if "images" not in facts:
        return body
    posters = [row for row in facts["images"]["posters"] if row["iso_639_1"] == "en"]
    for row in posters:
        row["file_path"] = f"/copy-{number}-{row['file_path'].removeprefix('/')}"
    facts["images"]["posters"] = posters
    facts["poster_path"] = posters[0]["file_path"]
    return json.dumps(facts).encode()


def tally(calls: Iterable[Call]) -> Counter[str]:
    """Count calls by source."""
    return Counter(call.source for call in calls)
