"""What we remember of the sources' answers: facts, each for its own lifetime; accidents never.

However many callers ask the same thing at once, one call is made for all of them: those of one process always, those of
all replicas where the cache shares its facts.
"""

import asyncio
import hashlib
import time
import uuid
import zlib
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

import msgspec
from cachetools import TLRUCache

from services.client.circuit_breaker import KeysExhausted
from services.client.priority import is_background
from services.client.remote_cache import Kept, RemoteCache, Turn
from shared.concurrency.backoff import pauses
from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import StoreDown

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S

WAIT_S: Final = 8.0
"""How long to wait for what another replica is asking, before asking too."""

MOST_SHARED_BYTES: Final = 64 << 10
"""Larger facts are not shared: each replica asks for them."""

_MOST_PLAIN_BYTES: Final = 8 * MOST_SHARED_BYTES  # what zlib is given on the event loop: a few milliseconds
_PAUSES_S: Final = (0.02, 0.25, 1.5)  # first, longest, factor


class _Held(msgspec.Struct, Generic[_V], frozen=True):
    value: _V
    lifetime_s: float


class SharedCache(Generic[_K, _V]):
    """How one cache shares its facts with its namesakes in other replicas; :func:`share` builds it.

    ``name`` is the cache's own among all, ``of`` the type of its values for msgspec, ``spell`` writes a key, without a
    secret in it and no two keys alike. A fact is kept remotely for ``most_s`` at most; its lifetime stays its own.
    """

    def __init__(
        self,
        remote: RemoteCache,
        name: str,
        of: Any,
        *,
        spell: Callable[[_K], str] = str,
        most_s: float = DAY_S,
        wait_s: float = WAIT_S,
    ) -> None:
        self._remote = remote
        self._name = f"{name}.{_version(of)}"
        self._spell = spell
        self._most_s = most_s
        self._wait_s = wait_s
        self._decoder = msgspec.msgpack.Decoder(tuple[float, of])

    async def get(self, key: _K, ask: Callable[[], Awaitable[_V]], lifetime_s: Callable[[_V], float]) -> _Held[_V]:
        """Return what any replica knows, or ask unless another replica is asking. What ``ask`` raises is raised."""
        name, holder = self._named(key), uuid.uuid4().hex
        found: _Held[_V] | None = None
        kept: Kept | None = None
        try:
            found = await self._find(name, holder)
            if found is not None:
                return found
            value = await ask()
            held = _Held(value, lifetime_s(value))
            kept = self._pack(held)
            return held
        finally:
            if found is None:  # the turn goes back whatever happened, or the others would wait for nobody
                with suppress(StoreDown):
                    await self._remote.release(name, holder, kept)

    async def forget(self, key: _K) -> None:
        """Drop what turned out to be no fact; a lost Redis holds nothing."""
        with suppress(StoreDown):
            await self._remote.forget(self._named(key))

    async def _find(self, name: str, holder: str) -> _Held[_V] | None:
        """Return what is kept, waiting while another replica asks; ``None``: it is for us to ask."""
        with suppress(StoreDown, TimeoutError):
            async with asyncio.timeout(self._wait_s):
                for pause_s in pauses(*_PAUSES_S):
                    seen = await self._remote.fetch(name, holder)
                    if isinstance(seen, Kept):
                        return self._unpack(seen)
                    if seen is Turn.OURS:
                        return None
                    await asyncio.sleep(pause_s)
        return None

    def _named(self, key: _K) -> str:
        return f"{self._name}:{self._spell(key)}"

    def _pack(self, held: _Held[_V]) -> Kept | None:
        left_s = min(held.lifetime_s, self._most_s)
        plain = msgspec.msgpack.encode((held.lifetime_s - left_s, held.value))
        if left_s <= 0 or len(plain) > _MOST_PLAIN_BYTES:
            return None
        body = zlib.compress(plain, 1)
        return Kept(body, left_s) if len(body) <= MOST_SHARED_BYTES else None

    def _unpack(self, kept: Kept) -> _Held[_V] | None:
        """Return the fact; what this version cannot read is none."""
        try:
            plain = zlib.decompressobj().decompress(kept.body, _MOST_PLAIN_BYTES)
            beyond_s, value = self._decoder.decode(plain)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return _Held(value, kept.left_s + beyond_s)


