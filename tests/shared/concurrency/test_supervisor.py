import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
from prometheus_client import CollectorRegistry

from shared.concurrency import cancel
from shared.concurrency.supervisor import (
    FAILING_AFTER,
    FIRST_PAUSE_S,
    HEALTHY_S,
    LONGEST_PAUSE_S,
    STOP_S,
    Supervisor,
    every,
)
from shared.observability.health import Probes


class World:
    """A supervisor whose clock the test turns, and whose pauses take no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.registry = CollectorRegistry()
        self.tasks = Supervisor(self.registry, clock=lambda: self.now, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def restarts(self, task: str) -> float | None:
        return self.registry.get_sample_value("marquee_task_restarts_total", {"task": task})


@pytest.fixture
def world() -> World:
    return World()


@asynccontextmanager
async def started(tasks: Supervisor) -> AsyncIterator[None]:
    async with asyncio.timeout(60), tasks:
        yield


class Crashing:
    """Work that crashes a number of times, each after ``uptime_s``, and then runs until it is stopped."""

    def __init__(self, world: World, times: int, *, uptime_s: float = 0.0) -> None:
        self.world, self.left, self.uptime_s = world, times, uptime_s
        self.runs = asyncio.Event()

    async def __call__(self) -> None:
        if self.left == 0:
            self.runs.set()
            await asyncio.Event().wait()
        self.left -= 1
        self.world.now += self.uptime_s
        raise RuntimeError("as the test wants it")


async def test_a_task_that_crashes_is_logged_counted_and_restarted(world: World) -> None:
    work = Crashing(world, 1)
    world.tasks.add("work", work)
    before = world.restarts("work")

    with structlog.testing.capture_logs() as lines:
        async with started(world.tasks):
            await work.runs.wait()

    assert (0, 1) == (before, world.restarts("work"))
    assert [("background_work_crashed", "work", True)] == [
        (line["event"], line["work"], line["exc_info"]) for line in lines
    ]


async def test_pauses_grow_up_to_a_limit(world: World) -> None:
    work = Crashing(world, 9)
    world.tasks.add("work", work)

    async with started(world.tasks):
        await work.runs.wait()

    assert [FIRST_PAUSE_S * 2**n for n in range(6)] == world.pauses[:6]
    assert [LONGEST_PAUSE_S] * 3 == world.pauses[6:]


async def test_a_task_that_ran_long_enough_starts_over_with_the_first_pause(world: World) -> None:
    work = Crashing(world, FAILING_AFTER + 1, uptime_s=HEALTHY_S)
    world.tasks.add("work", work)

    async with started(world.tasks):
        await work.runs.wait()

        assert [] == world.tasks.failing()
    assert [FIRST_PAUSE_S] * (FAILING_AFTER + 1) == world.pauses


@pytest.mark.parametrize(("crashes", "failing"), [(FAILING_AFTER - 1, []), (FAILING_AFTER, ["task:work"])])
async def test_readiness_names_a_task_that_keeps_crashing_until_it_is_healthy(
    world: World, crashes: int, failing: list[str]
) -> None:
    work = Crashing(world, crashes)
    world.tasks.add("work", work)
    world.tasks.add("other", asyncio.Event().wait)
    probes = Probes()
    probes.watch_tasks(world.tasks.failing)

    async with started(world.tasks):
        await work.runs.wait()
        during = await probes.report()
        world.now += HEALTHY_S
        after = await probes.report()

    assert failing == [name for name, check in during.checks.items() if not check.ok]
    assert (True, True, {}) == (during.ready, after.ready, after.checks)


async def test_a_task_that_something_else_cancels_is_restarted(world: World) -> None:
    runs = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs > 1:
            again.set()
        current = asyncio.current_task()
        assert current is not None
        if runs == 1:
            current.cancel()
        await asyncio.Event().wait()

    world.tasks.add("work", work)

    async with started(world.tasks):
        await again.wait()

    assert (2, 1) == (runs, world.restarts("work"))


async def test_a_task_that_returns_is_done(world: World) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    world.tasks.add("work", work)
    async with started(world.tasks):
        await asyncio.sleep(0.01)

    assert (1, 0) == (runs, world.restarts("work"))


async def test_periodic_work_waits_first_and_may_choose_its_next_pause(world: World) -> None:
    answers = iter([None, 7.0, None])
    done = asyncio.Event()

    async def work() -> float | None:
        try:
            return next(answers)
        except StopIteration:
            done.set()
            await asyncio.Event().wait()
            raise

    world.tasks.add_periodic("work", 2.0, work, first_s=1.0)
    async with started(world.tasks):
        await done.wait()

    assert [1.0, 2.0, 7.0, 2.0] == world.pauses


async def test_what_periodic_work_raises_ends_it() -> None:
    async def work() -> None:
        raise RuntimeError("as the test wants it")

    with pytest.raises(RuntimeError):
        await every(1.0, work)


def test_two_tasks_of_one_name_are_refused(world: World) -> None:
    world.tasks.add("work", asyncio.Event().wait)

    with pytest.raises(ValueError, match="work"):
        world.tasks.add("work", asyncio.Event().wait)


async def test_every_task_ends_with_the_context(world: World) -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    for number in range(3):
        world.tasks.add(f"work {number}", work)
    async with started(world.tasks):
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert [1, 1, 1] == ended


async def test_a_task_that_ignores_its_cancellation_does_not_delay_the_stop_for_longer_than_stated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancel, "AGAIN_S", 0.005)
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    world.tasks.add("stubborn", stubborn)
    started_at = asyncio.get_running_loop().time()
    async with started(world.tasks):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    took_s = asyncio.get_running_loop().time() - started_at
    release.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert 0.05 <= took_s < STOP_S
    assert STOP_S == 5.0


async def test_a_crash_during_the_stop_is_no_restart(world: World) -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("as the test wants it") from None

    world.tasks.add("work", work)
    async with started(world.tasks):
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert 0 == world.restarts("work")
