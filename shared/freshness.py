"""How long a picture may be believed: film age to lifetime, and lifetime to ``Cache-Control``. Pure.

With m = ``stale_s``, M = ``max_age_s`` and age = now − film date, a picture is believed for m when the date is unknown
or in the future, for ever when age ≥ M, and else for m + age · (M − m) / M.
"""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final

import msgspec

YEAR_S: Final = 31_536_000
"""What "for ever" is said as in a header: one year."""

DEGRADED_S: Final = 1200
FALLBACK_S: Final = 60
STALE_S: Final = 300
FACT_S: Final = 300

NO_STORE: Final = "no-store"
FALLBACK: Final = f"public, max-age={FALLBACK_S}"
STALE: Final = f"public, max-age={STALE_S}"
FACT: Final = f"public, max-age={FACT_S}"
REDIRECT: Final = "public, max-age=300, stale-while-revalidate=3600"


class Rule(msgspec.Struct, frozen=True):
    """The operator's figures, in seconds: lifetime of the newest film, and age from which a film is settled.

    ``image_stale_s`` is the age from which a picture is drawn anew though nothing seems to have changed; 0 is never.
    """

    stale_s: int = 86_400
    max_age_s: int = YEAR_S
    image_stale_s: int = 0


class State(StrEnum):
    """Whether a stored picture may still be believed."""

    FRESH = "fresh"
    STALE = "stale"


def lifetime_s(film_date: date | None, now: datetime, rule: Rule) -> int | None:
    """Return for how many seconds a picture of this film is believed; ``None`` when it is settled."""
    if film_date is None:
        return rule.stale_s
    age = (now - datetime.combine(film_date, time(), UTC)).total_seconds()
    if age < 0:
        return rule.stale_s
    if age >= rule.max_age_s:
        return None
    return int(rule.stale_s + age * (rule.max_age_s - rule.stale_s) / rule.max_age_s)


def state(*, film_date: date | None, degraded: bool, checked_at: datetime, now: datetime, rule: Rule) -> State:
    """Tell whether a picture that was last found right at ``checked_at`` is due for another look."""
    believed_s = DEGRADED_S if degraded else lifetime_s(film_date, now, rule)
    if believed_s is None or (now - checked_at).total_seconds() < believed_s:
        return State.FRESH
    return State.STALE


def cache_control(*, film_date: date | None, degraded: bool, now: datetime, rule: Rule) -> str:
    """Return the header of a fresh picture.

    Never ``s-maxage``: beside it, Cloudflare ignores ``stale-while-revalidate``.
    """
    if degraded:
        return f"public, max-age={DEGRADED_S}, stale-while-revalidate={DEGRADED_S}"
    seconds = lifetime_s(film_date, now, rule)
    seconds = YEAR_S if seconds is None else seconds
    return f"public, max-age={seconds}, stale-while-revalidate={7 * seconds}"
