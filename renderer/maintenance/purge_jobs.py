"""Executes the purges that admins request: one at a time per renderer, each by one renderer.

A purge deletes objects first, then copies, then what the CDN has cached, and the rows of the index last: while a row
exists, a renderer that takes over from a dead one knows what is left to do. Every part may be repeated safely.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Final

import structlog

from renderer.db.index_rebuild import ImageName, delete_image_rows
from renderer.db.purges import HeldPurge, next_purge
from renderer.db.retention import find_pictures, known_pictures
from renderer.maintenance.cdn_orders import CdnOrders
from renderer.maintenance.deletion import Deletion
from renderer.metrics import RendererMetrics
from renderer.storage.bucket_calls import StoredObject
from shared.domain.errors import BadRequest, SourceError, StoreDown, StoreRefused, TitleNotFound, UnknownSettings
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.digest import SettingsHash, parse_hash
from shared.stores.invalidation_message import EVERYTHING, InvalidationMessage, settings_folder
from shared.stores.postgres import Pool
from shared.stores.purge_rows import CdnState, PurgeScope
from shared.stores.title_rows import find_external_ids, find_parts, read_alias

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
MAX_PAUSE_S: Final = 30.0
BATCH: Final = 500
"""Pictures processed at a time."""

INDEX_INCOMPLETE: Final = (
    "the index does not know most of the stored pictures: run python -m renderer.cli rebuild-index, and purge again"
)
"""Why a purge of a title has not removed everything: its pictures are found by the index alone."""


class PurgeOutcome(StrEnum):
    """How one attempt at a purge ended: its label in metrics."""

    DONE = "done"
    EDGE_FAILED = "edge_failed"
    AGAIN = "again"
    CRASHED = "crashed"
    REFUSED = "refused"
    UNINDEXED = "unindexed"
    """The index does not know most of the stored pictures, so those of a title could not be found."""


class Purges:
    """Executes open purges, one at a time. ``list_objects`` lists what is stored under a prefix."""

    def __init__(
        self,
        pool: Pool,
        deletion: Deletion,
        *,
        list_objects: Callable[[str], AsyncIterator[StoredObject]],
        cdn: CdnOrders | None,
        metrics: RendererMetrics,
    ) -> None:
        self._pool, self._deletion, self._list_objects = pool, deletion, list_objects
        self._cdn, self._metrics = cdn, metrics
        self._pause_s = EVERY_S

    async def execute_all(self) -> float:
        """Execute every open purge; return the seconds until the next round, which grow while a store is down."""
        try:
            while await self.execute_next():
                pass
            self._pause_s = EVERY_S
        except StoreDown as error:
            log.warning("purge_not_done", reason=str(error))
            self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S)
        return self._pause_s

    async def execute_next(self) -> bool:
        """Execute the oldest purge that no replica is executing; return whether there was one. Raises ``StoreDown``."""
        async with next_purge(self._pool) as held:
            if held is None:
                return False
            try:
                outcome = await self._execute(held)
            except StoreRefused as error:
                # It would be refused with every attempt, and block all purges behind this one.
                log.warning("purge_refused", purge=held.row.id, reason=str(error))
                outcome = PurgeOutcome.REFUSED
                await held.finish(CdnState.NONE if self._cdn is None else CdnState.FAILED, str(error))
            except StoreDown as error:
                self._metrics.admin_purges.labels(PurgeOutcome.AGAIN).inc()
                await held.failed(str(error))
                raise
            except Exception:
                # A bug would recur with every attempt, and block all purges behind this one.
                log.exception("purge_crashed", purge=held.row.id)
                outcome = PurgeOutcome.CRASHED
                await held.finish(CdnState.FAILED, "internal error; see the renderer's log")
            self._metrics.admin_purges.labels(outcome).inc()
            log.info("purge_ended", purge=held.row.id, scope=held.row.scope, outcome=outcome)
            return True

    async def _execute(self, held: HeldPurge) -> PurgeOutcome:
        task = _Task(held, self._cdn)
        if held.row.scope is PurgeScope.TITLE:
            titles, former_ids = _title_targets(held.row.targets)
            for title in titles:
                async for media in self._with_parts(title):
                    await self._title(task, media, former_ids)
            if await self._is_index_incomplete():
                await held.finish(task.cdn_state, INDEX_INCOMPLETE)
                return PurgeOutcome.UNINDEXED
        elif held.row.scope is PurgeScope.LOOK:
            hashes = [parse_hash(target) for target in held.row.targets]
            for settings_hash in hashes:
                await self._folder(task, settings_hash)
            await task.purge_cdn(lambda cdn: cdn.purge_folders([settings_folder(each) for each in hashes]))
        else:
            await self._folder(task, None)
            await task.purge_cdn(lambda cdn: cdn.purge_folders([EVERYTHING]))
        await held.finish(task.cdn_state)
        return PurgeOutcome.EDGE_FAILED if task.cdn_state is CdnState.FAILED else PurgeOutcome.DONE

    async def _title(self, task: "_Task", media: MediaId, former_ids: Sequence[ExternalId]) -> None:
        external_ids = (*await find_external_ids(self._pool, media), *former_ids)
        await self._deletion.publish(InvalidationMessage(purge=True))
        async for pictures in self._indexed(None, media):
            await self._deletion.pictures(pictures, purge=True)
            await self._deletion.delete_marks_of(pictures, external_ids)
            # The CDN's addresses are derived from the index: its rows are needed until the CDN is purged.
            await task.purge_cdn(partial(_purge_pictures, pictures, external_ids))
            await self._delete_rows(task, pictures)

    async def _is_index_incomplete(self) -> bool:
        """Return whether the index lacks most of the first stored pictures, as that of a new database does."""
        found: list[tuple[str, str, str]] = []
        try:
            async for stored in self._list_objects(EVERYTHING):
                parts = _parsed(stored.key)
                found += [parts] if parts else []
                if len(found) == BATCH:
                    break
        except StoreRefused as error:  # the purge itself is done
            log.info("index_not_compared", reason=str(error))
        known = await known_pictures(self._pool, found)
        return 2 * len(known) < len(found)

    async def _with_parts(self, media: MediaId) -> AsyncIterator[MediaId]:
        """Yield a title, and the episodes and seasons of a series."""
        yield media
        if media.kind is not TitleKind.SERIES or media.is_part:
            return
        last: MediaId | None = None
        while found := await find_parts(self._pool, media, after=last, most=BATCH):
            for part in found:
                yield part
            last = found[-1]

    async def _folder(self, task: "_Task", settings_hash: SettingsHash | None) -> None:
        """Delete all pictures with these settings, or all pictures: the indexed ones first, then any others."""
        folder = EVERYTHING if settings_hash is None else settings_folder(settings_hash)
        await self._deletion.publish(InvalidationMessage(folder=folder, purge=True))
        async for pictures in self._indexed(settings_hash, None):
            await self._deletion.pictures(pictures)
            await self._delete_rows(task, pictures)
        async for keys in self._unindexed(folder):
            await self._deletion.objects(keys)
            await self._count(task, len(keys))
        await self._deletion.delete_marks_under(settings_hash)
        # Again, because a replica may have read an object just before it was deleted.
        await self._deletion.publish(InvalidationMessage(folder=folder, purge=True))

    async def _indexed(
        self, settings_hash: SettingsHash | None, media: MediaId | None
    ) -> AsyncIterator[list[ImageName]]:
        last: ImageName | None = None
        while found := await find_pictures(
            self._pool, settings_hash=settings_hash, media=media, after=last, most=BATCH
        ):
            yield found
            last = found[-1]

    async def _unindexed(self, folder: str) -> AsyncIterator[list[str]]:
        """Yield the keys of stored objects that are not indexed; one that was just drawn is indexed, and stays."""
        keys: list[str] = []
        async for stored in self._list_objects(folder):
            keys.append(stored.key)
            if len(keys) == BATCH:
                yield await self._unknown(keys)
                keys = []
        yield await self._unknown(keys)

    async def _unknown(self, keys: list[str]) -> list[str]:
        named = {key: _parsed(key) for key in keys}
        known = await known_pictures(self._pool, [parts for parts in named.values() if parts is not None])
        return [key for key, parts in named.items() if parts not in known]

    async def _delete_rows(self, task: "_Task", pictures: list[ImageName]) -> None:
        await self._count(task, await delete_image_rows(self._pool, pictures))

    async def _count(self, task: "_Task", pictures: int) -> None:
        await task.held.removed(pictures)
        self._metrics.removed.labels("purge").inc(pictures)


class _Task:
    """A purge being executed, and its state at the CDN."""

    def __init__(self, held: HeldPurge, cdn: CdnOrders | None) -> None:
        self.held = held
        self._cdn = cdn
        self.cdn_state = CdnState.NONE if cdn is None else CdnState.DONE

    async def purge_cdn(self, purge: Callable[[CdnOrders], Awaitable[None]]) -> None:
        """Purge from the CDN; once that has failed, the rest of the purge goes on without it."""
        if self._cdn is None or self.cdn_state is CdnState.FAILED:
            return
        try:
            await purge(self._cdn)
        except SourceError as error:
            log.warning("purge_missed_edge", purge=self.held.row.id, cause=error.cause, reason=str(error))
            self.cdn_state = CdnState.FAILED


async def _purge_pictures(pictures: Sequence[ImageName], external_ids: Sequence[ExternalId], cdn: CdnOrders) -> None:
    await cdn.purge_pictures(pictures, external_ids)


def _title_targets(targets: Sequence[str]) -> tuple[list[MediaId], list[ExternalId]]:
    """Return the titles to purge, and ids that used to lead to them: a CDN may have their pictures under these."""
    aliases = [target for target in targets if ":" in target and target.partition(":")[0] in set(IdType)]
    titles = [MediaId.parse(target) for target in targets if target not in aliases]
    return titles, [ref for alias in aliases if (ref := read_alias(alias)) is not None]


def _parsed(key: str) -> tuple[str, str, str] | None:
    """Return the settings hash, media id and extension of a picture's key; ``None`` for any other key."""
    folder, _, file = key.removeprefix(EVERYTHING).partition("/")
    media, _, extension = file.rpartition(".")
    try:
        return parse_hash(folder), str(MediaId.parse(media)), extension
    except (BadRequest, TitleNotFound, UnknownSettings):
        return None
