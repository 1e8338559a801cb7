"""A real Valkey answers what KEDA is configured to ask, with the number of jobs that no consumer has claimed."""

from redis.asyncio import Redis

from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import Priority, RenderJob
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from tests.deploy.dev.chart.helm import Helm
from tests.deploy.dev.chart.rendering import render

OLDEST = 7
"""KEDA reads the lag of no older Redis; Valkey calls itself by the version of Redis that it came from."""


def jobs(lane: Priority, *numbers: int) -> list[RenderJob]:
    return [
        RenderJob(settings_hash=SettingsHash("ab" * 16), title=ExternalId(IdType.IMDB, number), lane=lane)
        for number in numbers
    ]


async def lags(redis: Redis, triggers: list[dict[str, str]]) -> dict[str, int]:
    """Ask as KEDA does: the lag of the group in the stream, by each trigger's own words."""
    found = {}
    for trigger in triggers:
        groups = await redis.xinfo_groups(trigger["stream"])
        found[trigger["stream"]] = next(
            group["lag"]
            for group in groups
            if group["name"] in {trigger["consumerGroup"], trigger["consumerGroup"].encode()}
        )
    return found


async def test_the_lag_is_what_waits_in_each_lane(helm: Helm, redis: Redis) -> None:
    scaled = render(helm, "keda").of("ScaledObject")[0]
    triggers = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
    queue = RedisStreamQueue(redis, consumer="painter", queue_max=100)

    waiting = [*jobs(Priority.INTERACTIVE, 1, 2, 3), *jobs(Priority.REFRESH, 4, 5)]
    await queue.enqueue(waiting, client="203.0.113.7")
    before = await lags(redis, triggers)
    await queue.claim(2, 1.0)
    after = await lags(redis, triggers)

    others = {"marquee:jobs:interactive-2": 0, "marquee:jobs:interactive-3": 0}
    assert others | {"marquee:jobs:interactive": 3, "marquee:jobs:refresh": 2} == before
    assert 3 == sum(after.values())
    assert OLDEST <= int((await redis.info())["redis_version"].partition(".")[0])
