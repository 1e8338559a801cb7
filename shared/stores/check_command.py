"""``python -m gateway check`` and ``python -m renderer check``: ask every store once and print a table."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.domain.errors import StoreDown, StoreRefused
from shared.observability import logs
from shared.stores.start_check import Outcome, StoreCheck, check_until_usable

Checks: TypeAlias = AbstractAsyncContextManager[Mapping[str, StoreCheck]]
"""Opens the stores and yields the check of each."""

LONGEST_WAIT_S: Final = 3600.0
_WIDTH: Final = 120
"""Columns where there is no terminal: a log has no width of its own."""


def run_check(program: str, words: Sequence[str], open_checks: Callable[[], Checks]) -> int:
    """Print a table with what was found of each store; return 0 if all can be used, else 1.

    Ends the program with 2 for other words than ``check``.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description="Without a command, the process is run.")
    commands = parser.add_subparsers(metavar="check", required=True)
    check = commands.add_parser("check", help="ask every store, print a table, and exit with 0 if all can be used")
    check.add_argument(
        "--wait", type=_seconds, default=0.0, metavar="SECONDS", help="how long to wait for stores that are away"
    )
    wait_s: float = parser.parse_args(words).wait
    logs.configure("warning", "console", stream=sys.stderr)
    outcomes = asyncio.run(_ask(open_checks, wait_s))
    _print(outcomes)
    return int(any(isinstance(outcome, StoreDown) for outcome in outcomes.values()))


async def _ask(open_checks: Callable[[], Checks], wait_s: float) -> Mapping[str, Outcome]:
    async with open_checks() as checks:
        return await check_until_usable(checks, wait_s=wait_s)


def _print(outcomes: Mapping[str, Outcome]) -> None:
    table = Table("Store", "Result", "Details")
    for name, outcome in outcomes.items():
        result, style, details = _row(outcome)
        table.add_row(name, Text(result, style), Text(" ".join(details.split())))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDTH)).print(table)


def _row(outcome: Outcome) -> tuple[str, str, str]:
    if isinstance(outcome, StoreRefused):
        return "refuses", "red", str(outcome)
    if isinstance(outcome, StoreDown):
        return "not usable", "red", str(outcome)
    if outcome.warning:
        return "warning", "yellow", f"{outcome.details}; {outcome.warning}"
    return "ok", "green", outcome.details


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(f"must be from 0 to {LONGEST_WAIT_S:g}")
    return value
