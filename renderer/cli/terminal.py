"""What the commands say, how they end, and how they are interrupted."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final

import typer

FAILED: Final = 1
USAGE_ERROR: Final = 2
PARTIAL: Final = 3
"""Done, except for input that was skipped."""

INTERRUPTED: Final = 130


def say(line: str) -> None:
    """Write one line to standard output."""
    typer.echo(line)


def complain(line: str) -> None:
    """Write one line to standard error."""
    typer.echo(line, err=True)


def run_until_interrupted(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end and return the exit status; SIGINT and SIGTERM cancel the work, which then ends in order."""
    return asyncio.run(_interruptible(work))


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return INTERRUPTED
