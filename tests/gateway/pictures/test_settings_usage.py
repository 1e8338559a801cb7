"""Looks in use are noted in batches, and none is lost to an outage."""

from collections.abc import Mapping
from functools import partial

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics
from gateway.pictures import settings_usage
from gateway.pictures.settings_usage import SettingsUsage
from shared.domain.errors import StoreDown
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from shared.stores.settings_rows import SettingsUse

LOOKS = [parse(Kind.POSTER, Format.JPG, {"ratings_limit": str(number)}) for number in range(3)]


class Registry:
    """Takes notes, or fails."""

    def __init__(self) -> None:
        self.batches: list[set[SettingsHash]] = []
        self.is_down = False
        self.numbers = CollectorRegistry()
        self.looks = SettingsUsage(self.write, GatewayMetrics(self.numbers))

    async def write(self, looks: Mapping[SettingsHash, SettingsUse]) -> None:
        if self.is_down:
            raise StoreDown("as the test wants it")
        self.batches.append(set(looks))

    def note(self, *looks: Settings) -> list[bool]:
        return [self.looks.note(settings_hash(look), partial(msgspec.structs.replace, look)) for look in looks]

    @property
    def waiting(self) -> float | None:
        return self.numbers.get_sample_value("gateway_limit_used", {"limit": "asked_looks"})


async def test_looks_are_noted_once_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_usage, "BATCH", 2)
    registry = Registry()
    registry.note(*LOOKS, *LOOKS)

    await registry.looks.flush()
    await registry.looks.flush()

    assert [2, 1] == [len(batch) for batch in registry.batches]
    assert {settings_hash(look) for look in LOOKS} == set().union(*registry.batches)


async def test_what_cannot_be_noted_is_noted_later() -> None:
    registry = Registry()
    registry.note(LOOKS[0])
    registry.is_down = True
    await registry.looks.flush()
    kept = registry.waiting
    registry.is_down = False

    await registry.looks.close()

    assert (1, 0) == (kept, registry.waiting)
    assert [{settings_hash(LOOKS[0])}] == registry.batches


async def test_no_more_looks_wait_than_the_limit_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_usage, "MOST_WAITING", 2)
    registry = Registry()

    taken = registry.note(*LOOKS, LOOKS[0])

    assert [True, True, False, True] == taken
    assert 2 == registry.waiting
