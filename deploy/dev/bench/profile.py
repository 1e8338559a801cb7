"""``make profile ARGS=cold`` (or ``hit``, ``redirect``): a flame graph of a process under load, into ``.local``.

py-spy looks at the process from outside a few hundred times a second, so that it runs as it does without.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from deploy.dev.bench.harness import Cores, open_bench
from deploy.dev.bench.rounds import RoundFailed
from deploy.dev.bench.stage import WAITING, Stage, open_stages, visits
from deploy.dev.local.parts import ROOT
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.terminal import complain, say
from deploy.image.commands import CommandFailed, run

_SPY: Final = Path(sys.executable).with_name("py-spy")
_SAMPLES_S: Final = 250
_SPARE_S: Final = 60.0
_KNOWN: Final = 200
_COLD: Final = 600
_ROUND_S: Final = 8.0
_PARTS: Final = {"cold": "renderer-1", "hit": "renderer-1", "redirect": "gateway"}
"""What is requested, and the process to look at meanwhile."""


def record(pid: int, file: Path, seconds: int) -> None:
    """Write the flame graph of what a process runs meanwhile, a frame for each function. Raises ``CommandFailed``."""
    options = ("--duration", str(seconds), "--rate", str(_SAMPLES_S), "--function")
    run([_SPY, "record", "--pid", str(pid), "--output", file, *options], seconds=seconds + _SPARE_S)


async def _load(what: str, stage: Stage) -> None:
    """Run one round of the load."""
    match what:
        case "cold":
            await stage.cold(_COLD, WAITING)
        case "hit":
            await stage.play(visits(stage.drawn, keyed=False), WAITING, _ROUND_S)
        case _:
            await stage.play(visits(stage.drawn, content=False), WAITING, _ROUND_S)


async def profile(what: str, seconds: int, file: Path) -> None:
    """Write the flame graph of one of these loads. Raises ``CommandFailed``, ``RoundFailed`` and ``StartFailed``."""
    async with open_bench(Cores.here()) as bench, open_stages(bench, 1) as (stage,):
        await stage.stock(_KNOWN)
        await stage.play(visits(stage.drawn), WAITING)
        recording = asyncio.create_task(asyncio.to_thread(record, stage.pids[_PARTS[what]], file, seconds))
        while not recording.done():
            await _load(what, stage)
        await recording


def main() -> int:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(prog="make profile", description=__doc__)
    parser.add_argument("what", choices=_PARTS, help="what is requested meanwhile")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    file = ROOT / ".local" / f"profile-{options.what}.svg"
    file.parent.mkdir(exist_ok=True)
    try:
        asyncio.run(profile(options.what, options.seconds, file))
    except (CommandFailed, RoundFailed, StartFailed) as error:
        complain(str(error))
        return 1
    say(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
