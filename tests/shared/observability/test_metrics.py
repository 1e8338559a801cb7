import asyncio
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import Counter

from shared.config.environment import Address
from shared.domain.errors import StoreDown
from shared.http.server import serve_probes
from shared.observability.health import Probes
from shared.observability.metrics import metrics_app, new_registry


async def well() -> None:
    """Be well."""


async def lost() -> None:
    raise StoreDown("gone")


async def ready(probes: Probes) -> tuple[int, Any]:
    async with TestClient(TestServer(metrics_app(new_registry(), probes))) as client:
        response = await client.get("/readyz")
        return response.status, await response.json()


async def test_process_metrics_and_our_own_are_exported() -> None:
    registry = new_registry()
    Counter("marquee_test", "Counted.", registry=registry).inc()

    async with TestClient(TestServer(metrics_app(registry, Probes()))) as client:
        response = await client.get("/metrics")
        text = await response.text()

    assert response.headers["Content-Type"].startswith("text/plain")
    assert "marquee_test_total 1.0" in text
    assert "process_open_fds" in text
    assert "python_gc_collections_total" in text


async def test_a_process_whose_required_checks_pass_is_ready() -> None:
    probes = Probes()
    probes.add("s3", well, required=True)
    probes.add("postgres", lost, required=False)

    status, report = await ready(probes)

    assert (200, True) == (status, report["ready"])
    assert {"s3": True, "postgres": False} == {name: check["ok"] for name, check in report["checks"].items()}
    assert all(check["ms"] >= 0 for check in report["checks"].values())


async def test_a_process_with_a_failed_required_check_is_alive_but_not_ready() -> None:
    probes = Probes()
    probes.add("s3", lost, required=True)

    async with TestClient(TestServer(metrics_app(new_registry(), probes))) as client:
        unready, alive = await client.get("/readyz"), await client.get("/livez")

    assert (503, 200) == (unready.status, alive.status)


async def test_a_check_that_hangs_fails_at_the_deadline() -> None:
    probes = Probes(check_s=0.05)
    probes.add("hangs", asyncio.Event().wait, required=True)
    probes.add("well", well, required=True)

    async with asyncio.timeout(1):
        report = await probes.report()

    assert (False, True) == (report.checks["hangs"].ok, report.checks["well"].ok)


async def test_a_failed_check_says_why_in_one_line_and_a_good_one_may_leave_a_note() -> None:
    probes = Probes(check_s=0.05)

    async def read_only() -> None:
        raise StoreDown("the server is\nread-only")

    async def unforeseen() -> None:
        raise ValueError("postgresql://marquee:sesame@db")

    async def noted() -> str:
        return "evicts keys"

    for name, check in {"read_only": read_only, "unforeseen": unforeseen, "noted": noted, "well": well}.items():
        probes.add(name, check, required=False)
    probes.add("hangs", asyncio.Event().wait, required=False)

    _, report = await ready(probes)

    assert {
        "read_only": (False, "the server is read-only"),
        "unforeseen": (False, "ValueError"),
        "noted": (True, "evicts keys"),
        "well": (True, ""),
        "hangs": (False, "no answer within 0.05 s"),
    } == {name: (check["ok"], check["detail"]) for name, check in report["checks"].items()}


async def test_the_reason_of_a_failed_check_is_short() -> None:
    probes = Probes()

    async def wordy() -> None:
        raise StoreDown("x" * 10_000)

    probes.add("wordy", wordy, required=False)

    assert 200 == len((await probes.report()).checks["wordy"].detail)


async def test_checks_run_concurrently_and_once_for_all_callers() -> None:
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    probes = Probes(cache_s=60)
    probes.add("counted", count, required=True)

    reports = await asyncio.gather(*(probes.report() for _ in range(20)))

    assert 1 == asked
    assert all(report.ready for report in reports)


async def test_an_old_result_is_checked_again() -> None:
    answers = iter([well, lost])
    probes = Probes(cache_s=0)

    async def change() -> None:
        await next(answers)()

    probes.add("changes", change, required=True)

    assert [True, False] == [(await probes.report()).ready for _ in range(2)]


async def test_a_process_that_shuts_down_is_not_ready() -> None:
    probes = Probes()
    probes.add("s3", well, required=True)
    probes.leave()

    assert 503 == (await ready(probes))[0]


async def test_the_pages_are_served_on_a_port_of_their_own() -> None:
    async with (
        serve_probes(metrics_app(new_registry(), Probes()), Address("127.0.0.1", 0)) as port,
        aiohttp.ClientSession() as session,  # noqa: TID251 - a real client, on the loopback
        session.get(f"http://127.0.0.1:{port}/livez") as response,
    ):
        assert 200 == response.status
