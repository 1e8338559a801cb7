"""``make chaos``: takes down each part of a stack under steady load, restores it, and prints what callers got."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

from deploy.dev.chaos.accounting import Meter, settle
from deploy.dev.chaos.asking import open_http
from deploy.dev.chaos.callers import Callers
from deploy.dev.chaos.faults import Fault, faults
from deploy.dev.chaos.ledger import Wanted, Window, report
from deploy.dev.chaos.stage import open_stage
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.terminal import complain, say
from tests.stack.parts import Stack, running_stack

INTERRUPTED: Final = 130
_WARM_UP_S: Final = 12.0
_CALM_S: Final = 3.0
_LONGEST_CALM_S: Final = 45.0
_GOOD_IN_A_ROW: Final = 3
_LOOK_S: Final = 0.1
_VALKEY_BACK_S: Final = 2.0  # its clients retry after a moment


async def chaos(options: argparse.Namespace, stack: Stack) -> int:
    """Run everything; returns 1 when something happened that must not. Raises ``StartFailed``."""
    say(f"starting a stack in {stack.folder}")
    async with open_http() as http, open_stage(stack) as stage:
        callers, meter = Callers(http, stage.services.gateway_url), Meter(stage.services)
        async with callers.supervised(options.pace):
            windows = [await _without_fault(callers)]
            for fault in faults(stage, meter.last_words):
                if not fault.name.startswith(tuple(options.only.split(","))):
                    continue
                windows.append(await _with_fault(fault, callers, options.hold))
        say("calm: waiting for the last jobs, and checking every picture again")
        began = time.monotonic()
        account = await settle(callers, meter, stage, _valkey_away(windows))
        windows.append(Window("afterwards", began, began, time.monotonic(), is_steady=False))
    say(f"\n{report(windows, callers.asked, account)}")
    return 0 if account.passes else 1


async def _without_fault(callers: Callers) -> Window:
    began = time.monotonic()
    await asyncio.sleep(_WARM_UP_S)
    now = time.monotonic()
    say(f"no fault: {len(callers.asked)} requests")
    return Window("none", began, now, now)


async def _with_fault(fault: Fault, callers: Callers, hold_s: float) -> Window:
    began, asked = time.monotonic(), len(callers.asked)
    await fault.begin()
    await asyncio.sleep(hold_s)
    await fault.end()
    healed = time.monotonic()
    await asyncio.sleep(_CALM_S)
    while not _is_calm(callers, healed, fault) and time.monotonic() < healed + _LONGEST_CALM_S:  # noqa: ASYNC110 - of many
        await asyncio.sleep(_LOOK_S)
    ended = time.monotonic()
    troubles = sum(bool(each.trouble) for each in callers.asked[asked:])
    say(f"{fault.name}: {len(callers.asked) - asked} requests, {troubles} errors, calm after {ended - healed:.1f} s")
    return Window(fault.name, began, healed, ended)


def _is_calm(callers: Callers, healed: float, fault: Fault) -> bool:
    if callers.waits_since(healed):
        return False
    if not fault.stops_drawing:
        return True
    last = [each for each in callers.asked if each.wanted is Wanted.NEW and each.began > healed][-_GOOD_IN_A_ROW:]
    return len(last) == _GOOD_IN_A_ROW and not any(each.trouble or each.is_plain for each in last)


def _valkey_away(windows: list[Window]) -> Callable[[float], bool]:
    away = [(each.began, each.healed + _VALKEY_BACK_S) for each in windows if each.fault.startswith("valkey")]
    return lambda moment: any(began <= moment <= healed for began, healed in away)


async def _until_interrupted(options: argparse.Namespace, stack: Stack) -> int:
    work = asyncio.create_task(chaos(options, stack))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        complain("interrupted; all processes have ended")
        return INTERRUPTED
    except StartFailed as error:
        complain(str(error))
        return 1


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m deploy.dev.chaos", description=__doc__)
    parser.add_argument("--hold", type=float, default=7.0, help="seconds for which a part is down")
    parser.add_argument("--pace", type=float, default=45.0, help="requests per second")
    parser.add_argument("--only", default="", help="beginnings of the names of the faults to run, with commas")
    parser.add_argument("--keep", action="store_true", help="keep the logs and the data")
    options = parser.parse_args()
    with running_stack("marquee-chaos-", keep=options.keep) as stack:
        code = asyncio.run(_until_interrupted(options, stack))  # uvloop starts no program as another user
        if options.keep:
            say(f"kept {stack.folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
