"""The interface for circuit breakers and key pools, which are kept in memory or shared by all replicas."""

from collections.abc import Sequence
from typing import Protocol

from services.client.circuit_breaker import Breaker, BreakerRules, MemoryBreaker
from services.client.key_pool import KeyPool, MemoryKeyPool, Quota, key_names
from shared.config.environment import Secret


class SourceLimits(Protocol):
    """Builds the circuit breaker and the key pool of a source."""

    def breaker(self, source: str) -> Breaker:
        """Return the circuit breaker of a source."""
        ...

    def key_pool(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the key pool of a source; without keys, the pool holds one nameless key."""
        ...


class MemoryLimits:
    """Limits of this process alone."""

    def __init__(self, *, rules: BreakerRules = BreakerRules()) -> None:  # noqa: B008 - frozen
        self._rules = rules

    def breaker(self, source: str) -> Breaker:
        """Return the circuit breaker of a source."""
        return MemoryBreaker(source, rules=self._rules)

    def key_pool(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the key pool of a source."""
        return MemoryKeyPool(source, key_names(source, keys), quota)
