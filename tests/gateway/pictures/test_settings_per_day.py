"""A key uses only so many different settings on a day, at all replicas together; by default only the free key."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.config import load_gateway
from gateway.keys.api_key import ApiKey
from gateway.keys.token import FREE_KEY
from gateway.metrics import GatewayMetrics
from gateway.pictures import settings_per_day
from gateway.pictures.settings_per_day import RedisSettingsOfDays, SettingsOfDays, SettingsPerDay, SettingsTaken
from shared.config.environment import ConfigError
from shared.domain.errors import SettingsOfDaySpent, StoreDown
from shared.settings.digest import SettingsHash
from tests.gateway.doubles import KEY, MemoryStores
from tests.gateway.edge import ENVIRONMENT, POSTER, running

DAY_S, NOON = 86_400, 20_000 * 86_400 + 43_200
FREE, HOLDER = ApiKey(1, is_free=True), ApiKey(2)
CAP = 3


def name(number: int) -> SettingsHash:
    return SettingsHash(f"{number:032x}")


class Counting:
    """Takes settings in Redis, counts the calls, and may be down."""

    def __init__(self, redis: Redis) -> None:
        self._shared = RedisSettingsOfDays(redis)
        self.calls, self.is_down = 0, False

    async def take(self, key_id: int, day: int, settings_hash: SettingsHash, most: int) -> SettingsTaken:
        self.calls += 1
        if self.is_down:
            raise StoreDown("as the test wants it")
        return await self._shared.take(key_id, day, settings_hash, most)


class Replica:
    """One gateway's view, whose clock is the test's."""

    def __init__(self, shared: SettingsOfDays | None, *, most: int = 0) -> None:
        self.now, self.numbers = float(NOON), CollectorRegistry()
        self.limits = SettingsPerDay(
            shared, GatewayMetrics(self.numbers), most_of_free_key=CAP, most=most, clock=lambda: self.now
        )

    async def ask(self, number: int, key: ApiKey = FREE, query: str = "x=1") -> bool:
        try:
            if not self.limits.is_admitted(key, name(number), query):
                await self.limits.admit(key, name(number))
        except SettingsOfDaySpent:
            return False
        return True

    async def ask_each(self, *numbers: int, key: ApiKey = FREE) -> list[bool]:
        return [await self.ask(number, key) for number in numbers]

    def count(self, metric: str, **labels: str) -> float:
        return self.numbers.get_sample_value(metric, labels) or 0.0


@pytest.fixture
def shared(redis: Redis) -> Counting:
    return Counting(redis)


async def test_a_key_uses_as_many_settings_as_it_may_and_then_only_those(shared: Counting) -> None:
    replica = Replica(shared)

    assert [True, True, True, False] == await replica.ask_each(0, 1, 2, 3)
    assert [True, True, True, False] == await replica.ask_each(2, 1, 0, 4)
    assert (3, 2) == tuple(
        replica.count("gateway_settings_of_day_total", outcome=outcome) for outcome in ("admitted", "refused")
    )
    assert (3, 3) == (replica.count("gateway_free_key_settings"), replica.count("gateway_free_key_settings_limit"))


async def test_replicas_share_what_a_key_has_used(shared: Counting) -> None:
    one, other = Replica(shared), Replica(shared)
    await one.ask_each(0, 1, 2)

    assert not await other.ask(3)
    assert [True, True, True] == await other.ask_each(0, 1, 2)
    assert 4 == shared.calls, "a refusal tells a replica all that the key has used"


async def test_settings_used_today_and_refusals_ask_nothing(shared: Counting) -> None:
    replica = Replica(shared)
    await replica.ask_each(0, 1, 2, 3)
    asked = shared.calls

    await replica.ask_each(*range(50), *range(50))

    assert asked == shared.calls


async def test_together_replicas_admit_no_more_than_the_limit(redis: Redis) -> None:
    replicas = [Replica(Counting(redis)) for _ in range(4)]

    answers = await asyncio.gather(
        *(each.ask(10 * nth + number) for nth, each in enumerate(replicas) for number in range(4))
    )

    assert CAP == sum(answers)


async def test_requests_for_the_same_settings_ask_once(shared: Counting) -> None:
    replica = Replica(shared)

    assert [True] * 20 == await asyncio.gather(*(replica.ask(0) for _ in range(20)))
    assert 1 == shared.calls


async def test_addresses_without_parameters_are_not_counted(shared: Counting) -> None:
    replica = Replica(shared)
    await replica.ask_each(0, 1, 2, 3)

    assert await replica.ask(4, query="")
    assert not await replica.ask(4)


async def test_other_keys_have_no_limit_unless_they_are_given_one(shared: Counting) -> None:
    without, limited = Replica(shared), Replica(shared, most=2)

    assert [True] * 50 == await without.ask_each(*range(50), key=HOLDER)
    assert 0 == shared.calls
    assert [True, True, False] == await limited.ask_each(0, 1, 2, key=HOLDER)
    assert [True, False] == (await limited.ask_each(4, 5, 6, key=ApiKey(3)))[1:]
    assert [True] * 3 == await limited.ask_each(0, 1, 2), "each key has its own"


async def test_a_new_day_begins_at_midnight_utc(shared: Counting) -> None:
    replica = Replica(shared)
    await replica.ask_each(0, 1, 2, 3)

    with pytest.raises(SettingsOfDaySpent) as refused:
        await replica.limits.admit(FREE, name(3))
    replica.now += refused.value.retry_after_s - 1
    assert not await replica.ask(3)
    replica.now += 1

    assert [True, True, True, False] == await replica.ask_each(3, 4, 5, 6)


async def test_while_redis_is_lost_each_replica_counts_by_itself(shared: Counting) -> None:
    replica = Replica(shared)
    shared.is_down = True

    assert [True, True, True, False] == await replica.ask_each(0, 1, 2, 3)
    shared.is_down = False
    assert not await replica.ask(4) or shared.calls == 5


async def test_what_is_remembered_has_a_limit(shared: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_per_day, "MOST_KNOWN", 2)
    replica = Replica(shared)

    assert [True, True, True, False, False] == await replica.ask_each(0, 1, 2, 3, 4)
    assert [True, True, True] == await replica.ask_each(0, 1, 2), "what was forgotten is asked about"


async def test_a_caller_of_the_free_key_gets_a_sentence_and_a_time(stores: MemoryStores) -> None:
    address = POSTER.replace(KEY, FREE_KEY)
    async with running(stores, FREE_KEY_SETTINGS_PER_DAY="2") as edge:
        granted = [(await edge.get(f"{address}?ratings_limit={number}")).status for number in (1, 2)]
        refused = await edge.get(f"{address}?ratings_limit=4")
        others = [
            (await edge.get(target)).status
            for target in (f"{address}?ratings_limit=1", address, f"{POSTER}?ratings_limit=4")
        ]

    assert [302, 302] == granted
    assert (429, SettingsOfDaySpent.public) == (refused.status, refused.json["error"])
    assert 1 <= int(refused.headers["Retry-After"]) <= DAY_S
    assert [302, 302, 302] == others


async def test_the_free_key_is_limited_by_default_and_no_other_key() -> None:
    config = load_gateway(ENVIRONMENT)

    assert (500, 0) == (config.free_key_settings_per_day, config.key_settings_per_day)


@pytest.mark.parametrize("variable", ["FREE_KEY_SETTINGS_PER_DAY", "KEY_SETTINGS_PER_DAY"])
@pytest.mark.parametrize("value", ["-1", "10001", "many"])
def test_a_limit_that_is_none_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        load_gateway({**ENVIRONMENT, variable: value})
