"""Prewarming on request: an admin's list of titles is queued at a limited pace, one list at a time."""

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
from gateway.keys.change_feed import ChangeFeed
from gateway.metrics import GatewayMetrics
from gateway.pictures.address import PRESET_PREFIX
from gateway.pictures.key_layers import layers_below
from gateway.pictures.settings_resolver import resolve_query
from gateway.settings.kind_layer import StyleName
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import BadField, BadRequest, StoreDown, TitleNotFound
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.queue.messages import RenderJob
from shared.queue.prewarm import Pace, Prewarm, PrewarmQueue, Progress, SavesSettings, pictures
from shared.queue.prewarm_input import parse_external_id, parse_settings
from shared.settings.model import Settings
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MAX_IDS: Final = 10_000
LARGEST_BODY: Final = 1 << 20
"""Bytes; enough for the maximum number of ids at their longest."""

MAX_BAD_LINES: Final = 100
"""Invalid lines listed in an answer."""

_PUBLISH_EVERY_S: Final = 0.5  # how often a run publishes its progress and checks whether to stop
_IDS_PER_SLICE: Final = 500  # ids parsed before yielding to the event loop

_Id = Annotated[str, msgspec.Meta(max_length=100)]


class PrewarmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to draw in advance; ``pace`` is in pictures per second, ``look`` is the query of a picture's address.

    With the name of a ``preset`` its kind counts, and the global settings are below it, as in addresses.
    """

    ids: Annotated[list[_Id], msgspec.Meta(min_length=1, max_length=MAX_IDS)]
    kind: Kind = Kind.POSTER
    format: Format = Format.JPG
    look: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    preset: StyleName = ""
    pace: Annotated[float, msgspec.Meta(ge=0.1, le=100)] = 5


class BadLine(msgspec.Struct, frozen=True):
    """An invalid id: its line, counted from 1, and what is wrong with it."""

    line: int
    error: str


class PrewarmAccepted(msgspec.Struct, frozen=True):
    """The number of pictures to queue, and the first of the ``bad_total`` invalid ids."""

    queued: int
    bad: list[BadLine]
    bad_total: int


class PrewarmApi:
    """Serves ``/api/admin/warm``; there is one run at a time over all replicas. Close it at the end."""

    def __init__(
        self,
        queue: PrewarmQueue,
        settings: SavesSettings,
        change_feed: ChangeFeed,
        *,
        board: PrewarmState,
        pool: Pool,
        metrics: GatewayMetrics,
    ) -> None:
        self._queue, self._settings, self._state, self._pool = queue, settings, board, pool
        self._change_feed = change_feed
        self._run: asyncio.Task[None] | None = None
        metrics.watch_limit("warm_ups", lambda: int(self._run is not None and not self._run.done()), 1)

    async def warm(self, call: Call, body: PrewarmRequest) -> Reply:
        """Start a run. Raises ``BadRequest`` for invalid settings, a 409 ``ApiError`` during a run, ``StoreDown``."""
        settings = self._settings_of(body)
        run = secrets.token_hex(8)
        if not await self._state.claim(run):
            raise ApiError(HTTPStatus.CONFLICT, "A prewarm run is already in progress. Wait until it ends, or stop it.")
        try:
            titles, bad = await _read_ids(body.ids)
            jobs = await pictures(titles, [settings], self._settings)
            async with changing(self._pool, call.actor, Action.WARM_UP_ASKED) as change:
                change.target = settings.kind.value
                change.details = {"pictures": len(jobs), "look": body.look, "pace": str(body.pace)}
                change.details |= {"preset": body.preset} if body.preset else {}
            state = PrewarmStatus(running=True, kind=settings.kind, total=len(jobs), began_at=datetime.now(UTC))
            await self._state.publish(run, state)
            self._run = asyncio.create_task(self._run_jobs(run, state, jobs, Pace(per_s=body.pace)))
        except BaseException:
            await self._state.give_up(run)
            raise
        accepted = PrewarmAccepted(queued=len(jobs), bad=bad[:MAX_BAD_LINES], bad_total=len(bad))
        return Reply(accepted)

    def _settings_of(self, body: PrewarmRequest) -> Settings:
        """Return the settings of the pictures. Raises ``BadRequest``."""
        if not body.preset:
            return parse_settings(body.kind, body.format, body.look)
        found = self._change_feed.presets.find(f"{PRESET_PREFIX}{body.preset}")
        if found is None:
            raise BadField(public="There is no preset of that name.", field="preset")
        kind, layer = found
        return resolve_query(
            kind, body.format, body.look, layers_below(self._change_feed.overrides, "", layer)
        ).settings

    async def show(self, _call: Call, _body: NoBody) -> Reply:
        """Return the status of the current or the last run. Raises ``StoreDown``."""
        return Reply(await self._state.read())

    async def stop(self, _call: Call, _body: NoBody) -> Reply:
        """Stop the run within seconds, on any replica; what it has queued is still drawn.

        Raises a 404 ``ApiError`` if there is none, ``StoreDown``.
        """
        if not await self._state.stop():
            raise ApiError(HTTPStatus.NOT_FOUND, "No prewarm is running.")
        return Reply(await self._state.read())

    async def close(self) -> None:
        """Cancel the run of this replica; what it has queued is still drawn."""
        if self._run is not None:
            await cancel_and_wait(self._run)

    async def _run_jobs(self, run: str, state: PrewarmStatus, jobs: list[RenderJob], pace: Pace) -> None:
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
            await self._publish(run, msgspec.structs.replace(state, running=False, left_s=None, ending=ending))
            log.info("warm_up_ended", pictures=len(jobs), queued=state.queued, drawn=state.drawn, ending=ending)

    async def _follow(
        self, run: str, state: PrewarmStatus, steps: AsyncIterator[Progress]
    ) -> tuple[PrewarmStatus, RunEnding]:
        """Publish the progress periodically; returns the last status and how the run ended."""
        next_publish = 0.0
        async for progress in steps:
            state = _now(state, progress)
            if progress.stalled:
                return state, RunEnding.STALLED
            if time.monotonic() >= next_publish:
                next_publish = time.monotonic() + _PUBLISH_EVERY_S
                if await self._publish(run, state):
                    return state, RunEnding.STOPPED
        return state, RunEnding.DONE

    async def _publish(self, run: str, state: PrewarmStatus) -> bool:
        """Publish a status; returns whether to stop. A store that is down does not stop a run."""
        try:
            return await self._state.publish(run, state)
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
        except (BadRequest, TitleNotFound) as error:
            bad.append(BadLine(line, error.public))
        if line % _IDS_PER_SLICE == 0:
            await asyncio.sleep(0)
    return titles, bad
