"""How old the lists of titles are that pictures need, for an alert before anybody misses their labels."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from renderer.labels.list_day import list_day
from renderer.metrics import RendererMetrics

IN_USE: Final = timedelta(hours=6)
"""How long after its last use a list counts as used; nothing fetches the others, so they may be as old as they like."""

_DAY_S: Final = 86_400.0


class _Use(msgspec.Struct, frozen=True):
    """When a list was needed, and its age in days at that moment."""

    at: datetime
    age: int


class ListAges:
    """Exports the age of each list: in seconds, of whole days, as of its last use, and 0 while it is not in use."""

    def __init__(self, metrics: RendererMetrics, names: Iterable[str], now: Callable[[], datetime]) -> None:
        self._now = now
        self._uses: dict[str, _Use] = {}
        self._missed_since: dict[str, date] = {}
        for name in names:
            metrics.title_list_age.labels(name).set_function(partial(self._age, name))

    def note_use(self, name: str, day: date | None) -> None:
        """Record that a list was needed, with its day; one that was never fetched ages from the first use on."""
        now = self._now()
        today = list_day(now)
        if day is None:
            day = self._missed_since.setdefault(name, today)
        else:
            self._missed_since.pop(name, None)
        self._uses[name] = _Use(now, max(0, (today - day).days))

    def _age(self, name: str) -> float:
        use = self._uses.get(name)
        return use.age * _DAY_S if use is not None and self._now() - use.at < IN_USE else 0.0
