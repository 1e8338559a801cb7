"""Whose trouble a failed call is: that of one question, of one key, or of the whole source.

Only the last kind counts on the source's circuit breaker. A *question* is a request without its key, so it stands for
one title. An answer that cannot be read is the question's own trouble, until several questions in a row have no
readable answer and a question that was answered well before fails as well.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from cachetools import LRUCache

from services.client.circuit_breaker import BreakerRules, CircuitOpen
from services.client.http import Request
from shared.domain.errors import SourceDown, SourceError, SourceInvalidResponse, SourceRefused, SourceTooLarge

SEVERAL: Final = 3
"""This many questions in a row without a readable answer cast doubt on the source."""

_MAX_QUESTIONS: Final = 1_000  # that failed lately, per source

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def question_of(request: Request) -> bytes:
    """Return what a request asks, the same for every key."""
    return msgspec.json.encode((request.url, sorted(request.query.items()), request.body.decode("utf-8", "replace")))


class QuestionFailures:
    """Holds a question off when its own answers keep failing, and knows whether the source is in doubt.

    Of this process alone. The same rules hold as for a source's circuit breaker.
    """

    def __init__(
        self,
        source: str,
        *,
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._rules, self._clock = source, rules, clock
        self._failures: LRUCache[bytes, deque[float]] = LRUCache(_MAX_QUESTIONS)
        self._unreadable: set[bytes] = set()
        self._is_garbled = False
        self._next_check = 0.0

    def check(self, request: Request) -> None:
        """Raise ``CircuitOpen`` if the question is held off."""
        failures = self._failures.get(question_of(request)) if self._failures else None
        if failures is None or len(failures) < self._rules.failures:
            return
        left_s = failures[-1] + self._rules.open_s - self._clock()
        if failures[-1] - failures[0] <= self._rules.within_s and left_s > 0:
            raise CircuitOpen(self._source, "not requested: the same request failed a moment ago", retry_after_s=left_s)

    def answered(self, request: Request) -> None:
        """Record a readable answer: the source is well."""
        if self._failures:
            self._failures.pop(question_of(request), None)
        self._unreadable.clear()
        self._is_garbled = False

    def failed(self, request: Request, error: SourceError) -> bool:
        """Record a failure; return whether it is the question's own trouble, as far as is known."""
        is_server_error = isinstance(error, SourceDown) and error.status is not None
        is_own_refusal = isinstance(error, SourceRefused) and error.is_local
        if not is_server_error and not is_own_refusal and not isinstance(error, SourceInvalidResponse | SourceTooLarge):
            return False  # there was no answer
        question, now = question_of(request), self._clock()
        failures = self._failures.setdefault(question, deque(maxlen=self._rules.failures))
        is_repeated = bool(failures) and now - failures[-1] <= self._rules.within_s
        failures.append(now)
        if is_server_error:
            return is_repeated  # the first one may be an outage, which other questions meet too
        if is_own_refusal:
            return True
        if isinstance(error, SourceInvalidResponse) and len(self._unreadable) < SEVERAL:
            self._unreadable.add(question)
        return not self._is_garbled

    def wants_check(self) -> bool:
        """Return whether a question that was answered well before must decide now; once per ``open_s``."""
        if self._is_garbled or len(self._unreadable) < SEVERAL or self._clock() < self._next_check:
            return False
        self._next_check = self._clock() + self._rules.open_s
        return True

    def distrust(self) -> None:
        """Record that the well-known question failed too: from now on unreadable answers are the source's trouble."""
        self._is_garbled = True
        log.warning("source_answers_unreadable", source=self._source)


class KeyFailures:
    """Tells a key whose calls fail while those of other keys succeed. Of this process alone."""

    def __init__(
        self,
        keys: int,
        *,
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules, self._clock = rules, clock
        self._failures: list[deque[float]] = [deque(maxlen=rules.failures) for _ in range(keys)]
        self._failing_since: list[float | None] = [None] * keys
        self._succeeded_at: list[float] = [-1.0] * keys

    def succeeded(self, index: int) -> None:
        """Record an answered call of a key."""
        self._succeeded_at[index] = self._clock()
        self._failing_since[index] = None
        self._failures[index].clear()

    def failed(self, index: int) -> bool:
        """Record a failed call; return whether it is the key's own trouble, because another key works meanwhile."""
        now = self._clock()
        since = self._failing_since[index]
        if since is None:
            self._failing_since[index] = since = now
        is_own = any(at > since for nth, at in enumerate(self._succeeded_at) if nth != index)
        if is_own:
            self._failures[index].append(now)
        return is_own

    def is_worn_out(self, index: int) -> bool:
        """Return whether a key failed so often on its own that it should rest."""
        failures = self._failures[index]
        is_full = len(failures) == self._rules.failures
        return is_full and failures[-1] - failures[0] <= self._rules.within_s
