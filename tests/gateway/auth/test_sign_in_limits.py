"""Who may try how often, on a real Valkey."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from gateway.api.api_error import ApiError
from gateway.auth.sign_in_limits import ACCOUNT, REDIS_DEADLINE_S, REFRESH, SIGN_IN, SignInLimits
from shared.domain.errors import StoreDown
from shared.stores.rate_limiter import Rate
from shared.stores.redis import connect
from tests.gateway.auth.caller import CREDENTIALS, Caller, gateway
from tests.stack.parts import Stack

WRONG = CREDENTIALS | {"password": "wrong horse"}


def earned_since(began: float) -> int:
    """Return how many tries a client may have won back meanwhile."""
    return 1 + int((time.monotonic() - began) * 1000) // SIGN_IN.interval_ms


async def taken(limits: SignInLimits, rate: Rate, client: str, times: int) -> list[int]:
    """Try so often; return how long each refused one is told to wait."""
    waits = []
    for _ in range(times):
        try:
            await limits.take(rate, client)
        except ApiError as refusal:
            waits.append(int(refusal.headers["Retry-After"]))
    return waits


@pytest.mark.parametrize(("rate", "wait_s"), [(SIGN_IN, 8), (REFRESH, 2)])
async def test_a_burst_is_let_through_and_no_more(redis: Redis, rate: Rate, wait_s: int) -> None:
    limits = SignInLimits(redis)

    waits = await taken(limits, rate, "192.0.2.1", rate.burst + 2)

    assert [wait_s] * 2 == waits
    assert [] == await taken(limits, rate, "192.0.2.2", 1)


async def test_one_more_is_let_through_after_each_interval(redis: Redis) -> None:
    limits, rate = SignInLimits(redis), Rate("quick", 2, 100)
    await taken(limits, rate, "192.0.2.1", 2)

    async with asyncio.timeout(30):
        while await taken(limits, rate, "192.0.2.1", 1):  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.02)

    assert 1 == len(await taken(limits, rate, "192.0.2.1", 1))


async def test_what_is_worked_off_is_forgotten(redis: Redis) -> None:
    await taken(SignInLimits(redis), SIGN_IN, "192.0.2.1", 1)

    assert 0 < await redis.pttl("marquee:rate:sign-in:192.0.2.1") <= SIGN_IN.interval_ms


async def test_without_redis_nobody_is_let_through() -> None:
    client = connect("redis://127.0.0.1:9/0")

    with pytest.raises(StoreDown):
        await SignInLimits(client).take(SIGN_IN, "192.0.2.1")
    await client.aclose()


async def test_a_redis_that_hangs_lets_nobody_through_and_holds_nobody_up(
    stack: Stack, redis: Redis, valkey_url: str
) -> None:
    limits = SignInLimits(redis)
    await taken(limits, SIGN_IN, "192.0.2.1", 1)

    with stack.paused("valkey", valkey_url):
        async with asyncio.timeout(REDIS_DEADLINE_S + 2):
            with pytest.raises(StoreDown):
                await limits.take(SIGN_IN, "192.0.2.1")

    assert [] == await taken(limits, SIGN_IN, "192.0.2.1", 1)


async def test_two_hundred_guesses_under_as_many_names_get_ten_tries(admin: Caller, redis: Redis) -> None:
    await redis.flushdb()
    began = time.monotonic()
    answers = [
        await admin.stranger().post(
            "/api/auth/login", WRONG, X_Forwarded_For=f"203.0.113.{number}", CF_Connecting_IP=f"198.51.100.{number}"
        )
        for number in range(200)
    ]

    assert 10 <= sum(answer.status == 401 for answer in answers) <= 10 + earned_since(began)
    assert {401, 429} == {answer.status for answer in answers}
    assert answers[-1].json["error"].endswith(".")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 8


async def test_replicas_share_what_a_client_may_do(
    admin: Caller, redis: Redis, postgres_url: str, valkey_url: str
) -> None:
    await redis.flushdb()
    began = time.monotonic()
    async with gateway(postgres_url, valkey_url) as other:
        answers = [await replica.post("/api/auth/login", WRONG) for replica in [admin.stranger(), other] * 7]

    assert 10 <= sum(answer.status == 401 for answer in answers) <= 10 + earned_since(began)


async def test_behind_a_trusted_proxy_every_client_has_a_rate_of_its_own(
    admin: Caller, redis: Redis, postgres_url: str, valkey_url: str
) -> None:
    await redis.flushdb()
    began = time.monotonic()
    async with gateway(postgres_url, valkey_url, TRUSTED_PROXIES="127.0.0.1") as replica:
        answers = [
            await replica.post("/api/auth/login", WRONG, X_Forwarded_For=f"10.9.9.{number}, 203.0.113.{number % 2}")
            for number in range(24)
        ]

    assert admin.port != replica.port
    assert 20 <= sum(answer.status == 401 for answer in answers) <= 20 + 2 * earned_since(began)


async def test_networks_of_one_ipv6_site_share_a_limit(redis: Redis) -> None:
    limits = SignInLimits(redis)
    clients = [f"2001:db8:1:{number:x}::/64" for number in range(20)]

    refused = [await taken(limits, SIGN_IN, client, SIGN_IN.burst) for client in clients]

    assert [] == refused[0]
    assert 20 * SIGN_IN.burst - 8 * SIGN_IN.burst == pytest.approx(sum(len(waits) for waits in refused), abs=10)
    assert [] == await taken(limits, SIGN_IN, "2001:db8:2:1::/64", SIGN_IN.burst)


async def test_an_account_has_a_limit_of_its_own_whatever_addresses_try_it(redis: Redis) -> None:
    limits = SignInLimits(redis)
    for _ in range(ACCOUNT.burst):
        await limits.require_account("Ada")
        await limits.count_wrong_password("Ada")

    with pytest.raises(ApiError) as refused:
        await limits.require_account("ada")
    await limits.require_account("Grace")

    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60


@pytest.mark.usefixtures("admin")
async def test_wrong_passwords_from_many_addresses_meet_the_limit_of_the_account(
    redis: Redis, postgres_url: str, valkey_url: str
) -> None:
    await redis.flushdb()
    async with gateway(postgres_url, valkey_url, TRUSTED_PROXIES="127.0.0.1") as replica:
        answers = [
            await replica.post("/api/auth/login", WRONG, X_Forwarded_For=f"203.0.113.{number}")
            for number in range(ACCOUNT.burst + 5)
        ]
        right = await replica.post("/api/auth/login", CREDENTIALS, X_Forwarded_For="198.51.100.1")

    assert [401] * ACCOUNT.burst + [429] * 5 == [answer.status for answer in answers]
    assert 429 == right.status


async def test_right_passwords_are_not_counted(admin: Caller, redis: Redis) -> None:
    await redis.flushdb()
    await admin.stranger().sign_in()

    assert [] == await redis.keys("*sign-in-account*")


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 10_000])
async def test_any_name_can_be_counted(redis: Redis, name: str) -> None:
    await SignInLimits(redis).count_wrong_password(name)

    assert 1 == len(await redis.keys("*sign-in-account*"))
