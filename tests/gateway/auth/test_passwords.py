import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.auth import passwords
from gateway.auth.passwords import MAX_AT_ONCE, MAX_PENDING, Passwords
from gateway.metrics import GatewayMetrics
from shared.domain.errors import Busy


class SlowHasher:
    """Hashes when it is let, and counts how many do at once."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.let.wait(10)
        with self.lock:
            self.now -= 1
        return f"hash of {password}"

    def verify(self, password_hash: str, _: str) -> bool:
        self.verified.append(password_hash)
        return True


@pytest.fixture
def store() -> Iterator[Passwords]:
    store = Passwords(GatewayMetrics(CollectorRegistry()))
    yield store
    store.close()


def slow(store: Passwords) -> SlowHasher:
    hasher: Any = SlowHasher()
    store._hasher = hasher
    assert isinstance(hasher, SlowHasher)
    return hasher


async def test_a_password_is_known_by_its_argon2id_hash(store: Passwords) -> None:
    kept = await store.hash("correct horse")

    assert kept.startswith("$argon2id$")
    assert [True, False, False] == [
        await store.verify(kept, "correct horse"),
        await store.verify(kept, "wrong horse"),
        await store.verify("no hash at all", "correct horse"),
    ]


async def test_an_unknown_name_costs_a_comparison_and_is_never_right(store: Passwords) -> None:
    hasher = slow(store)
    hasher.let.set()

    is_right = await store.verify(None, "anything")

    assert (False, 1) == (is_right, len(hasher.verified))


async def test_few_are_hashed_at_once_and_too_many_are_told_to_come_back(store: Passwords) -> None:
    hasher = slow(store)
    waiting = [asyncio.create_task(store.hash("x")) for _ in range(MAX_PENDING)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await store.hash("one more")
    hasher.let.set()
    await asyncio.gather(*waiting)

    assert 0 < hasher.most <= MAX_AT_ONCE


async def test_nobody_waits_for_ever(store: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "DEADLINE_S", 0.01)
    hasher = slow(store)

    with pytest.raises(Busy):
        await store.hash("x")
    hasher.let.set()
