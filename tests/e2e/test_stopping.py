"""A renderer that is told to stop answers whoever waits for a picture, and has ended when it says that it has."""

import asyncio
import signal
import time
from collections.abc import Iterator

import aiohttp
import pytest

from renderer.config import load_renderer
from shared.config.process import CLOSE_S
from tests.stack.caller import show
from tests.stack.pair import Pair
from tests.stack.sources import Sources
from tests.stack.stores import Stores

WAIT_S = 10.0
"""More than open answers are given where nobody waits for a picture."""


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run a renderer that draws nothing, so that whoever waits does so to the end."""
    settings = {"RENDER_WAIT_MS": f"{WAIT_S * 1000:.0f}", "RENDERER_ROLE": "content"}
    with Pair(tmp_path_factory.mktemp("stopping"), stores, sources, settings) as pair:
        yield pair


async def test_a_caller_who_waits_for_a_picture_is_answered_though_the_renderer_stops(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    renderer = pair.renderers[0]
    bound_s = load_renderer(renderer.program.env).stop_s
    asking = asyncio.create_task(status(http, pair.picture(f"tt{pair.sources.film().number}.jpg")))
    waiting = 0.0
    async with asyncio.timeout(60):
        while not waiting:
            waiting = await asyncio.to_thread(pair.number, "renderer_content_waiting", renderer)

    renderer.send(signal.SIGTERM)
    told = time.monotonic()
    answered = await asking
    answered_s = time.monotonic() - told
    code = await asyncio.to_thread(renderer.process.wait, bound_s)
    ended_s = time.monotonic() - told

    show(
        f"one renderer, told to stop while a caller may wait for {WAIT_S} s",
        [
            ("answer", answered[1], f"{answered_s:.2f} s after the signal"),
            ("end", code, f"{ended_s:.2f} s after the signal, at most {bound_s} s"),
        ],
    )
    assert (200, "MISS-FALLBACK") == answered
    assert 0 == code
    assert 5 < answered_s < WAIT_S + 10
    assert ended_s < answered_s + CLOSE_S


async def status(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with http.get(url) as answer:
        await answer.read()
        return answer.status, answer.headers.get("X-Cache-Status", "")
