"""The checks of a start, in this process and on real stores: what each finds, waits for, and refuses."""

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

import pytest
import structlog
from redis.asyncio import Redis
from structlog.testing import capture_logs
from yarl import URL

from gateway.config import load_gateway
from gateway.gateway_checks import open_gateway_checks
from renderer.config import RendererConfig, load_renderer
from renderer.renderer_checks import open_renderer_checks
from shared.config.process import CannotStart
from shared.domain.errors import StoreDown, StoreRefused
from shared.stores import start_check
from shared.stores.check_command import run_check
from shared.stores.postgres import open_pool
from shared.stores.postgres_server import check_database
from shared.stores.redis import connect
from shared.stores.redis_server import check_redis
from shared.stores.start_check import Finding, StoreCheck, check_once, require_stores
from tests.shared.config.test_process import GATEWAY, RENDERER

NOTHING_THERE = "127.0.0.1:1"


@pytest.fixture
def _own_logs() -> Iterator[None]:
    """The command sets up the logs of its process; put them back."""
    root = logging.getLogger()
    before, settings = (root.handlers[:], root.level), structlog.get_config()
    yield
    root.handlers[:], root.level = before
    structlog.configure(**settings)


def renderer_of(store_variables: dict[str, str], **changed: str) -> RendererConfig:
    return load_renderer(RENDERER | store_variables | changed)


async def test_all_stores_of_both_processes_can_be_used(store_variables: dict[str, str]) -> None:
    async with open_renderer_checks(renderer_of(store_variables)) as checks:
        of_renderer = await check_once(checks)
    async with open_gateway_checks(
        load_gateway(GATEWAY | {name: store_variables[name] for name in ("DATABASE_URL", "REDIS_URL")})
    ) as checks:
        of_gateway = await check_once(checks)

    assert {"postgres", "redis", "s3"} == of_renderer.keys()
    assert of_renderer["postgres"] == of_gateway["postgres"]
    assert {Finding} == {type(outcome) for outcome in (*of_renderer.values(), *of_gateway.values())}


async def test_an_unsafe_policy_is_warned_of(redis: Redis, valkey_url: str) -> None:
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = await check_redis(redis, valkey_url)
    finally:
        await redis.config_set("maxmemory-policy", "noeviction")

    assert "maxmemory-policy is allkeys-lru: jobs may be evicted" in found.warning
    assert "standalone" in found.details


async def test_a_password_that_redis_does_not_know_is_refused(valkey_url: str) -> None:
    url = str(URL(valkey_url).with_user("marquee").with_password("hunter22"))

    async with connect(url) as client:
        with pytest.raises(StoreRefused) as caught:
            await check_redis(client, url)

    assert "hunter22" not in str(caught.value)


async def test_a_database_without_tables_is_to_be_migrated(postgres_url: str) -> None:
    async with open_pool(str(URL(postgres_url).with_path("/postgres"))) as pool:
        with pytest.raises(StoreDown, match=r"run python -m shared\.stores\.migrate") as caught:
            await check_database(pool)

    assert not isinstance(caught.value, StoreRefused)


async def test_a_database_that_is_not_there_is_refused(postgres_url: str) -> None:
    async with open_pool(str(URL(postgres_url).with_path("/nowhere"))) as pool:
        with pytest.raises(StoreRefused, match="nowhere"):
            await check_database(pool)


async def test_a_bucket_that_is_not_there_is_refused_in_the_words_of_s3(store_variables: dict[str, str]) -> None:
    async with open_renderer_checks(renderer_of(store_variables, S3_BUCKET="nowhere")) as checks:
        outcome = (await check_once({"s3": checks["s3"]}))["s3"]

    assert isinstance(outcome, StoreRefused)
    assert "NoSuchBucket" in str(outcome)


async def _refuse() -> Finding:
    raise StoreRefused("s3: SignatureDoesNotMatch: the signature does not match")


async def _found() -> Finding:
    return Finding("as it should be")


async def test_a_store_that_refuses_stops_the_start() -> None:
    with pytest.raises(CannotStart, match="SignatureDoesNotMatch"):
        await require_stores({"s3": _refuse, "redis": _found}, asyncio.Event())


async def test_a_store_that_is_away_is_waited_for_and_then_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_check, "_PAUSE_S", 0.0)

    async def away() -> Finding:
        raise StoreDown("redis: the server cannot be reached")

    with capture_logs() as logs:
        await require_stores({"redis": away, "postgres": _found}, asyncio.Event(), wait_s=0.05)

    assert ["store_awaited", "store_still_away", "store_checked"] == [each["event"] for each in logs]


async def test_a_store_that_comes_back_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_check, "_PAUSE_S", 0.0)
    statuses = iter([503, 503, 200])

    async def returning() -> Finding:
        if (status := next(statuses)) != HTTPStatus.OK:
            raise StoreDown(f"s3: status {status}")
        return Finding("stores an object")

    with capture_logs() as logs:
        await require_stores({"s3": returning}, asyncio.Event())

    assert "store_checked" == logs[-1]["event"]


async def test_a_check_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_check, "ASK_S", 0.01)
    checks: dict[str, StoreCheck] = {"redis": partial(asyncio.Future[Finding])}

    outcome = (await check_once(checks))["redis"]

    assert isinstance(outcome, StoreDown)
    assert "no answer within" in str(outcome)


async def test_a_process_that_is_told_to_stop_waits_no_longer() -> None:
    stopping = asyncio.Event()
    checks: dict[str, StoreCheck] = {"redis": partial(asyncio.Future[Finding])}
    waiting = asyncio.create_task(require_stores(checks, stopping))
    await asyncio.sleep(0)

    stopping.set()

    async with asyncio.timeout(30):
        await waiting


@pytest.mark.usefixtures("_own_logs")
async def test_the_command_prints_what_each_store_says(
    store_variables: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async def run(**changed: str) -> int:
        opening = partial(open_renderer_checks, renderer_of(store_variables, **changed))
        return await asyncio.to_thread(run_check, "renderer", ["check"], opening)

    good = await run()
    table = capsys.readouterr().out
    away = await run(REDIS_URL=f"redis://{NOTHING_THERE}/0")
    refused = await run(S3_BUCKET="nowhere")
    others = capsys.readouterr().out

    assert (0, 1, 1) == (good, away, refused)
    assert all(word in table for word in ("postgres", "redis", "s3", "PostgreSQL", "Valkey", "stores, returns"))
    assert all(word in others for word in ("not usable", "refuses", "NoSuchBucket"))


@pytest.mark.parametrize("words", [["chekc"], ["check", "--wait", "-1"], ["check", "--wait", "soon"]])
def test_other_words_end_with_the_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_check("gateway", words, partial(open_gateway_checks, load_gateway(GATEWAY)))

    assert 2 == ended.value.code
    assert "usage: python -m gateway" in capsys.readouterr().err
