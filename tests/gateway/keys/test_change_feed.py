"""A change counts at once on the gateway that makes it, and on the others within five seconds."""

import asyncio
import hashlib
import secrets
import time

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.api_keys import add_key
from gateway.db.audit import Action, ChangeSet, changing
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import ChangeFeed
from gateway.metrics import GatewayMetrics
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.doubles import MemoryChanges, MemoryKeys, Outside

WITHIN_S = 5.0
_PAUSE_S = 0.15  # the other asks no more often than a key may be checked


async def seconds_until(caller: Caller, key: str, status: int, limit: int | None = None) -> float:
    """Ask until this is the answer; return how long it took, and fail when it takes far too long."""
    began = time.monotonic()
    async with asyncio.timeout(4 * WITHIN_S):
        while True:
            answer = await caller.get(f"/{key}/isValid")
            if answer.status == status and limit in {None, answer.json.get("limit")}:
                return time.monotonic() - began
            await asyncio.sleep(_PAUSE_S)


@pytest.mark.parametrize("form", ["key", "share"])
async def test_a_key_stops_and_goes_on_where_the_other_says_so(
    admin: Caller, postgres_url: str, valkey_url: str, form: str
) -> None:
    made = (await admin.post("/api/keys", {"name": "home"})).json
    path, key = f"/api/keys/{made['id']}", made[form]

    async with gateway(postgres_url, valkey_url) as other:
        first = (await other.get(f"/{key}/isValid")).status
        await admin.ask("PATCH", path, {"disabled": True})
        took = [await seconds_until(other, key, 401)]
        await admin.ask("PATCH", path, {"disabled": False})
        took.append(await seconds_until(other, key, 200))
        await admin.ask("DELETE", path)
        took.append(await seconds_until(other, key, 401))

    assert (200, []) == (first, [seconds for seconds in took if seconds >= WITHIN_S])


async def test_a_replaced_share_form_stops_on_the_other(admin: Caller, postgres_url: str, valkey_url: str) -> None:
    made = (await admin.post("/api/keys", {"name": "home"})).json

    async with gateway(postgres_url, valkey_url) as other:
        first = (await other.get(f"/{made['share']}/isValid")).status
        replaced = (await admin.post(f"/api/keys/{made['id']}/share")).json["share"]
        took = await seconds_until(other, made["share"], 401)
        after = [(await other.get(f"/{key}/isValid")).status for key in (replaced, made["key"])]

    assert (200, True, [200, 200]) == (first, took < WITHIN_S, after)


async def test_a_key_that_was_refused_works_soon_after_it_is_made(caller: Caller, pool: Pool) -> None:
    key = secrets.token_hex(32)
    before = (await caller.get(f"/{key}/isValid")).status

    async with changing(pool, "cli", Action.KEY_CREATED) as change:
        made = await add_key(
            change.db,
            name="home",
            key_hash=hashlib.sha256(key.encode()).digest(),
            key_prefix=key[:8],
            share_hash=secrets.token_bytes(32),
            tier=0,
            monthly_limit=0,
            direct=False,
        )
        assert made is not None
        change.key_ids.add(made.id)
    took = await seconds_until(caller, key, 200)

    assert (401, True) == (before, took < WITHIN_S)


async def test_a_new_limit_counts_on_the_other(admin: Caller, postgres_url: str, valkey_url: str) -> None:
    made = (await admin.post("/api/keys", {"name": "home"})).json

    async with gateway(postgres_url, valkey_url) as other:
        before = (await other.get(f"/{made['key']}/isValid")).json["limit"]
        await admin.ask("PATCH", f"/api/keys/{made['id']}", {"monthly_limit": 7})
        took = await seconds_until(other, made["key"], 200, limit=7)

    assert (0, True) == (before, took < WITHIN_S)


async def test_a_change_is_in_effect_before_its_answer(
    admin: Caller, postgres_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.CHANGES_EVERY_S", 3600.0)
    made = (await admin.post("/api/keys", {"name": "home"})).json

    async with gateway(postgres_url, valkey_url) as one:
        one.token = admin.token
        seen = [(await one.get(f"/{made['key']}/isValid")).status]
        for disabled in (True, False):
            answer = await one.ask("PATCH", f"/api/keys/{made['id']}", {"disabled": disabled})
            assert answer.status == 200, answer.body
            seen.append((await one.get(f"/{made['key']}/isValid")).status)

    assert [200, 401, 200] == seen


class OverlapCounted(MemoryChanges):
    """Counts how many reads go on at the same time."""

    reads = at_once = most_at_once = 0

    async def after(self, last: int) -> ChangeSet:
        self.reads += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)  # others get their turn
        self.at_once -= 1
        return await super().after(last)


async def test_polls_do_not_overlap() -> None:
    outside = Outside()
    source = OverlapCounted(outside)
    keys = ApiKeyCache(MemoryKeys(outside), GatewayMetrics(CollectorRegistry()), free_key=False)
    feed = ChangeFeed(source, keys, free_key=None)

    await asyncio.gather(*(feed.poll() for _ in range(3)))

    assert (3, 1) == (source.reads, source.most_at_once)
