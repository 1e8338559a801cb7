"""What a picture costs Redis: commands and round trips of both processes, counted on their way to a real server."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from deploy.dev.local.ports import free_ports
from tests.stack.caller import fetch, show
from tests.stack.counting_relay import CountingRelay
from tests.stack.pair import Pair
from tests.stack.sources import Sources
from tests.stack.stores import Stores

MOST_COMMANDS = 20
MOST_TRIPS = 8
PICTURES = 25


@pytest.fixture
async def relay(stores: Stores) -> AsyncIterator[CountingRelay]:
    (port,) = free_ports(1, apart_from=())
    async with CountingRelay(port, URL(stores.redis_url).port or 0) as relay:
        yield relay


@pytest.fixture
async def pair(tmp_path: Path, stores: Stores, sources: Sources, relay: CountingRelay) -> AsyncIterator[Pair]:
    """Run a pair behind the relay, and let callers wait long enough for a picture on a busy machine."""
    counted = replace(stores, redis_url=relay.leading(stores.redis_url))
    async with Pair(tmp_path, counted, sources, {"RENDER_WAIT_MS": "15000"}) as pair:
        yield pair


async def test_a_cold_picture_costs_few_commands_and_fewer_round_trips(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources, relay: CountingRelay
) -> None:
    costs = []
    for _ in range(PICTURES):
        relay.reset()
        answer = await fetch(http, pair.picture(f"{sources.film().imdb}.jpg"))
        assert answer.is_drawn, answer
        costs.append((len(relay.asked), relay.trips))
    # Of a quarter of the pictures nothing else is counted, such as a sweep for abandoned jobs.
    commands, trips = (sorted(column)[PICTURES // 4] for column in zip(*costs, strict=True))
    show("a cold picture", [("commands", commands), ("round trips", trips), ("each", costs)])

    assert commands <= MOST_COMMANDS
    assert trips <= MOST_TRIPS


async def test_a_redirect_and_a_stored_picture_cost_no_command(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources, relay: CountingRelay
) -> None:
    url = pair.picture(f"{sources.film().imdb}.jpg")
    await fetch(http, url)
    await pair.quiet()
    relay.reset()
    answers = [await fetch(http, url) for _ in range(20)]

    assert {(200, "HIT")} == {(answer.status, answer.cache) for answer in answers}
    # The worker looks for jobs all the while.
    assert [] == [words for words in relay.commands if words[0] in {b"GET", b"MGET", b"SET", b"BITFIELD", b"PUBLISH"}]
