"""``python -m renderer.cli rebuild-index``: restores the index of pictures from S3 alone."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Final

import msgspec
import typer

from renderer.cli.terminal import FAILED, PARTIAL, USAGE_ERROR, complain, run_until_interrupted, say
from renderer.config import S3Config, s3_config
from renderer.maintenance.index_restore import Counts, IndexRestore
from renderer.storage.s3 import MAX_CONNECTIONS, S3Storage
from shared.config.environment import ConfigError, Environment, Secret
from shared.config.process import load_database_url
from shared.domain.errors import StoreDown
from shared.observability import logs
from shared.stores.postgres import open_pool

_AT_ONCE: Final = 32
_MAX_REPORTED: Final = 100
_STATUS: Final = (
    "Exit status: 0 everything is restored; 1 a store cannot be used; 2 the command or the environment is wrong; "
    "3 restored, except for objects that were skipped; 130 interrupted."
)


class RebuildConfig(msgspec.Struct, frozen=True):
    """Where the pictures are, and where their index goes."""

    database_url: Secret
    s3: S3Config


def rebuild_index(
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Also remove rows of pictures that are not stored.")] = False,
    after: Annotated[
        str, typer.Option(metavar="KEY", help="Resume after this key, the last one that a run named.")
    ] = "",
    at_once: Annotated[
        int, typer.Option(min=1, max=MAX_CONNECTIONS, metavar="N", help="Requests to S3 at a time.")
    ] = _AT_ONCE,
) -> None:
    """Restore the index of pictures, with their settings and titles, from what is stored in S3."""
    logs.configure("error", "console", stream=sys.stderr)  # unreadable objects are reported here, with the reason
    try:
        config = read_config(os.environ)  # noqa: TID251 - passed to the module that reads variables
    except ConfigError as error:
        complain(f"rebuild-index cannot start: {error}")
        raise typer.Exit(USAGE_ERROR) from None
    raise typer.Exit(run_until_interrupted(_rebuild(config, after, at_once, prune=prune)))


rebuild_index.__doc__ = f"{rebuild_index.__doc__}\n\n{_STATUS}"


def read_config(variables: Mapping[str, str]) -> RebuildConfig:
    """Read what a rebuild needs. Raises ``ConfigError``."""
    env = Environment(variables)
    return RebuildConfig(load_database_url(variables), s3_config(env))


async def _rebuild(config: RebuildConfig, after: str, at_once: int, *, prune: bool) -> int:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(config.database_url))
        s3 = config.s3
        opened = S3Storage.open(
            endpoint_url=s3.endpoint_url,
            region=s3.region,
            bucket=s3.bucket,
            access_key=s3.access_key,
            secret_key=s3.secret_key,
            session_token=s3.session_token,
        )
        try:
            storage = await stack.enter_async_context(opened)
        except StoreDown as error:
            complain(f"rebuild-index: a store cannot be used ({error})")
            return FAILED
        restore = IndexRestore(storage, pool, at_once=at_once, on_batch=_show, on_skip=_SkipReport().add)
        try:
            await restore.restore(after)
            if prune:
                await _prune(restore)
        except StoreDown as error:
            complain(f"rebuild-index: a store cannot be used ({error})")
            _say_how_to_resume(restore.counts)
            return FAILED
        except asyncio.CancelledError:
            _say_how_to_resume(restore.counts)
            raise
    return _conclude(restore.counts)


async def _prune(restore: IndexRestore) -> None:
    """Prune, except after an empty bucket: that is a wrong name far more often than the loss of every picture."""
    if restore.counts.objects:
        await restore.prune()
    else:
        complain("rebuild-index: no picture was found, so no row is removed; is S3_BUCKET right?")


class _SkipReport:
    """Names the first skipped objects only: a bucket full of foreign objects must not flood the log."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, what: str, why: str) -> None:
        self._count += 1
        if self._count <= _MAX_REPORTED:
            complain(f"skipped {what!r}: {why}")
        elif self._count == _MAX_REPORTED + 1:
            complain("more are skipped, and only counted")


def _show(counts: Counts) -> None:
    say(f"{counts.objects} objects, {counts.images} rows restored, {counts.skipped} skipped; up to {counts.last!r}")


def _say_how_to_resume(counts: Counts) -> None:
    option = f" with --after {counts.last}" if counts.last else ""
    say(f"to resume, run the same command again{option}")


def _conclude(counts: Counts) -> int:
    unread = f"; {counts.unread_settings} settings are of another version" if counts.unread_settings else ""
    say(
        f"done: {counts.objects} objects; restored {counts.images} pictures, {counts.settings} settings, "
        f"{counts.titles} titles; skipped {counts.skipped}; removed {counts.pruned} rows{unread}"
    )
    return PARTIAL if counts.skipped or counts.unread_settings else 0
