"""Runs the whole stack on this machine until it is interrupted: `python -m deploy.dev.local`."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.dev.local.environment import outside_environment
from deploy.dev.local.parent import stop_with_parent
from deploy.dev.local.parts import ROOT
from deploy.dev.local.ports import DEFAULT, Contract, PortsUnusable, require_free
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.stack import Plan, Stack
from deploy.dev.local.terminal import complain
from deploy.dev.local.welcome import welcome

MOST_PROCESSES = 64
MOST_PORT = 65_535


class BadRequest(Exception):
    """The requested run is impossible; the text is a sentence for the terminal."""


def main() -> int:
    """Run the stack that the environment describes; returns the exit code."""
    try:
        plan = read_plan(outside_environment(os.environ))
        require_free(plan.contract.owners(plan.gateways, plan.renderers))
        with _alone_in(plan.data_dir):
            return asyncio.run(serve(Stack(plan)))
    except (BadRequest, PortsUnusable) as exc:
        complain(str(exc))
        return 1


def read_plan(outside: Mapping[str, str]) -> Plan:
    """Read the request from the environment. Raises BadRequest, naming the variable and its limits."""
    return Plan(
        outside=outside,
        contract=Contract(_number(outside, "PORT", DEFAULT, MOST_PORT)),
        gateways=_number(outside, "GATEWAYS", 1, MOST_PROCESSES),
        renderers=_number(outside, "RENDERERS", 1, MOST_PROCESSES),
        data_dir=ROOT / outside.get("DATA_DIR", ".local"),
    )


async def serve(stack: Stack) -> int:
    """Start the stack, print that it is ready, and stop it on a signal; returns the exit code."""
    stop = asyncio.create_task(_told_to_stop())
    start = asyncio.create_task(_start(stack))
    try:
        await asyncio.wait({stop, start}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            await stop
    except StartFailed as exc:
        complain(str(exc))
        return 1
    finally:
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await stack.stop()
    return 0


async def _told_to_stop() -> None:
    """Return when the process is asked to stop in any way. Repeated signals do not cut draining short."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means to outlive the terminal
        loop.add_signal_handler(signal.SIGHUP, told.set)
    stop_with_parent()
    await told.wait()


async def _start(stack: Stack) -> None:
    """Start the stack, and say where it is; ends when all that it says is said."""
    await stack.start()
    await welcome(stack.plan.contract)


def _number(outside: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = outside.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise BadRequest(f"{name} must be a whole number from 1 to {most}, not {text!r}")
    return int(text)


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    """Lock the data folder for as long as this process runs. Raises BadRequest when another run holds it."""
    try:
        for folder in (data_dir, data_dir / "run", data_dir / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "run" / "lock").open("w")
    except OSError as exc:
        raise BadRequest(f"DATA_DIR {data_dir} cannot be written: {exc.strerror}") from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise BadRequest(f"DATA_DIR {data_dir} is in use by another run: stop it or set DATA_DIR") from exc
        for left_over in (data_dir / "run").glob("*.pid"):
            left_over.unlink()
        yield


if __name__ == "__main__":
    sys.exit(main())
