import pytest

from shared.concurrency import supervisor
from tests.background_tasks import kill_each
from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import POSTER, running

TASKS = {"prefetch", "key_read_ahead", "key_changes", "usage", "settings_usage"}


async def test_each_task_that_is_killed_once_works_again(stores: MemoryStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.0)
    async with running(stores) as edge:
        restarts = await kill_each(edge.registry)

        await edge.location(POSTER)
        await stores.redis.asked("offers.offer")
        ready = (await edge.get("/readyz")).json

    assert dict.fromkeys(TASKS, 1) == restarts
    assert (True, {"postgres", "redis"}) == (ready["ready"], set(ready["checks"]))
