"""Does the purges that admins ask for: one at a time in each renderer, each by one renderer, to its end.

A purge removes objects first, then copies, then what the edge holds, and the rows of the index last: as long as a row
is there, whoever takes over from a renderer that died knows what is left. Every part may be done twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Final

import structlog

from renderer.db.index_rebuild import ImageName, forget_images
from renderer.db.purges import HeldPurge, next_purge
from renderer.db.retention import find_pictures, known_pictures
from renderer.maintenance.cdn_orders import CdnOrders
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.invalidation_message import EVERYTHING, InvalidationMessage, look_folder
from renderer.metrics import RendererMetrics
from renderer.storage.s3 import Stored
from shared.domain.errors import BadRequest, SourceError, StoreDown, UnknownSettings
from shared.domain.ids import MediaId, TitleKind
from shared.settings.digest import SettingsHash, parse_hash
from shared.stores.postgres import Pool
from shared.stores.purge_rows import CdnState, PurgeScope
from shared.stores.title_rows import find_episodes, find_external_ids

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
LONGEST_PAUSE_S: Final = 30.0
BATCH: Final = 500
"""Pictures that are held in memory at a time."""


class PurgeOutcome(StrEnum):
    """How one try at a purge ended: its label in metrics."""

    DONE = "done"
    EDGE_FAILED = "edge_failed"
    AGAIN = "again"
    CRASHED = "crashed"


class Purges:
    """Looks for open purges and does them. ``listed`` names what is stored under a prefix."""

    def __init__(
        self,
        pool: Pool,
        removal: Deletion,
        *,
        listed: Callable[[str], AsyncIterator[Stored]],
        edge: CdnOrders | None,
        metrics: RendererMetrics,
    ) -> None:
        self._pool, self._removal, self._listed = pool, removal, listed
        self._edge, self._metrics = edge, metrics
        self._pause_s = EVERY_S

    async def do_all(self) -> float:
        """Do every open purge; return the seconds until the next round, which grow while a store is lost."""
        try:
            while await self.do_next():
                pass
            self._pause_s = EVERY_S
        except StoreDown as error:
            log.warning("purge_not_done", reason=str(error))
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        return self._pause_s

    async def do_next(self) -> bool:
        """Do the oldest purge that nobody does; tells whether there was one. Raises ``StoreDown``."""
        async with next_purge(self._pool) as held:
            if held is None:
                return False
            try:
                outcome = await self._do(held)
            except StoreDown as error:
                self._metrics.admin_purges.labels(PurgeOutcome.AGAIN).inc()
                await held.failed(str(error))
                raise
            except Exception:
                # A fault of ours would come again with every try, and no purge behind it would be done.
                log.exception("purge_crashed", purge=held.row.id)
                outcome = PurgeOutcome.CRASHED
                await held.finish(CdnState.FAILED, "something went wrong here; the log says what")
            self._metrics.admin_purges.labels(outcome).inc()
            log.info("purge_ended", purge=held.row.id, scope=held.row.scope, outcome=outcome)
            return True

    async def _do(self, held: HeldPurge) -> PurgeOutcome:
        task = _Task(held, self._edge)
        if held.row.scope is PurgeScope.TITLE:
            for target in held.row.targets:
                async for media in self._with_episodes(MediaId.parse(target)):
                    await self._title(task, media)
        elif held.row.scope is PurgeScope.LOOK:
            looks = [parse_hash(target) for target in held.row.targets]
            for look in looks:
                await self._folder(task, look)
            await task.order(lambda edge: edge.folders([look_folder(look) for look in looks]))
        else:
            await self._folder(task, None)
            await task.order(lambda edge: edge.folders([EVERYTHING]))
        await held.finish(task.edge_state)
        return PurgeOutcome.EDGE_FAILED if task.edge_state is CdnState.FAILED else PurgeOutcome.DONE

    async def _title(self, task: "_Task", media: MediaId) -> None:
        names = await find_external_ids(self._pool, media)
        await self._removal.publish(InvalidationMessage(purge=True))
        async for pictures in self._indexed(None, media):
            await self._removal.pictures(pictures, purge=True)
            await self._removal.lift_marks_of(pictures, names)
            # The index is what tells the edge's addresses: its rows are needed until the edge has forgotten.
            await task.order(lambda edge, some=pictures: edge.pictures(some, names))  # type: ignore[misc] # bound now
            await self._forget(task, pictures)

    async def _with_episodes(self, media: MediaId) -> AsyncIterator[MediaId]:
        """Name a title, and of a series its episodes too."""
        yield media
        if media.kind is not TitleKind.SERIES or media.episode is not None:
            return
        last: MediaId | None = None
        while found := await find_episodes(self._pool, media, after=last, most=BATCH):
            for episode in found:
                yield episode
            last = found[-1]

    async def _folder(self, task: "_Task", look: SettingsHash | None) -> None:
        """Remove all pictures of a look, or of all looks: those of the index, then what the index does not know."""
        folder = EVERYTHING if look is None else look_folder(look)
        await self._removal.publish(InvalidationMessage(folder=folder, purge=True))
        async for pictures in self._indexed(look, None):
            await self._removal.pictures(pictures)
            await self._forget(task, pictures)
        async for keys in self._unindexed(folder):
            await self._removal.objects(keys)
            await self._count(task, len(keys))
        await self._removal.lift_marks_under(look)
        # Once more: a replica may have read an object before it was removed.
        await self._removal.publish(InvalidationMessage(folder=folder, purge=True))

    async def _indexed(self, look: SettingsHash | None, media: MediaId | None) -> AsyncIterator[list[ImageName]]:
        last: ImageName | None = None
        while found := await find_pictures(self._pool, look=look, media=media, after=last, most=BATCH):
            yield found
            last = found[-1]

    async def _unindexed(self, folder: str) -> AsyncIterator[list[str]]:
        """Yield the keys of stored objects that the index does not know; what was drawn meanwhile, it knows."""
        keys: list[str] = []
        async for stored in self._listed(folder):
            keys.append(stored.key)
            if len(keys) == BATCH:
                yield await self._unknown(keys)
                keys = []
        yield await self._unknown(keys)

    async def _unknown(self, keys: list[str]) -> list[str]:
        named = {key: _parts(key) for key in keys}
        known = await known_pictures(self._pool, [parts for parts in named.values() if parts is not None])
        return [key for key, parts in named.items() if parts not in known]

    async def _forget(self, task: "_Task", pictures: list[ImageName]) -> None:
        await self._count(task, await forget_images(self._pool, pictures))

    async def _count(self, task: "_Task", pictures: int) -> None:
        await task.held.removed(pictures)
        self._metrics.removed.labels("purge").inc(pictures)


class _Task:
    """A purge in hand, and what became of it at the edge so far."""

    def __init__(self, held: HeldPurge, edge: CdnOrders | None) -> None:
        self.held = held
        self._edge = edge
        self.edge_state = CdnState.NONE if edge is None else CdnState.DONE

    async def order(self, give: Callable[[CdnOrders], Awaitable[None]]) -> None:
        """Give the edge an order; one that has failed is given no more, and the purge goes on without it."""
        if self._edge is None or self.edge_state is CdnState.FAILED:
            return
        try:
            await give(self._edge)
        except SourceError as error:
            log.warning("purge_missed_edge", purge=self.held.row.id, cause=error.cause, reason=str(error))
            self.edge_state = CdnState.FAILED


def _parts(key: str) -> tuple[str, str, str] | None:
    """Return look, media id and ending of a key of ours; ``None`` for another's."""
    folder, _, file = key.removeprefix(EVERYTHING).partition("/")
    media, _, ending = file.rpartition(".")
    try:
        return parse_hash(folder), str(MediaId.parse(media)), ending
    except (BadRequest, UnknownSettings):
        return None
