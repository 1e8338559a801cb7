"""The gateway's stores in memory: they keep what the real ones keep, can be down, and count every call."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import msgspec

from gateway.db.audit import ChangeSet
from gateway.db.global_settings import GlobalRow
from gateway.db.presets import PresetRow
from gateway.db.title_pins import NamedPin
from gateway.keys.api_key import ApiKey
from gateway.keys.token import FREE_KEY, Form, KeyToken
from gateway.stores import Stores
from shared.domain.errors import StoreDown
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import Depth, EnqueueResult
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.stores.settings_rows import SettingsUse
from tests.shared.queue.memory import MemoryQueue

KEY = "0123456789abcdef" * 4
SHARE = "h.00112233445566778899aabbccddeeff"
FREE_ID, KEY_ID = 1, 2


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclass
class Outside:
    """Whether the stores can be reached, and how often anything asked them."""

    is_down: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def asked(self, name: str, times: int = 1) -> None:
        """Wait until something was asked so often."""
        async with asyncio.timeout(60):
            while self.calls[name] < times:
                self._news.clear()
                await self._news.wait()

    def call(self, name: str) -> None:
        self.calls[name] += 1
        self._news.set()
        if self.is_down:
            raise StoreDown(f"{name}: as the test wants it")


class MemoryKeys:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.api_keys = {
            digest(FREE_KEY): ApiKey(FREE_ID),
            digest(KEY): ApiKey(KEY_ID, 10_000),
            digest(SHARE): ApiKey(KEY_ID, 10_000),
        }

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        self._outside.call("keys.find")
        return [self._api_key(token) for token in tokens]

    def _api_key(self, token: KeyToken) -> ApiKey | None:
        holder = self.api_keys.get(token.digest)
        return holder and msgspec.structs.replace(holder, is_free=token.form is Form.FREE)


class MemoryChanges:
    """Changes that the test makes. Asking for them counts as no call: it goes on beside the requests."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.told: list[int | None] = []
        self.chosen = GlobalRow("{}", free_key_enabled=False)
        self.pinned: list[NamedPin] = []
        self.published: list[PresetRow] = []

    async def after(self, last: int) -> ChangeSet:
        if self._outside.is_down:
            raise StoreDown("changes: as the test wants it")
        return ChangeSet(len(self.told), frozenset() if last < 0 else frozenset(self.told[last:]))

    async def globals(self) -> GlobalRow:
        return self.chosen

    async def pins(self) -> list[NamedPin]:
        return self.pinned

    async def presets(self) -> list[PresetRow]:
        return self.published


class MemoryUsage:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.stored: Counter[tuple[int, date]] = Counter()

    async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
        self._outside.call("usage.add")
        month = day.replace(day=1)
        self.stored.update({(key_id, month): number for key_id, number in counts.items()})
        return {key_id: self.stored[key_id, month] for key_id in counts}

    async def find(self, key_id: int, month: date) -> int:
        self._outside.call("usage.find")
        return self.stored[key_id, month.replace(day=1)]


class MemoryAdmins:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.admins: dict[str, str] = {}

    async def ensure(self, username: str, password_hash: str) -> bool:
        self._outside.call("admins.ensure")
        if self.admins:
            return False
        self.admins[username] = password_hash
        return True


class MemorySettingsStore:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.stored: dict[SettingsHash, Settings] = {}
        self.free_only: set[SettingsHash] = set()
        self._known: set[SettingsHash] = set()
        self.deletions = 0

    def is_known(self, settings_hash: SettingsHash) -> bool:
        return settings_hash in self._known

    def invalidate(self, settings_hash: SettingsHash) -> None:
        self._known.discard(settings_hash)
        self.deletions += 1

    async def remember(
        self, settings: Settings, admit: Callable[[], None] | None = None, *, is_free_only: bool = False
    ) -> SettingsHash:
        self._outside.call("looks.remember")
        name = settings_hash(settings)
        if admit is not None and name not in self.stored:
            admit()
        if name not in self.stored and is_free_only:
            self.free_only.add(name)
        self.stored[name] = settings
        self._known.add(name)
        return name


class MemoryNotes:
    """Keeps which looks were noted; asking for that counts as no call: it goes on beside the requests."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.noted: dict[SettingsHash, SettingsUse] = {}

    async def mark_settings_used(self, in_use: Mapping[SettingsHash, SettingsUse]) -> None:
        if self._outside.is_down:
            raise StoreDown("notes: as the test wants it")
        self.noted.update(in_use)


class CountingOffers:
    """A real queue that counts, and can be down."""

    def __init__(self, outside: Outside, queue: MemoryQueue) -> None:
        self._outside, self._queue = outside, queue
        self.batches: list[list[RenderJob]] = []

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        self._outside.call("offers.offer")
        self.batches.append(list(jobs))
        return await self._queue.enqueue(jobs, hint=hint, client=client)

    async def depth(self) -> dict[Priority, Depth]:
        return await self._queue.depth()


class MemoryStores:
    """All of them, with one switch for each half: ``postgres`` and ``redis``."""

    def __init__(self) -> None:
        self.postgres, self.redis = Outside(), Outside()
        self.keys, self.usage = MemoryKeys(self.postgres), MemoryUsage(self.postgres)
        self.changes, self.notes = MemoryChanges(self.postgres), MemoryNotes(self.postgres)
        self.admins, self.settings_store = MemoryAdmins(self.postgres), MemorySettingsStore(self.postgres)
        self.queue = MemoryQueue()
        self.offers = CountingOffers(self.redis, self.queue)

    @property
    def calls(self) -> int:
        """How often anything outside was asked."""
        return sum((self.postgres.calls + self.redis.calls).values())

    def as_stores(self) -> Stores:
        return Stores(
            keys=self.keys,
            changes=self.changes,
            usage=self.usage,
            ensure_admin=self.admins.ensure,
            settings_store=self.settings_store,
            mark_settings_used=self.notes.mark_settings_used,
            offers=self.offers,
            pings={"postgres": partial(_ping, self.postgres), "redis": partial(_ping, self.redis)},
        )


async def _ping(outside: Outside) -> None:
    outside.call("ping")
