"""A server and its process stop in time, whatever requests are open."""

import asyncio
import subprocess
import sys
import time

import aiohttp
import pytest
from aiohttp import web

from shared.config.environment import Address
from shared.http.server import CUT_S, serve
from tests.unlimited import no_limits

ANYWHERE = Address("127.0.0.1", 0)


class Slow:
    """An app whose one response takes as long as it is told."""

    def __init__(self, seconds: float) -> None:
        self.begun = asyncio.Event()
        self._seconds = seconds
        self.app = web.Application()
        self.app.router.add_get("/", self._answer)

    async def _answer(self, _request: web.Request) -> web.Response:
        self.begun.set()
        await asyncio.sleep(self._seconds)
        return web.Response(text="here")


async def ask(port: int) -> str:
    """Return the answer; without one the connection's error is raised."""
    async with (
        aiohttp.ClientSession() as session,  # noqa: TID251 - the test is the caller
        session.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        return await answer.text()


async def test_a_stopping_server_finishes_open_requests_and_accepts_no_new_ones() -> None:
    slow = Slow(0.3)

    async with serve(slow.app, ANYWHERE, drain_s=5, limits=no_limits()) as port:
        asking = asyncio.create_task(ask(port))
        await slow.begun.wait()

    assert "here" == await asking
    with pytest.raises(aiohttp.ClientConnectorError):
        await ask(port)


async def test_a_stopping_server_waits_no_longer_than_its_drain() -> None:
    slow = Slow(60)

    async with serve(slow.app, ANYWHERE, drain_s=0.3, limits=no_limits()) as port:
        asking = asyncio.create_task(ask(port))
        await slow.begun.wait()
        began = time.monotonic()
    took_s = time.monotonic() - began

    assert 0.3 <= took_s < 0.3 + 2 * CUT_S + 0.5
    with pytest.raises(aiohttp.ClientConnectionError):  # a client tries again what it may
        await asking


def test_a_process_with_a_hanging_thread_exits_in_time_and_logs_it() -> None:
    program = """
import threading
from shared.http.server import end_within
from shared.observability import logs
logs.configure("info", "json")
threading.Thread(target=threading.Event().wait).start()
end_within(0.2)
"""

    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )

    assert 1 == ran.returncode
    assert '"process_did_not_end"' in ran.stdout


def test_a_process_that_ends_by_itself_does_not_wait_for_the_limit() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from shared.http.server import end_within; end_within(25)"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert (0, "") == (ran.returncode, ran.stdout)
