"""Settings cannot grow without end: new ones are counted per client, and deleted ones are stored again on demand."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from itertools import count
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from gateway.config import load_gateway
from shared.config.environment import ConfigError
from shared.domain.errors import TooManySettings
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation
from shared.stores.postgres import Pool, connection
from shared.stores.rate_limiter import PICTURES
from shared.stores.settings_registry import settings_key
from tests.gateway.auth.caller import Caller, OpenGateway, gateway
from tests.gateway.edge import ENVIRONMENT
from tests.gateway.keys.holder import new_key
from tests.stack.caller import Answer
from tests.waiting import until_true

CAP = 10
HOME, CAFE = "203.0.113.7", "198.51.100.9"
NOWHERE = "redis://127.0.0.1:1/0"
FREE = "t0-free-rpdb"
NAMED = {"TRUSTED_PROXIES": "127.0.0.1", "NEW_SETTINGS_PER_HOUR": str(CAP)}


@pytest.fixture
async def capped(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    """A stranger at a gateway with a low cap, who may say where he is."""
    async with open_gateway(**NAMED) as caller:
        yield caller


def query(nth: int) -> str:
    """Return one of many queries with settings of their own."""
    return f"position=tl&edge_inset_x={nth % 51}&edge_inset_y={nth // 51}"


async def ask(caller: Caller, nth: int, *, of: str = HOME, title: int = 111161, key: str = FREE) -> Answer:
    return await caller.get(f"/{key}/imdb/poster-default/tt{title:07}.jpg?{query(nth)}", X_Forwarded_For=of)


async def ask_each(caller: Caller, numbers: range, **options: Any) -> list[int]:
    return [(await ask(caller, nth, **options)).status for nth in numbers]


async def stored(pool: Pool) -> set[str]:
    async with connection(pool) as db:
        return {row["hash"] for row in await db.fetch("SELECT hash FROM settings_registry")}


def hash_in(answer: Answer) -> SettingsHash:
    return SettingsHash(answer.headers["Location"].split("/")[4])


async def test_new_settings_are_capped_per_client(capped: Caller, pool: Pool) -> None:
    granted = await ask_each(capped, range(CAP))
    refused = await ask(capped, CAP)

    assert [302] * CAP == granted
    assert 429 == refused.status
    assert TooManySettings.public == refused.json["error"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600 / CAP
    assert "no-store" == refused.headers["Cache-Control"]
    assert CAP == len(await stored(pool))


async def test_the_cap_is_the_clients_whatever_key_is_used(capped: Caller, pool: Pool) -> None:
    _, key = await new_key(pool)

    await ask_each(capped, range(CAP))

    assert 429 == (await ask(capped, CAP, key=key)).status


async def test_stored_settings_cost_nothing(capped: Caller) -> None:
    await ask_each(capped, range(CAP))

    assert [302] * CAP == await ask_each(capped, range(CAP), title=68646)
    assert [302] * CAP == await ask_each(capped, range(CAP), of=CAFE)
    assert [302] * CAP == await ask_each(capped, range(CAP, 2 * CAP), of=CAFE)
    assert [302] * CAP == await ask_each(capped, range(CAP, 2 * CAP)), "which another client has stored"


async def test_stored_settings_cost_nothing_at_a_new_gateway_either(
    capped: Caller, redis: Redis, postgres_url: str, valkey_url: str
) -> None:
    names = [settings_key(hash_in(await ask(capped, nth))) for nth in range(CAP)]
    await redis.unlink(*names)  # now only Postgres has them

    async with gateway(postgres_url, valkey_url, **NAMED) as other:
        assert [302] * CAP == await ask_each(other, range(CAP))
        assert [302] * CAP == await ask_each(other, range(CAP), title=68646)


async def test_a_shelf_of_pictures_with_the_same_new_settings_counts_once(capped: Caller) -> None:
    shelf = await asyncio.gather(*(ask(capped, 0, title=1_000 + nth) for nth in range(50)))

    assert {302} == {answer.status for answer in shelf}
    assert [302] * (CAP - 1) == await ask_each(capped, range(1, CAP))
    assert 429 == (await ask(capped, CAP)).status


async def test_what_one_client_may_not_do_is_no_answer_for_another(capped: Caller) -> None:
    await ask_each(capped, range(CAP))

    answers = await asyncio.gather(*(ask(capped, CAP, of=of) for of in (HOME, CAFE) * 5))

    assert {302} == {answer.status for answer in answers[1::2]}


async def test_previews_count_and_are_refused_with_the_same_sentence(capped: Caller) -> None:
    previews = [await capped.get(f"/api/preview/poster?{query(nth)}", X_Forwarded_For=HOME) for nth in range(CAP + 1)]

    assert [302] * CAP == [answer.status for answer in previews[:-1]]
    assert (429, TooManySettings.public) == (previews[-1].status, previews[-1].json["error"])
    assert 1 <= int(previews[-1].headers["Retry-After"]) <= 3600 / CAP
    assert 429 == (await ask(capped, CAP + 1)).status
    assert 302 == (await ask(capped, 0)).status


async def test_the_replicas_of_the_gateway_share_the_cap(open_gateway: OpenGateway) -> None:
    many = 150  # that take longer than an exchange between the replicas
    run = partial(open_gateway, **NAMED | {"NEW_SETTINGS_PER_HOUR": str(many)})

    async with run() as one, run() as other, asyncio.timeout(120):
        numbers, granted = count(), 0
        for replica in (one, other):
            while (await ask(replica, next(numbers))).status == 302:
                granted += 1

    assert many <= granted < 1.5 * many


async def test_without_redis_new_settings_are_taken(pool: Pool, postgres_url: str) -> None:
    """As with every rate limit, each gateway then goes by what it knows."""
    async with gateway(postgres_url, NOWHERE, **NAMED) as caller:
        assert [302] * CAP == await ask_each(caller, range(CAP))

    assert CAP == len(await stored(pool))


async def test_without_rate_limits_there_is_no_cap(pool: Pool, postgres_url: str, valkey_url: str) -> None:
    async with gateway(postgres_url, valkey_url, **NAMED, RATE_LIMITS_ENABLED="false") as caller:
        assert [302] * (CAP + 5) == await ask_each(caller, range(CAP + 5))

    assert CAP + 5 == len(await stored(pool))


async def test_trying_designs_for_minutes_stays_below_the_default(open_gateway: OpenGateway) -> None:
    tried = range(PICTURES.burst - 1)  # as fast as pictures are granted

    async with open_gateway(TRUSTED_PROXIES="127.0.0.1") as caller:
        assert {302} == set(await ask_each(caller, tried))


@pytest.mark.parametrize("value", ["0", "-1", "1000001", "many", "1.5"])
def test_a_cap_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="NEW_SETTINGS_PER_HOUR must be"):
        load_gateway({**ENVIRONMENT, "NEW_SETTINGS_PER_HOUR": value})


async def test_settings_that_a_renderer_deletes_are_stored_again_by_the_next_request(
    capped: Caller, pool: Pool, redis: Redis
) -> None:
    expired = hash_in(await ask(capped, 0))
    kept = hash_in(await ask(capped, 1))
    async with connection(pool) as db:
        await db.execute("DELETE FROM settings_registry WHERE hash = $1", expired)
    await redis.unlink(settings_key(expired))
    await until_true(partial(_is_heard, redis, expired))

    async def is_back() -> bool:
        answer = await ask(capped, 0)
        return (302, expired) == (answer.status, hash_in(answer)) and expired in await stored(pool)

    await until_true(is_back)
    assert {expired, kept} == await stored(pool)
    assert settings_hash(parse(Kind.POSTER, Format.JPG, {"position": "tl"})) == expired


async def _is_heard(redis: Redis, expired: SettingsHash) -> bool:
    """Send the message of a deletion; return whether a gateway was there to hear it."""
    ((_, hearing),) = await cast("Any", redis).pubsub_numsub("marquee:forget")
    await publish_invalidation(redis, InvalidationMessage(settings_hashes=(expired,)))
    return bool(hearing)
