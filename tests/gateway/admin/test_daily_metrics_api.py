"""The last day, as the gateway counts and shows it."""

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.admin.daily_metrics_api import gateway_history
from gateway.metrics import GatewayMetrics, Route
from shared.domain.errors import Cause
from tests.gateway.auth.caller import Caller


async def test_what_a_gateway_counted_is_shown(admin: Caller, redis: Redis) -> None:
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    metrics.redirected(0.001)
    metrics.answered(Route.DIRECT)
    metrics.answered(Route.PICTURE, Cause.INVALID_API_KEY)
    metrics.answered(Route.IS_VALID)
    await gateway_history(redis, registry).flush()

    answer = await admin.get("/api/admin/history")

    assert (200, 300) == (answer.status, answer.json["step_s"])
    assert {"pictures_answered": 2, "pictures_asked": 3, "key_checks": 1} == {
        name: sum(values) for name, values in answer.json["series"].items()
    }


async def test_a_new_installation_has_an_empty_day(admin: Caller) -> None:
    answer = await admin.get("/api/admin/history")

    assert (200, {}, {}) == (answer.status, answer.json["series"], answer.json["now"])
