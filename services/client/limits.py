"""The seam behind which the replicas share, or do not, what keeps a source from being pressed."""

from collections.abc import Sequence
from typing import Protocol

from services.client.circuit_breaker import Breaker, BreakerRules, MemoryBreaker
from services.client.key_pool import KeyPool, MemoryKeyPool, Quota, names_of
from shared.config.environment import Secret


class SourceLimits(Protocol):
    """Builds what keeps a source from being pressed."""

    def breaker(self, source: str) -> Breaker:
        """Return the breaker of a source."""
        ...

    def ring(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the ring of a source's keys; without keys, of one that is nameless."""
        ...


class MemoryLimits:
    """Every process for itself."""

    def __init__(self, *, rules: BreakerRules = BreakerRules()) -> None:  # noqa: B008 - frozen
        self._rules = rules

    def breaker(self, source: str) -> Breaker:
        """Return the breaker of a source."""
        return MemoryBreaker(source, rules=self._rules)

    def ring(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the ring of a source's keys."""
        return MemoryKeyPool(source, names_of(source, keys), quota)
