"""How long a picture stays fresh: from the film's age to a lifetime, and from that to ``Cache-Control``. Pure.

With m = ``stale_s``, M = ``max_age_s`` and age = now − film date, a picture is fresh for m when the date is unknown or
in the future, forever when age ≥ M, and otherwise for m + age · (M − m) / M. A series that has not ended is never
settled: after a pause of any length it is fresh for M. A picture whose labels change at a known moment is fresh until
then at most. With ``image_stale_s``, no picture is fresh once it is that old, and an older one is redrawn whatever a
check finds.
"""

import math
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final

import msgspec

YEAR_S: Final = 31_536_000
"""How "forever" is written in a header: one year."""

HALF_YEAR_S: Final = 180 * 86_400
"""Days fewer than the six months for which TMDB allows its data to be kept: the rest is for redrawing and deleting."""

OVERDUE_S: Final = 2 * 86_400
"""How long a picture that must be redrawn may still be served meanwhile, such as while its sources are down."""

_HOUR_S: Final = 3600
DEGRADED_S: Final = 1200
FALLBACK_S: Final = 60
STALE_S: Final = 300
FACT_S: Final = 300

NO_STORE: Final = "no-store"
FALLBACK: Final = f"public, max-age={FALLBACK_S}"
STALE: Final = f"public, max-age={STALE_S}"
FACT: Final = f"public, max-age={FACT_S}"
REDIRECT: Final = "public, max-age=300, stale-while-revalidate=3600"
DIRECT: Final = "public, max-age=3600, stale-while-revalidate=86400"


BUCKET_REDIRECT: Final = "public, max-age=300"
"""Of a redirect to a picture in the bucket: it leads nowhere once the picture is purged."""

MOST_IN_BUCKET_S: Final = 7 * 86_400
"""Longest ``max-age`` of an object. It counts from whenever a cache fetches the object, however old that is by then."""


class LifetimeRule(msgspec.Struct, frozen=True):
    """The operator's values, in seconds: the lifetime for the newest film, and the age from which a film is settled.

    ``image_stale_s`` is the age from which a picture is redrawn even if nothing seems to have changed; 0 is never.
    """

    stale_s: int = 86_400
    max_age_s: int = YEAR_S
    image_stale_s: int = 0


class Freshness(StrEnum):
    """Whether a stored picture is still fresh."""

    FRESH = "fresh"
    STALE = "stale"
    """Due for a check, which may find that nothing has changed."""
    OVERDUE = "overdue"
    """To be redrawn, whatever a check finds or found recently."""


def lifetime_s(film_date: date | None, now: datetime, rule: LifetimeRule, *, is_running: bool = False) -> int | None:
    """Return for how many seconds a picture of this film stays fresh; ``None`` when it is settled.

    With ``is_running`` it is of a series that has not ended, which may go on at any time.
    """
    if film_date is None:
        return rule.stale_s
    age = (now - datetime.combine(film_date, time(), UTC)).total_seconds()
    if age < 0:
        return rule.stale_s
    if age >= rule.max_age_s:
        return rule.max_age_s if is_running else None
    return int(rule.stale_s + age * (rule.max_age_s - rule.stale_s) / rule.max_age_s)


def ttl_s(
    *,
    film_date: date | None,
    degraded: bool,
    now: datetime,
    rule: LifetimeRule,
    is_running: bool = False,
    changes_at: datetime | None = None,
) -> int | None:
    """Return for how many seconds a picture stays fresh once drawn; ``None`` for forever.

    ``changes_at`` is when one of its labels will say something else.
    """
    limits = [DEGRADED_S if degraded else lifetime_s(film_date, now, rule, is_running=is_running)]
    limits.append(rule.image_stale_s or None)
    limits.append(None if changes_at is None else max(1, int((changes_at - now).total_seconds())))
    return min((limit for limit in limits if limit is not None), default=None)


def state(
    *,
    film_date: date | None,
    degraded: bool,
    drawn_at: datetime,
    now: datetime,
    rule: LifetimeRule,
    is_running: bool = False,
    changes_at: datetime | None = None,
) -> Freshness:
    """Return whether a picture drawn at ``drawn_at`` is due for a check, or for a redraw.

    ``changes_at`` is when, after it was drawn, one of its labels says something else.
    """
    age_s = (now - drawn_at).total_seconds()
    if rule.image_stale_s and age_s >= rule.image_stale_s:
        return Freshness.OVERDUE
    if changes_at is not None and now >= changes_at:
        return Freshness.STALE
    seconds = ttl_s(film_date=film_date, degraded=degraded, now=now, rule=rule, is_running=is_running)
    return Freshness.FRESH if seconds is None or age_s < seconds else Freshness.STALE


def cache_control(
    *,
    film_date: date | None,
    degraded: bool,
    now: datetime,
    rule: LifetimeRule,
    is_running: bool = False,
    changes_at: datetime | None = None,
    drawn_at: datetime | None = None,
) -> str:
    """Return the header of a fresh picture; ``changes_at`` as in :func:`ttl_s`.

    ``drawn_at`` is when it was drawn, if that was not now. Never ``s-maxage``: beside it, Cloudflare ignores
    ``stale-while-revalidate``.
    """
    seconds = ttl_s(
        film_date=film_date, degraded=degraded, now=now, rule=rule, is_running=is_running, changes_at=changes_at
    )
    seconds = YEAR_S if seconds is None else seconds
    while_revalidating = seconds if degraded else 7 * seconds
    if rule.image_stale_s:
        left = _left_s(rule.image_stale_s, drawn_at or now, now)
        seconds = min(seconds, left)
        while_revalidating = min(while_revalidating, left - seconds + OVERDUE_S)
    return f"public, max-age={seconds}, stale-while-revalidate={while_revalidating}"


def object_cache_control(
    *,
    film_date: date | None,
    degraded: bool,
    now: datetime,
    rule: LifetimeRule,
    is_running: bool = False,
    changes_at: datetime | None = None,
) -> str:
    """Return the header of an object in the bucket, drawn or checked now; ``changes_at`` as in :func:`ttl_s`.

    In whole hours where it is longer, so that it does not change with each check.
    """
    seconds = ttl_s(
        film_date=film_date, degraded=degraded, now=now, rule=rule, is_running=is_running, changes_at=changes_at
    )
    seconds = MOST_IN_BUCKET_S if seconds is None else min(seconds, MOST_IN_BUCKET_S)
    return f"public, max-age={seconds // _HOUR_S * _HOUR_S or seconds}"


def _left_s(most_s: int, drawn_at: datetime, now: datetime) -> int:
    """Return for how long a picture may be shown, in whole hours where it is longer: equal headers are kept."""
    left = min(most_s, max(1.0, most_s - (now - drawn_at).total_seconds()))  # it may have been drawn a moment after now
    return math.ceil(left / _HOUR_S) * _HOUR_S if left > _HOUR_S else math.ceil(left)
