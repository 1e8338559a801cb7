"""A renderer serves, draws, or does both, according to its role."""

import asyncio
from contextlib import AsyncExitStack
from http import HTTPStatus

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from deploy.dev.local.ports import HOST, free_ports
from renderer.app import Renderer, open_renderer
from renderer.config import load_renderer
from renderer.content.missing_pictures import FALLBACK_GRACE_S
from renderer.content.stored_pictures import STORE_TIMEOUT_S
from renderer.jobs.worker import DEADLINE_S, DRAIN_S, Worker
from shared.config.environment import ConfigError
from shared.config.process import CLOSE_S
from tests.background_tasks import supervised_names
from tests.renderer.studio import Studio
from tests.waiting import until


@pytest.fixture
def variables(store_variables: dict[str, str]) -> dict[str, str]:
    content, metrics = free_ports(2, apart_from=())
    return {
        "LISTEN_ADDR": f"{HOST}:{content}",
        "METRICS_ADDR": f"{HOST}:{metrics}",
        **store_variables,
        "ANIME_MAP_URL": "off",
        "TMDB_API_KEY": "tmdb",
        "MDBLIST_API_KEY": "mdblist",
        "RENDER_CONCURRENCY": "1",
    }


@pytest.mark.parametrize(
    ("role", "serves", "draws"), [("all", True, True), ("content", True, False), ("worker", False, True)]
)
async def test_a_renderer_has_its_role_and_always_exports_metrics(
    variables: dict[str, str], role: str, *, serves: bool, draws: bool
) -> None:
    config = load_renderer(variables | {"RENDERER_ROLE": role})
    stopping = asyncio.Event()

    async with open_renderer(config) as renderer:
        running = asyncio.create_task(renderer.run(stopping))
        answered = [await _status(config.listen.port), await _status(config.metrics.port)]
        stopping.set()
        await running

    assert [HTTPStatus.OK if serves else None, HTTPStatus.OK] == answered
    assert draws == (renderer.worker is not None)


@pytest.mark.parametrize(("role", "days"), [("all", "0"), ("all", "30"), ("content", "30"), ("worker", "0")])
async def test_a_renderer_supervises_the_tasks_of_its_role(variables: dict[str, str], role: str, days: str) -> None:
    tasks = {
        "render_results",
        "invalidation",
        "purges",
        "daily_metrics",
        "queue_metrics",
        "outdated_pictures",
        "rate_limits",
    }
    tasks |= {"redis_policy", "retention"}
    tasks |= {"last_access"} if days != "0" else set()
    tasks |= {"worker", "leases", "late_records"} if role != "content" else set()

    async with open_renderer(
        load_renderer(variables | {"RENDERER_ROLE": role, "HOUSEKEEPING_DAYS": days, "FREE_KEY_HOUSEKEEPING_DAYS": "0"})
    ) as renderer:
        supervised = supervised_names(renderer.registry)

    assert tasks == supervised


async def _status(port: int) -> int | None:
    """Return the status of the liveness probe, ``None`` where nothing listens."""
    async with aiohttp.ClientSession() as session:  # noqa: TID251 - the test is the caller
        try:
            async with session.get(f"http://{HOST}:{port}/livez") as answer:
                return answer.status
        except aiohttp.ClientConnectorError:
            return None


@pytest.mark.parametrize(("name", "value"), [("RENDERER_ROLE", "gateway"), ("DRAIN_SECS", "20"), ("DRAIN_SECS", "601")])
def test_an_invalid_role_or_drain_is_refused(name: str, value: str, variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"^{name} must be "):
        load_renderer(variables | {name: value})


def test_a_drain_is_always_longer_than_the_deadline(variables: dict[str, str]) -> None:
    shortest = load_renderer(variables | {"DRAIN_SECS": "21"})

    assert shortest.drain_s > DEADLINE_S
    assert DRAIN_S == load_renderer(variables).drain_s


async def test_a_worker_waits_for_claimed_jobs_only_as_long_as_its_drain(studio: Studio) -> None:
    studio.sources.hold = asyncio.Event()
    worker = Worker(
        queue=studio.queue,
        dependencies=studio.dependencies,
        metrics=studio.metrics,
        threads=1,
        claim_wait_s=0.05,
        drain_s=0.1,
    )
    work = asyncio.create_task(worker.run())
    await studio.queue.enqueue([await studio.job()])
    await until(lambda: studio.sources.calls.get("ratings", 0) == 1)

    worker.stop()
    async with asyncio.timeout(5):
        await work

    assert 0 == studio.settled("drawn")


@pytest.mark.parametrize(
    ("wait_ms", "drain_s", "answers_s", "stop_s"),
    [("2000", "25", 5, 25 + CLOSE_S), ("15000", "25", 17, 25 + CLOSE_S), ("60000", "25", 62, 62 + CLOSE_S)],
)
def test_the_time_to_stop_follows_from_the_drain_and_the_callers_wait(
    wait_ms: str, drain_s: str, answers_s: float, stop_s: float, variables: dict[str, str]
) -> None:
    config = load_renderer(variables | {"RENDER_WAIT_MS": wait_ms, "DRAIN_SECS": drain_s})

    assert (answers_s, stop_s) == (config.answers_s, config.stop_s)
    assert config.answers_s >= config.render_wait_s + STORE_TIMEOUT_S + FALLBACK_GRACE_S


async def test_no_requests_are_accepted_while_jobs_drain_within_their_limit(studio: Studio) -> None:
    studio.sources.hold = asyncio.Event()
    worker = Worker(
        queue=studio.queue,
        dependencies=studio.dependencies,
        metrics=studio.metrics,
        threads=1,
        claim_wait_s=0.05,
        drain_s=0.3,
    )
    callers, closed, stopping = AsyncExitStack(), asyncio.Event(), asyncio.Event()
    callers.callback(closed.set)
    renderer = Renderer(worker, CollectorRegistry(), callers=callers)
    claiming = asyncio.create_task(worker.claim())
    running = asyncio.create_task(renderer.run(stopping))
    await studio.queue.enqueue([await studio.job()])
    await until(lambda: studio.sources.calls.get("ratings", 0) == 1)

    stopping.set()
    await asyncio.wait_for(closed.wait(), 5)
    is_draining = not running.done()
    async with asyncio.timeout(5):
        await running
        await claiming

    assert is_draining
    assert 0 == studio.settled("drawn")
