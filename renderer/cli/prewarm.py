"""``python -m renderer.cli prewarm``: has pictures drawn before anybody requests them, at a limited pace, resumable."""

import asyncio
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from renderer.cli.prewarm_options import LIST_LENGTH, PrewarmOptions, read_options
from renderer.cli.prewarm_progress import ProgressReport
from renderer.cli.prewarm_titles import InvalidLine, read_file, read_lists
from renderer.cli.settled_log import SettledLog
from renderer.cli.terminal import FAILED, PARTIAL, USAGE_ERROR, complain, run_until_interrupted, say
from renderer.config import PrewarmConfig, load_prewarm
from services.client.shared_limits import SharedLimits
from shared.config.environment import ConfigError
from shared.domain.errors import BadRequest, SourceError, StoreDown
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.observability import logs
from shared.queue.messages import RenderJob
from shared.queue.prewarm import MOST_PICTURES, Pace, Prewarm, Progress, pictures
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry

_MAX_DEPTH: Final = 1_000_000
_BAD_LINES_SHOWN: Final = 20
_STATUS: Final = (
    "Exit status: 0 everything is drawn or known to have no picture; 1 something failed, did not finish or could not "
    "be reached; 2 the command or the environment is wrong; 3 done, but some lines are not ids; 130 interrupted."
)


def prewarm(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Ids, one per line, # for comments; - is standard input.")
    ] = None,
    *,
    list_: Annotated[
        list[str] | None,
        typer.Option(
            "--list", metavar="SOURCE:NAME", help="tmdb:trending/movie/week, mdblist:user/list-name; repeatable."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "--most",
            min=1,
            max=MOST_PICTURES,
            metavar="N",
            help=f"Titles from each file and list (default: all of a file, {LIST_LENGTH} of a list).",
        ),
    ] = None,
    kind: Annotated[list[Kind] | None, typer.Option(help="Default poster; repeatable.")] = None,
    format_: Annotated[list[Format] | None, typer.Option("--format", help="Default jpg; repeatable.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--settings",
            "--look",
            metavar="QUERY",
            help='Settings as in an address, "imageSize=large&lang=de"; repeatable.',
        ),
    ] = None,
    pace: Annotated[float, typer.Option(min=0.01, max=1000, metavar="N", help="Pictures per second.")] = Pace().per_s,
    depth: Annotated[
        int, typer.Option(min=1, max=_MAX_DEPTH, metavar="N", help="Pause while this many refresh jobs are waiting.")
    ] = Pace().depth,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Return when everything is queued; progress is not saved.")
    ] = False,
    state: Annotated[Path | None, typer.Option(metavar="FILE", help="Where progress is saved.")] = None,
    restart: Annotated[bool, typer.Option("--restart", "--anew", help="Ignore the progress of earlier runs.")] = False,
) -> None:
    """Have pictures drawn before anybody requests them, at a limited pace. An interrupted run can be resumed."""
    options = read_options(
        files=ids or [],
        lists=list_ or [],
        limit=limit,
        kinds=kind or [Kind.POSTER],
        formats=format_ or [Format.JPG],
        queries=settings or [""],
        pace=Pace(pace, depth),
        follow=not no_wait,
        restart=restart,
        state=state,
    )
    raise typer.Exit(run(options))


prewarm.__doc__ = f"{prewarm.__doc__}\n\n{_STATUS}"


def run(options: PrewarmOptions) -> int:
    """Prewarm what the options name; returns the exit status."""
    logs.configure("error", "console", stream=sys.stderr)
    try:
        config = load_prewarm()
        titles, bad_lines = _read_files(options)
    except BadRequest as error:
        complain(f"prewarm cannot start: {error.public}")
    except OSError as error:
        complain(f"prewarm cannot start: {error.filename}: {error.strerror}")
    except (ConfigError, ValueError) as error:
        complain(f"prewarm cannot start: {error}")
    else:
        status = _run(options, config, titles)
        if bad_lines:
            complain(f"{bad_lines} lines are not ids and were skipped")
        return status or (PARTIAL if bad_lines else 0)
    return USAGE_ERROR


def _read_files(options: PrewarmOptions) -> tuple[list[ExternalId], int]:
    """Return the titles in the files, and how many lines are not ids; the first of those are reported."""
    titles: list[ExternalId] = []
    bad_lines: list[InvalidLine] = []
    for name in options.files:
        found, bad = read_file(name, options.limit)
        titles += found
        bad_lines += bad
    for line in bad_lines[:_BAD_LINES_SHOWN]:
        complain(f"{line.file}, line {line.number}: {line.sentence}")
    return titles, len(bad_lines)


def _run(options: PrewarmOptions, config: PrewarmConfig, titles: list[ExternalId]) -> int:
    try:
        return run_until_interrupted(_prewarm(options, config, titles))
    except BadRequest as error:
        complain(f"prewarm cannot start: {error.public}")
        return USAGE_ERROR
    except StoreDown as error:
        complain(f"prewarm: a store cannot be used ({error})")
    except SourceError as error:
        complain(f"prewarm: a list could not be fetched: {error}")
    except OSError as error:
        complain(f"prewarm: {error.filename or options.state}: {error.strerror}")
    return FAILED


async def _prewarm(options: PrewarmOptions, config: PrewarmConfig, titles: list[ExternalId]) -> int:
    try:
        async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
            if options.lists:
                limits = SharedLimits(redis)
                titles = titles + await read_lists(options.lists, options.list_length, config.sources, limits)
            jobs = await pictures(titles, options.settings, SettingsRegistry(pool, redis))
            queue = RedisStreamQueue(redis, consumer=f"prewarm-{os.getpid()}", queue_max=config.render_queue_max)
            last = await _follow(options, jobs, queue)
    except asyncio.CancelledError:
        say(f"interrupted; progress is saved in {options.state}. To resume, run the same command again:")
        say(f"  {shlex.join(sys.orig_argv)}")
        raise
    return _conclude(options, last, len(jobs))


async def _follow(options: PrewarmOptions, jobs: list[RenderJob], queue: RedisStreamQueue) -> Progress | None:
    """Queue the pictures and show what becomes of them; ``None`` when nothing is left to do."""
    settled_log = SettledLog(options.state)
    if options.restart:
        settled_log.clear()
    before = settled_log.settled()
    if all(job.picture in before for job in jobs):
        return None
    progress: Progress | None = None
    with settled_log, ProgressReport(sys.stderr) as report:
        steps = Prewarm(queue, jobs, options.pace, settled_before=before, follow=options.follow).run()
        try:
            async for progress in steps:
                settled_log.add(progress.settled)
                report.show(progress)
        finally:
            await steps.aclose()
    return progress


def _conclude(options: PrewarmOptions, last: Progress | None, count: int) -> int:
    """Say how it ended, and return the exit status."""
    if last is None:
        all_settled = (
            f"all {count} were finished by earlier runs, according to {options.state}; --restart draws them again"
        )
        say(all_settled if count else "there is nothing to draw")
    elif last.stalled:
        left = last.asked - last.before - (last.queued if not options.follow else last.done - last.before)
        say(f"no progress, and {left} are left: is a renderer running? The same command resumes from here.")
    elif not options.follow:
        say(f"{last.queued} are queued")
    else:
        say(f"{last.drawn} drawn or fresh, {last.unknown} without such a picture, {last.failed} failed")
        if last.failed:
            say("failed pictures are retried when the same command runs again")
    return FAILED if last and (last.stalled or last.failed) else 0
