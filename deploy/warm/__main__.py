"""Has titles drawn beforehand: ``python -m deploy.warm FILE --list tmdb:trending/movie/week --pace 5``."""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import Final

from deploy.dev.local.environment import read_run_env
from deploy.dev.local.terminal import complain, say
from deploy.warm.asking import Asked, read_arguments
from deploy.warm.bar import Bar
from deploy.warm.notes import Notes
from deploy.warm.titles import BadLine, read_file, read_lists
from renderer.config import PrewarmConfig, load_prewarm
from services.client.shared_limits import SharedLimits
from shared.config.environment import ConfigError
from shared.domain.errors import BadRequest, SourceError, StoreDown
from shared.domain.ids import ExternalId
from shared.observability import logs
from shared.queue.messages import RenderJob
from shared.queue.prewarm import Prewarm, Progress, pictures
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry

FAILED: Final = 1
WRONG: Final = 2
BAD_LINES: Final = 3
INTERRUPTED: Final = 130
_BAD_LINES_SHOWN: Final = 20


def main(words: Sequence[str] | None = None) -> int:
    """Warm up what the command line asks for; returns the exit status."""
    asked = read_arguments(words)
    logs.configure("error", "console", stream=sys.stderr)
    try:
        config = load_prewarm(_environment(asked))
        titles, bad = _read_files(asked)
    except BadRequest as error:
        complain(f"warm-up cannot start: {error.public}")
    except OSError as error:
        complain(f"warm-up cannot start: {error.filename}: {error.strerror}")
    except (ConfigError, ValueError) as error:
        complain(f"warm-up cannot start: {error}")
    except KeyboardInterrupt:
        say("interrupted before anything was queued")
        return INTERRUPTED
    else:
        ended = _run(asked, config, titles)
        if bad:
            complain(f"{bad} lines are no ids and were left out")
        return ended or (BAD_LINES if bad else 0)
    return WRONG


def _environment(asked: Asked) -> dict[str, str]:
    """Return our environment; a running stack's file replaces what it names, for it says all of that stack."""
    try:
        told = read_run_env(asked.env) if asked.env else {}
    except FileNotFoundError:
        told = {}  # no stack of ours: the environment must then say it all
        if not os.environ.get("REDIS_URL"):
            raise ConfigError(f"nothing runs here ({asked.env} is missing): start `make run` first.") from None
    return {**os.environ, **told}


def _read_files(asked: Asked) -> tuple[list[ExternalId], int]:
    """Return the titles in the files, and how many lines are none, which are complained of."""
    titles: list[ExternalId] = []
    bad: list[BadLine] = []
    for name in asked.files:
        found, wrong = read_file(name, asked.most)
        titles += found
        bad += wrong
    for line in bad[:_BAD_LINES_SHOWN]:
        complain(f"{line.file}, line {line.number}: {line.sentence}")
    return titles, len(bad)


def _run(asked: Asked, config: PrewarmConfig, titles: list[ExternalId]) -> int:
    try:
        return asyncio.run(_until_interrupted(asked, config, titles))
    except BadRequest as error:
        complain(f"warm-up cannot start: {error.public}")
        return WRONG
    except StoreDown as error:
        complain(f"warm-up: a store cannot be reached ({error}); does what `make run` starts still run?")
    except SourceError as error:
        complain(f"warm-up: a list cannot be had: {error}")
    except OSError as error:
        complain(f"warm-up: {error.filename or asked.state}: {error.strerror}")
    return FAILED


async def _until_interrupted(asked: Asked, config: PrewarmConfig, titles: list[ExternalId]) -> int:
    work = asyncio.create_task(_warm(asked, config, titles))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        say(f"interrupted; what is settled is noted in {asked.state}. To go on, run the same command again:")
        say(f"  {shlex.join(sys.orig_argv)}")
        return INTERRUPTED


async def _warm(asked: Asked, config: PrewarmConfig, titles: list[ExternalId]) -> int:
    async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
        if asked.lists:
            titles = titles + await read_lists(asked.lists, asked.most_of_a_list, config.sources, SharedLimits(redis))
        jobs = await pictures(titles, asked.looks, SettingsRegistry(pool, redis))
        queue = RedisStreamQueue(redis, consumer=f"warm-{os.getpid()}", queue_max=config.render_queue_max)
        last = await _follow(asked, jobs, queue)
    return _conclude(asked, last, len(jobs))


async def _follow(asked: Asked, jobs: list[RenderJob], queue: RedisStreamQueue) -> Progress | None:
    """Queue the pictures and show what becomes of them; ``None`` when there is nothing left to do."""
    notes, bar = Notes(asked.state), Bar(sys.stderr)
    if asked.anew:
        notes.forget()
    before = notes.settled()
    if all(job.picture in before for job in jobs):
        return None
    progress: Progress | None = None
    with notes:
        run = Prewarm(queue, jobs, asked.pace, settled_before=before, follow=asked.follow).run()
        try:
            async for progress in run:
                notes.add(progress.settled)
                bar.show(progress)
        finally:
            await run.aclose()
            bar.end()
    return progress


def _conclude(asked: Asked, last: Progress | None, count: int) -> int:
    """Say how it ended, and return the exit status."""
    if last is None:
        all_settled = f"all {count} were settled by earlier runs, says {asked.state}; --anew begins again"
        say(all_settled if count else "there is nothing to draw")
    elif last.stalled:
        left = last.asked - last.before - (last.queued if not asked.follow else last.done - last.before)
        say(f"nothing moves any more, and {left} are left: does a renderer run? The same command goes on from here.")
    elif not asked.follow:
        say(f"{last.queued} are queued")
    else:
        say(f"{last.drawn} drawn or fresh, {last.unknown} without such a picture, {last.failed} failed")
        if last.failed:
            say("what failed is tried again when the same command runs again")
    return FAILED if last and (last.stalled or last.failed) else 0


if __name__ == "__main__":
    sys.exit(main())