def share(
    remote: RemoteCache | None, name: str, of: Any, *, spell: Callable[[_K], str] = str, most_s: float = DAY_S
) -> SharedCache[_K, _V] | None:
    """Return how to share, or ``None`` where there is nobody to share with; see ``SharedCache``."""
    return SharedCache(remote, name, of, spell=spell, most_s=most_s) if remote else None


class TieredResponseCache(Generic[_K, _V]):
    """Facts by key, in memory; the least recently used leave first.

    ``most`` bounds the sum of ``sizeof`` over all facts, which counts one each when it is not given. A fact larger than
    all that is handed over and not kept. With ``shared``, all replicas know what one has learned.
    """

    def __init__(
        self,
        most: int,
        lifetime_s: Callable[[_V], float],
        *,
        sizeof: Callable[[_V], int] | None = None,
        shared: SharedCache[_K, _V] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        size = sizeof or (lambda _: 1)
        self._most = most
        self._lifetime_s = lifetime_s
        self._size = size
        self._shared = shared
        self._facts: TLRUCache[_K, _Held[_V]] = TLRUCache(
            most,
            ttu=lambda _, held, now: now + held.lifetime_s,
            timer=clock,
            getsizeof=lambda held: size(held.value),
        )
        self._asked: SingleFlight[_K, _V] = SingleFlight(abandon=True)
        self._forgotten: SingleFlight[_K, None] = SingleFlight()

    async def get(
        self, key: _K, ask: Callable[[], Awaitable[_V]], *, lifetime_s: Callable[[_V], float] | None = None
    ) -> _V:
        """Return what we know, or ask once however many wait. What ``ask`` raises is raised and not kept.

        A caller that gives up does not disturb the others; when all have given up, so does the question.
        """
        held = self._facts.get(key)
        if held is not None:
            return held.value

        def learn() -> Awaitable[_V]:
            return self._ask(key, ask, lifetime_s or self._lifetime_s)

        joined = key in self._asked
        try:
            return await self._asked.run(key, learn)
        except KeysExhausted:
            if not joined or is_background():
                raise
            # Whoever asked may have been in no hurry, and then could not use what is kept for us.
            return await self._asked.run(key, learn)

    def forget(self, key: _K) -> None:
        """Drop what turned out to be no fact, here at once and then where it is shared.

        Other replicas that have it in memory keep it for the rest of its lifetime.
        """
        self._facts.pop(key, None)
        shared = self._shared
        if shared:
            self._forgotten.begin(key, lambda: shared.forget(key))

    async def _ask(self, key: _K, ask: Callable[[], Awaitable[_V]], lifetime_s: Callable[[_V], float]) -> _V:
        held = await self._learn(key, ask, lifetime_s)
        if self._size(held.value) <= self._most:
            self._facts[key] = held
        return held.value

    async def _learn(self, key: _K, ask: Callable[[], Awaitable[_V]], lifetime_s: Callable[[_V], float]) -> _Held[_V]:
        shared = self._shared
        if shared is None:
            value = await ask()
            return _Held(value, lifetime_s(value))
        if key in self._forgotten:  # or we should be told what we have just called wrong
            await self._forgotten.run(key, lambda: shared.forget(key))
        return await shared.get(key, ask, lifetime_s)


def _version(of: Any) -> str:
    """Return a tag that is another one when the type has another shape: versions side by side do not meet."""
    schema = msgspec.json.encode(msgspec.json.schema(of), order="sorted")
    return hashlib.sha256(schema).hexdigest()[:8]
