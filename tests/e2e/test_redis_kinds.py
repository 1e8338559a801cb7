"""The pair on every kind of Redis that people run: behind Sentinels, in a Cluster, over TLS with a user of few rights.

Each kind sees the whole of what callers do; Sentinels and a Cluster also lose their primary while callers ask.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from deploy.dev.local.ports import HOST, free_ports
from shared.stores.redis import connect
from shared.stores.redis_primary import SLOT
from tests.certificates import Authority
from tests.e2e.redis_rights import PASSWORD, USER, allow_only, refused
from tests.stack.admin import sign_in
from tests.stack.caller import fetch, show
from tests.stack.pair import Pair
from tests.stack.parts import Stack, running_stack
from tests.stack.smoke import SETTINGS, smoke
from tests.stack.sources import Sources
from tests.stack.stores import Stores
from tests.stack.tls import TlsRelay
from tests.stack.valkeys import Cluster, SentinelSet, cluster, valkey, watched
from tests.waiting import run_apart

BACK_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def ground() -> Iterator[Stack]:
    """Servers of our own, which may be lost."""
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def sentinels(ground: Stack) -> SentinelSet:
    return run_apart(watched(ground))


@pytest.fixture(scope="module")
def nodes(ground: Stack) -> Cluster:
    return run_apart(cluster(ground, replicate=SLOT))


@dataclass
class Outage:
    """What callers met between the loss of a primary and the first new picture."""

    seconds: float
    statuses: set[int]


async def until_drawn(pair: Pair, http: aiohttp.ClientSession, sources: Sources) -> Outage:
    """Ask for new titles until one is drawn by the queue."""
    began, seen = time.monotonic(), set()
    while True:
        answer = await fetch(http, pair.picture(f"{sources.film().imdb}.jpg"))
        seen.add(answer.status)
        if answer.cache == "MISS" or time.monotonic() - began > 2 * BACK_WITHIN_S:
            return Outage(time.monotonic() - began, seen)
        await asyncio.sleep(0.1)


async def test_behind_sentinels_all_works_and_a_lost_primary_costs_seconds(
    tmp_path: Path, stores: Stores, sources: Sources, http: aiohttp.ClientSession, sentinels: SentinelSet
) -> None:
    found = replace(stores, redis_url=sentinels.url(number=3))
    async with Pair(tmp_path, found, sources, SETTINGS | {"RENDER_WAIT_MS": "2000"}, renderer_count=2) as pair:
        show("behind Sentinels", (await smoke(pair, http)).items())
        port = await sentinels.primary_port()
        next(each for each in sentinels.servers if each.port == port).part.kill()
        outage = await until_drawn(pair, http, sources)
        await asyncio.to_thread(pair.check_secrets, *(part.said() for part in pair.parts))

    show("a primary behind Sentinels is killed", [("drawn again after", f"{outage.seconds:.1f} s", outage.statuses)])
    assert await sentinels.primary_port() != port
    assert outage.seconds < BACK_WITHIN_S
    assert {200, 503} >= outage.statuses


async def test_in_a_cluster_all_works_in_one_slot_and_a_lost_node_costs_seconds(
    tmp_path: Path, stores: Stores, sources: Sources, http: aiohttp.ClientSession, nodes: Cluster
) -> None:
    for node in (*nodes.primaries, *nodes.replicas):
        await allow_only(node, in_cluster=True)
    found = replace(stores, redis_url=nodes.url.replace("://", f"://{USER}:{PASSWORD}@"))
    async with Pair(tmp_path, found, sources, SETTINGS | {"RENDER_WAIT_MS": "2000"}, renderer_count=2) as pair:
        show("in a Cluster", (await smoke(pair, http)).items())
        async with connect(nodes.url) as redis:
            names = [name async for name in redis.scan_iter(count=1000)]
        owner = nodes.node(await nodes.owner(SLOT))
        denied = [line for each in nodes.primaries for line in await refused(each)]
        others = [await each.info("keyspace") for each in nodes.primaries if each != owner]
        owner.part.kill()
        outage = await until_drawn(pair, http, sources)

    show("a node of a Cluster is killed", [("drawn again after", f"{outage.seconds:.1f} s", outage.statuses)])
    assert names
    assert all(name.startswith(b"{marquee}:") for name in names)
    assert [{}, {}] == others
    assert [] == denied
    assert outage.seconds < BACK_WITHIN_S
    assert {200, 503} >= outage.statuses


async def test_over_tls_a_user_with_the_documented_rights_can_do_all_that_is_needed(
    tmp_path: Path, stores: Stores, sources: Sources, http: aiohttp.ClientSession, ground: Stack
) -> None:
    server = await asyncio.to_thread(valkey, ground)
    await allow_only(server)
    authority = Authority.create(tmp_path)
    port = free_ports(1, apart_from=())[0]
    url = f"rediss://{USER}:{PASSWORD}@{HOST}:{port}/5?ssl_ca_certs={authority.file}"
    async with (
        TlsRelay(port, server.port, authority.issue("server")),
        Pair(tmp_path, replace(stores, redis_url=url), sources, SETTINGS) as pair,
    ):
        pair.secrets.append(PASSWORD)
        show("over TLS, with few rights", (await smoke(pair, http)).items())
        used = await use_the_rest(pair, http, sources)
        denied = await refused(server)
        await asyncio.to_thread(pair.check_secrets, *(part.said() for part in pair.parts))

    assert {200, 202} >= used
    assert [] == denied


async def use_the_rest(pair: Pair, http: aiohttp.ClientSession, sources: Sources) -> set[int]:
    """Use what else needs Redis: dead letters, charts, prewarming; return the statuses."""
    said, api = await sign_in(pair, http), f"{pair.gateway_url}/api/admin"
    seen = set()
    for way, path, body in (
        ("GET", "stats", None),
        ("GET", "history", None),
        ("GET", "dead-letters", None),
        ("GET", "warm", None),
        ("POST", "warm", {"ids": [sources.film().imdb]}),
        ("DELETE", "warm", None),
    ):
        async with http.request(way, f"{api}/{path}", json=body, headers=said) as answer:
            seen.add(answer.status)
    return seen
