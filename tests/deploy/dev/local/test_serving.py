"""A stand-in serves until it is told to stop, and lets open answers end."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import is_listening

STAND_IN = """
import asyncio, sys
from aiohttp import web
from deploy.dev.local.serving import serve

async def answer(_):
    print("asked", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return web.Response(text="whole")

app = web.Application()
app.router.add_get("/", answer)
serve(app, int(sys.argv[1]))
"""
ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_open_answer_is_ended_before_the_stand_in_is_gone(number: signal.Signals) -> None:
    (port,) = free_ports(1, apart_from=())
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STAND_IN, str(port), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        async with asyncio.timeout(60):
            where = await program.stdout.readline()
            asking = asyncio.create_task(_answer(port))
            while await program.stdout.readline() != b"asked\n":
                pass
            program.send_signal(number)
            while await is_listening(port):  # noqa: ASYNC110 - the server's doing
                await asyncio.sleep(0.01)
            program.stdin.write(b"\n")
            said, code = await asking, await program.wait()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()

    assert f"http://{HOST}:{port}".encode() in where
    assert said.endswith(b"\r\n\r\nwhole")
    assert 0 == code


async def _answer(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: stand-in\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return said
