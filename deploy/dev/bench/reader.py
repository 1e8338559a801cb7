"""The bare reader: the least that a Python process can do to read objects from S3, GET after GET with aiohttp.

Run as a measurer with the file of a ``Plan``.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import aiohttp
import msgspec
import uvloop
from yarl import URL

from deploy.dev.bench.client import Plan, Target
from deploy.dev.bench.orders import Measured, Order, obey
from deploy.dev.local.ports import HOST


async def read(target: Target, urls: Iterator[URL], seconds: float) -> Measured:
    """Read objects for that long, as many at once as the target has connections."""
    done = failed = 0
    first_failure = ""
    started, used = time.perf_counter(), time.process_time()

    async def go_on(session: aiohttp.ClientSession) -> None:
        nonlocal done, failed, first_failure
        while time.perf_counter() - started < seconds:
            async with session.get(next(urls)) as response:
                await response.read()
            done += 1
            if target.expected not in f"HTTP/1.1 {response.status}":
                failed, first_failure = failed + 1, str(response.status)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(go_on(session) for _ in range(target.connections)))
        took, used = time.perf_counter() - started, time.process_time() - used
    return Measured(done, took, used / took, failed, first_failure)


def main() -> None:
    """Obey orders about the targets of the plan."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    endless = {
        name: cycle([URL(f"http://{HOST}:{target.port}{path}", encoded=True) for path in target.paths])
        for name, target in plan.targets.items()
    }

    def carry_out(order: Order) -> Measured:
        return uvloop.run(read(plan.targets[order.target], endless[order.target], order.seconds))

    obey(carry_out)


if __name__ == "__main__":
    main()
