"""The health check of a container asks its process, wherever that serves its metrics."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.observability.health import Probes
from shared.observability.liveness import main
from shared.observability.metrics import metrics_app, new_registry

UNUSED = "127.0.0.1:1"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])  # noqa: S104 - all addresses, as in a container
async def test_a_live_process_is_alive_also_before_it_is_ready(host: str) -> None:
    probes = Probes()
    probes.hold()
    async with TestServer(metrics_app(new_registry(), probes)) as server:
        variables = {"METRICS_ADDR": f"{host}:{server.port}"}

        assert 0 == await asyncio.to_thread(main, [UNUSED], variables)


async def test_the_address_of_a_process_without_the_variable_is_the_argument() -> None:
    async with TestServer(metrics_app(new_registry(), Probes())) as server:
        assert 0 == await asyncio.to_thread(main, [f"127.0.0.1:{server.port}"], {})


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "not alive: [Errno 111] Connection refused\n"),
        ({"METRICS_ADDR": "3100"}, "not alive: METRICS_ADDR must be an address such as 127.0.0.1:3000.\n"),
    ],
)
def test_what_does_not_answer_is_not_alive(
    variables: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == main([UNUSED], variables)

    assert line == capsys.readouterr().out


async def test_another_server_at_the_address_is_not_alive(capsys: pytest.CaptureFixture[str]) -> None:
    async with TestServer(web.Application()) as server:
        assert 1 == await asyncio.to_thread(main, [f"127.0.0.1:{server.port}"], {})

    assert "not alive: status 404\n" == capsys.readouterr().out


def test_without_an_address_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main([], {})

    assert "usage: python -m shared.observability.liveness HOST:PORT\n" == capsys.readouterr().err
