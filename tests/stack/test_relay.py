"""The way that can be broken, over real sockets."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import head_of, is_up
from tests.stack.relay import Relay, Trouble

SOON_S = 0.2
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture
async def way() -> AsyncIterator[tuple[Relay, int]]:
    """A relay in front of a server that answers 200, and the relay's port."""
    port, target = free_ports(2, apart_from=())
    app = web.Application()

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, HOST, target).start()
    async with Relay(port, target) as relay:
        yield relay, port
    await runner.cleanup()


async def test_it_passes_on_what_is_said(way: tuple[Relay, int]) -> None:
    _, port = way

    assert [True] * 3 == [await is_up(port, "/") for _ in range(3)]


async def test_it_refuses_and_comes_back(way: tuple[Relay, int]) -> None:
    relay, port = way

    await relay.break_down(Trouble.REFUSES)
    status = (await head_of(port, "/")).status
    await relay.heal()

    assert status == 0
    assert await is_up(port, "/")


async def test_it_answers_500_and_comes_back(way: tuple[Relay, int]) -> None:
    relay, port = way

    await relay.break_down(Trouble.FAILS)
    status, well = (await head_of(port, "/")).status, await is_up(port, "/")
    await relay.heal()

    assert (500, False) == (status, well)
    assert await is_up(port, "/")


async def test_it_falls_silent_and_then_delivers_what_it_held(way: tuple[Relay, int]) -> None:
    relay, port = way

    await relay.break_down(Trouble.SILENT)
    asking = [asyncio.create_task(is_up(port, "/")) for _ in range(2)]
    done, _ = await asyncio.wait(asking, timeout=SOON_S)
    await relay.heal()

    assert set() == done
    assert [True, True] == await asyncio.gather(*asking)


async def test_it_can_be_led_to_another_server_and_open_connections_stay_or_are_cut_off(
    way: tuple[Relay, int],
) -> None:
    relay, port = way
    (other,) = free_ports(1, apart_from=(port,))
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(REQUEST)
    await reader.readuntil(b"hello")

    relay.switch(other)  # nobody listens there
    led_away = (await head_of(port, "/")).status
    writer.write(REQUEST)
    stayed = await reader.readuntil(b"hello")
    relay.switch(other, cut=True)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 60)

    writer.close()
    assert led_away == 0
    assert stayed.endswith(b"hello")


@pytest.mark.parametrize("trouble", [Trouble.REFUSES, Trouble.FAILS])
async def test_a_connection_that_is_kept_open_is_cut_off(way: tuple[Relay, int], trouble: Trouble) -> None:
    relay, port = way
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(REQUEST)
    await reader.readuntil(b"hello")

    await relay.break_down(trouble)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 60)

    writer.close()
    await relay.heal()
