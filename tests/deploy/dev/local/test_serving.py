"""A stand-in serves until it is told to stop, and lets open answers end."""

import asyncio
import os
import signal

import pytest
from aiohttp import web

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import is_listening
from deploy.dev.local.serving import serve, stop_signal


async def test_an_open_answer_is_ended_before_the_stand_in_is_gone() -> None:
    (port,) = free_ports(1, apart_from=())
    asked, stopped = asyncio.Event(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        asked.set()
        await stopped.wait()
        return web.Response(text="whole")

    app = web.Application()
    app.router.add_get("/", answer)
    async with asyncio.timeout(60):
        serving = asyncio.create_task(serve(app, port, stopped=stopped))
        while not await is_listening(port):  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.01)
        asking = asyncio.create_task(_answer(port))
        await asked.wait()
        stopped.set()
        said = await asking
        await serving

    assert said.endswith(b"\r\n\r\nwhole")
    assert not await is_listening(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_process_that_is_told_to_stop_hears_it_and_goes_on(number: signal.Signals) -> None:
    stopped = stop_signal()
    before = stopped.is_set()

    os.kill(os.getpid(), number)
    async with asyncio.timeout(60):
        await stopped.wait()

    assert not before
    assert all(asyncio.get_running_loop().remove_signal_handler(each) for each in (signal.SIGTERM, signal.SIGINT))


async def _answer(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: stand-in\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return said
