"""Reports: what each source said of a title and when, and the one list of ratings that is made of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.domain.awards import Award
from shared.domain.ratings import Rating, Ratings, RatingSite

PREFERENCE: Final = ("mdblist", "omdb", "tmdb")
"""Whom to believe where several are as fresh: MDBList asks all sites daily, OMDb three, TMDB knows its own votes."""


class RatingReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said of one title; ``is_fresh`` is false for words of an earlier time, kept for bad days."""

    source: str
    ratings: Ratings
    award: Award | None = None
    heard_at: datetime
    is_fresh: bool = True


def ranked(reports: Iterable[RatingReport]) -> Sequence[RatingReport]:
    """Return reports, the one to believe first: fresh words before remembered ones, then by ``PREFERENCE``."""
    return sorted(reports, key=lambda report: (not report.is_fresh, _preference(report.source)))


def merged(reports: Iterable[RatingReport]) -> dict[RatingSite, tuple[Rating, RatingReport]]:
    """Return each site's rating with the report it comes from: the first that has one, in the order of belief."""
    found: dict[RatingSite, tuple[Rating, RatingReport]] = {}
    for report in ranked(reports):
        for site, rating in report.ratings.items():
            found.setdefault(site, (rating, report))
    return found


def award_of(reports: Iterable[RatingReport]) -> Award | None:
    """Return the statuette that any source knows of."""
    return next((report.award for report in ranked(reports) if report.award), None)


def _preference(source: str) -> int:
    return PREFERENCE.index(source) if source in PREFERENCE else len(PREFERENCE)
