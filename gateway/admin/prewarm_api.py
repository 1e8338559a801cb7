"""Warm-up on request: an admin's list of titles is queued beside the requests, at a pace, one list at a time."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog

from gateway.admin.prewarm_state import PrewarmState, PrewarmStatus, RunEnding
from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from gateway.metrics import GatewayMetrics
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import BadRequest, StoreDown
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.queue.messages import RenderJob
from shared.queue.prewarm import Pace, Prewarm, PrewarmQueue, Progress, SavesSettings, pictures
from shared.queue.prewarm_input import parse_external_id, parse_settings
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_IDS: Final = 10_000
LARGEST_BODY: Final = 1 << 20
"""Bytes: as many ids as may be asked for, each at its longest."""

MOST_BAD: Final = 100
"""Bad lines that an answer names."""

_WORD_S: Final = 0.5  # how often a run says how far it is, and hears whether to stop
_BREATH: Final = 500  # ids that are read before the loop has its turn

_Id = Annotated[str, msgspec.Meta(max_length=100)]


class PrewarmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class PrewarmAccepted(msgspec.Struct, frozen=True):
    """How many pictures are on their way to the queue, and which ids are none, the first of ``bad_total``."""

    queued: int
    bad: list[BadLine]
    bad_total: int


class PrewarmApi:
    """Answers ``/api/admin/warm``; there is one run at a time over all replicas. Close it at the end."""

    def __init__(
        self,
        queue: PrewarmQueue,
        settings: SavesSettings,
        *,
        board: PrewarmState,
        pool: Pool,
        metrics: GatewayMetrics,
    ) -> None:
        self._queue, self._settings, self._board, self._pool = queue, settings, board, pool
        self._run: asyncio.Task[None] | None = None
        metrics.watch_limit("warm_ups", lambda: int(self._run is not None and not self._run.done()), 1)

    async def warm(self, call: Call, body: PrewarmRequest) -> Reply:
        """Begin a run. Raises ``BadRequest`` for a bad look, a 409 ``ApiError`` while one goes on, ``StoreDown``."""
        look = parse_settings(body.kind, body.format, body.look)
        run = secrets.token_hex(8)
        if not await self._board.claim(run):
            raise ApiError(HTTPStatus.CONFLICT, "A warm-up is going on. Please wait until it ends, or stop it.")
        try:
            titles, bad = await _read_ids(body.ids)
            jobs = await pictures(titles, [look], self._settings)
            async with changing(self._pool, call.actor, Action.WARM_UP_ASKED) as change:
                change.target = body.kind.value
                change.details = {"pictures": len(jobs), "look": body.look, "pace": str(body.pace)}
            state = PrewarmStatus(running=True, kind=body.kind, total=len(jobs), began_at=datetime.now(UTC))
            await self._board.publish(run, state)
            self._run = asyncio.create_task(self._go_through(run, state, jobs, Pace(per_s=body.pace)))
        except BaseException:
            await self._board.give_up(run)
            raise
        accepted = PrewarmAccepted(queued=len(jobs), bad=bad[:MOST_BAD], bad_total=len(bad))
        return Reply(accepted)

    async def show(self, _call: Call, _body: NoBody) -> Reply:
        """Show how the run stands that goes on, or how the last one ended. Raises ``StoreDown``."""
        return Reply(await self._board.read())

    async def stop(self, _call: Call, _body: NoBody) -> Reply:
        """Ask the run to end within seconds, wherever it goes on; what it has queued is drawn all the same.

        Raises a 404 ``ApiError`` when there is none, ``StoreDown``.
        """
        if not await self._board.stop():
            raise ApiError(HTTPStatus.NOT_FOUND, "No warm-up is going on.")
        return Reply(await self._board.read())

    async def close(self) -> None:
        """End the run of this replica; what it has queued is drawn all the same."""
        if self._run is not None:
            await cancel_and_wait(self._run)

    async def _go_through(self, run: str, state: PrewarmStatus, jobs: list[RenderJob], pace: Pace) -> None:
        ending = RunEnding.FAILED
        log.info("warm_up_began", pictures=len(jobs))
        try:
            async with aclosing(Prewarm(self._queue, jobs, pace).run()) as steps:
                state, ending = await self._follow(run, state, steps)
        except asyncio.CancelledError:
            ending = RunEnding.STOPPED
            raise
        except Exception:
            log.exception("warm_up_crashed")
        finally:
            await self._tell(run, msgspec.structs.replace(state, running=False, left_s=None, ending=ending))
            log.info("warm_up_ended", pictures=len(jobs), queued=state.queued, drawn=state.drawn, ending=ending)

    async def _follow(
        self, run: str, state: PrewarmStatus, steps: AsyncIterator[Progress]
    ) -> tuple[PrewarmStatus, RunEnding]:
        """Say every other moment how far it is; returns where and how it ended."""
        next_word = 0.0
        async for progress in steps:
            state = _now(state, progress)
            if progress.stalled:
                return state, RunEnding.STALLED
            if time.monotonic() >= next_word:
                next_word = time.monotonic() + _WORD_S
                if await self._tell(run, state):
                    return state, RunEnding.STOPPED
        return state, RunEnding.DONE

    async def _tell(self, run: str, state: PrewarmStatus) -> bool:
        """Write how a run stands; a lost store stops no run."""
        try:
            return await self._board.publish(run, state)
        except StoreDown as error:
            log.warning("warm_up_not_told", reason=str(error))
            return False


def _now(state: PrewarmStatus, progress: Progress) -> PrewarmStatus:
    return msgspec.structs.replace(
        state,
        queued=progress.queued,
        drawn=progress.drawn,
        unknown=progress.unknown,
        failed=progress.failed,
        left_s=progress.left_s,
    )


async def _read_ids(texts: list[str]) -> tuple[list[ExternalId], list[BadLine]]:
    titles: list[ExternalId] = []
    bad: list[BadLine] = []
    for line, text in enumerate(texts, 1):
        try:
            titles.append(parse_external_id(text))
        except BadRequest as error:
            bad.append(BadLine(line, error.public))
        if line % _BREATH == 0:
            await asyncio.sleep(0)
    return titles, bad
