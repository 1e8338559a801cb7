"""Restores the index of pictures from S3 alone: ``python -m deploy.rebuild --prune``."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec

from deploy.dev.local.environment import read_run_env
from deploy.dev.local.terminal import complain, say
from deploy.rebuild.rebuilding import Counts, Rebuild
from renderer.config import S3Config
from renderer.storage.s3 import MOST_CONNECTIONS, S3Storage
from shared.config.environment import ConfigError, Environment, Secret
from shared.config.process import load_database_url
from shared.domain.errors import StoreDown
from shared.observability import logs
from shared.stores.postgres import open_pool

FAILED: Final = 1
WRONG: Final = 2
SKIPPED: Final = 3
INTERRUPTED: Final = 130
_AT_ONCE: Final = 32
_REPORTED: Final = 100
_EXIT: Final = (
    "exit status: 0 all is restored; 1 a store stayed away; 2 the command or the environment is wrong; "
    "3 all is restored but for objects that were skipped; 130 interrupted"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One rebuild."""

    prune: bool
    after: str
    at_once: int
    env: Path | None


class Stores(msgspec.Struct, frozen=True):
    """Where the pictures are, and where their index is to be."""

    database_url: Secret
    s3: S3Config


def main(words: Sequence[str] | None = None) -> int:
    """Rebuild the index; returns the exit status."""
    asked = read_arguments(words)
    # Unreadable objects are reported here, with their reason.
    logs.configure("error", "console", stream=sys.stderr)
    try:
        stores = read_stores(_environment(asked))
    except (ConfigError, ValueError) as error:
        complain(f"rebuild cannot start: {error}")
        return WRONG
    return asyncio.run(_until_interrupted(asked, stores))


def read_arguments(words: Sequence[str] | None = None) -> Asked:
    """Read the command line; what cannot be read ends the program with a sentence and status 2."""
    parser = argparse.ArgumentParser(
        prog="deploy.rebuild",
        description="Restore the index of pictures, with their looks and titles, from what is stored in S3.",
        epilog=_EXIT,
    )
    add = parser.add_argument
    add("--prune", action="store_true", help="also remove rows of pictures that are not stored")
    add("--after", default="", metavar="KEY", help="go on after this key, the last that a run named")
    add("--at-once", type=_at_once, default=_AT_ONCE, metavar="N", help="objects asked at a time (default %(default)d)")
    add("--env", type=Path, metavar="FILE", help="take the environment of the stack that wrote this file")
    given = parser.parse_args(words)
    return Asked(prune=given.prune, after=given.after, at_once=given.at_once, env=given.env)


def read_stores(variables: Mapping[str, str]) -> Stores:
    """Read what a rebuild needs. Raises ``ConfigError``."""
    env = Environment(variables)
    access_key, secret_key = env.optional("AWS_ACCESS_KEY_ID"), env.secret("AWS_SECRET_ACCESS_KEY")
    if (access_key is None) != (secret_key is None):
        raise ConfigError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together.")
    endpoint = env.url("S3_ENDPOINT_URL") if env.optional("S3_ENDPOINT_URL") else None
    s3 = S3Config(env.text("S3_BUCKET"), env.text("S3_REGION", "us-east-1"), endpoint, access_key, secret_key)
    return Stores(load_database_url(variables), s3)


def _at_once(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_CONNECTIONS):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_CONNECTIONS}")
    return int(text)


def _environment(asked: Asked) -> dict[str, str]:
    """Return our environment, in which a running stack's file replaces what it names.

    A file that does not say where its pictures are is left alone: the index of one stack must never be filled from the
    pictures of another.
    """
    try:
        told = read_run_env(asked.env) if asked.env else {}
    except FileNotFoundError:
        told = {}
    return {**os.environ, **told} if "S3_BUCKET" in told else dict(os.environ)


async def _until_interrupted(asked: Asked, stores: Stores) -> int:
    work = asyncio.create_task(_rebuild(asked, stores))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        return INTERRUPTED


async def _rebuild(asked: Asked, stores: Stores) -> int:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(stores.database_url))
        s3 = stores.s3
        storage = await stack.enter_async_context(
            S3Storage.open(
                endpoint_url=s3.endpoint_url,
                region=s3.region,
                bucket=s3.bucket,
                access_key=s3.access_key,
                secret_key=s3.secret_key,
            )
        )
        rebuild = Rebuild(storage, pool, at_once=asked.at_once, tell=_tell, report=_Reports().report)
        try:
            await rebuild.restore(asked.after)
            if asked.prune:
                await _prune(rebuild)
        except StoreDown as error:
            complain(f"rebuild: a store cannot be reached ({error})")
            _say_how_to_go_on(rebuild.counts)
            return FAILED
        except asyncio.CancelledError:
            _say_how_to_go_on(rebuild.counts)
            raise
    return _conclude(rebuild.counts)


async def _prune(rebuild: Rebuild) -> None:
    """Prune, but not by an empty bucket: that is a wrong name far more often than the loss of every picture."""
    if rebuild.counts.objects:
        await rebuild.prune()
    else:
        complain("rebuild: no picture was found, so no row is removed; is S3_BUCKET the right one?")


class _Reports:
    """Says which objects are skipped, the first of them by name: a bucket of somebody else's must not fill the log."""

    def __init__(self) -> None:
        self._count = 0

    def report(self, what: str, why: str) -> None:
        self._count += 1
        if self._count <= _REPORTED:
            complain(f"skipped {what!r}: {why}")
        elif self._count == _REPORTED + 1:
            complain("more are skipped, and only counted")


def _tell(counts: Counts) -> None:
    say(f"{counts.objects} objects, {counts.images} rows restored, {counts.skipped} skipped; up to {counts.last!r}")


def _say_how_to_go_on(counts: Counts) -> None:
    words = f"--after {counts.last}" if counts.last else ""
    say(f"to go on, run the same command again{' with ' + words if words else ''}")


def _conclude(counts: Counts) -> int:
    say(
        f"done: {counts.objects} objects; restored {counts.images} pictures, {counts.looks} looks, "
        f"{counts.titles} titles; skipped {counts.skipped}; removed {counts.pruned} rows"
        + (f"; {counts.unread_looks} looks are of another version" if counts.unread_looks else "")
    )
    return SKIPPED if counts.skipped or counts.unread_looks else 0


if __name__ == "__main__":
    sys.exit(main())
