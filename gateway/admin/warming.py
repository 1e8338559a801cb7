"""Warm-up on request: an admin's list of titles is queued beside the requests, at a pace, one list at a time."""

import asyncio
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog

from gateway.auth.api import Call, Reply
from gateway.auth.refusals import Refusal
from gateway.metrics import GatewayMetrics
from shared.errors import BadRequest
from shared.ids import TitleRef
from shared.jobs.message import RenderJob
from shared.jobs.wanted import read_look, read_title
from shared.jobs.warming import KeepsLooks, Pace, Progress, Warming, WarmQueue, pictures
from shared.settings import Format, Kind

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_IDS: Final = 10_000
LARGEST_BODY: Final = 1 << 20
"""Bytes: as many ids as may be asked for, each at its longest."""

MOST_BAD: Final = 100
"""Bad lines that an answer names."""

_BREATH: Final = 500  # ids that are read before the loop has its turn

_Id = Annotated[str, msgspec.Meta(max_length=100)]


class WarmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to draw beforehand; ``pace`` is in pictures a second, ``look`` the query of a picture's address."""

    ids: Annotated[list[_Id], msgspec.Meta(min_length=1, max_length=MOST_IDS)]
    kind: Kind = Kind.POSTER
    format: Format = Format.JPG
    look: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    pace: Annotated[float, msgspec.Meta(ge=0.1, le=100)] = 5


class BadLine(msgspec.Struct, frozen=True):
    """An id that is none: where it stands, counted from 1, and what is wrong with it."""

    line: int
    error: str


class WarmAccepted(msgspec.Struct, frozen=True):
    """How many pictures are on their way to the queue, and which ids are none, the first of ``bad_total``."""

    queued: int
    bad: list[BadLine]
    bad_total: int


class WarmUps:
    """Answers ``/api/admin/warm``; holds the one run that this replica has at a time. Close it at the end."""

    def __init__(self, queue: WarmQueue, looks: KeepsLooks, metrics: GatewayMetrics) -> None:
        self._queue, self._looks = queue, looks
        self._run: asyncio.Task[None] | None = None
        self._is_taken = False
        metrics.watch_limit("warm_ups", lambda: int(self._is_taken), 1)

    async def warm(self, _: Call, body: WarmRequest) -> Reply:
        """Begin a run. Raises ``BadRequest`` for a bad look, a 409 ``Refusal`` while one goes on, ``StoreDown``."""
        look = read_look(body.kind, body.format, body.look)
        if self._is_taken:
            raise Refusal(HTTPStatus.CONFLICT, "A warm-up is going on here. Please wait until it ends.")
        self._is_taken = True
        try:
            titles, bad = await _read_ids(body.ids)
            jobs = await pictures(titles, [look], self._looks)
            self._run = asyncio.create_task(self._go_through(jobs, Pace(per_s=body.pace)))
        except BaseException:
            self._is_taken = False
            raise
        accepted = WarmAccepted(queued=len(jobs), bad=bad[:MOST_BAD], bad_total=len(bad))
        return Reply(accepted)

    async def close(self) -> None:
        """End the run; what it has queued is drawn all the same."""
        if self._run is not None:
            self._run.cancel()
            await asyncio.gather(self._run, return_exceptions=True)

    async def _go_through(self, jobs: list[RenderJob], pace: Pace) -> None:
        last: Progress | None = None
        log.info("warm_up_began", pictures=len(jobs))
        try:
            async with aclosing(Warming(self._queue, jobs, pace, follow=False).run()) as run:
                async for progress in run:
                    last = progress
        except Exception:
            log.exception("warm_up_crashed")
        finally:
            self._is_taken = False
            queued = 0 if last is None else last.queued
            log.info("warm_up_ended", pictures=len(jobs), queued=queued, stalled=last is not None and last.stalled)


async def _read_ids(texts: list[str]) -> tuple[list[TitleRef], list[BadLine]]:
    titles: list[TitleRef] = []
    bad: list[BadLine] = []
    for line, text in enumerate(texts, 1):
        try:
            titles.append(read_title(text))
        except BadRequest as error:
            bad.append(BadLine(line, error.public))
        if line % _BREATH == 0:
            await asyncio.sleep(0)
    return titles, bad
