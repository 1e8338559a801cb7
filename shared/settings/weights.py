"""How much each site counts towards the average, as a caller lists it."""

import re
from math import gcd
from typing import Final

from shared.domain.ratings import RatingSite
from shared.settings.model import CANONICAL_ORDER, EQUAL

MOST_WEIGHTS: Final = 12
HEAVIEST: Final = 100
_PAIR: Final = re.compile(r"\s*(?P<site>[a-z]+)\s*:\s*(?P<weight>[0-9]{1,3})\s*", re.ASCII | re.IGNORECASE)

NEVER_COUNTED: Final = frozenset({RatingSite.MDBLIST, RatingSite.AVG})
"""Averages themselves."""


def read_weights(text: str) -> str:
    """Return a list like ``imdb:50,rt:30`` in normal form, or ``equal``.

    That form has the sites in canonical order, without those that do not count, and no common factor, because only
    ratios matter. The last of several weights of a site counts. Raises ``ValueError`` for a bad list, and for one
    that lets no site count.
    """
    if text.strip().lower() == EQUAL:
        return EQUAL
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) > MOST_WEIGHTS:
        raise ValueError(text)
    weights = dict(map(_read_pair, parts))
    counted = {site: weights[site] for site in CANONICAL_ORDER if weights.get(site) and site not in NEVER_COUNTED}
    if not counted:
        raise ValueError(text)
    common = gcd(*counted.values())
    return ",".join(f"{site}:{weight // common}" for site, weight in counted.items())


def weights_of(weights: str) -> dict[RatingSite, int] | None:
    """Return weights in normal form by site; ``None`` where all sites weigh the same."""
    if weights == EQUAL:
        return None
    pairs = (pair.split(":") for pair in weights.split(","))
    return {RatingSite(site): int(weight) for site, weight in pairs}


def _read_pair(part: str) -> tuple[RatingSite, int]:
    match = _PAIR.fullmatch(part)
    if match is None or int(match["weight"]) > HEAVIEST:
        raise ValueError(part)
    return RatingSite(match["site"].lower()), int(match["weight"])
