"""Merges what each source reports about a title into one list of ratings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.domain.awards import Award
from shared.domain.ratings import Rating, Ratings, RatingSite

PREFERENCE: Final = ("mdblist", "omdb", "tmdb")
"""Which source wins among equally fresh reports: MDBList reads all sites daily, OMDb three, TMDB only its own votes."""


class RatingReport(msgspec.Struct, frozen=True, kw_only=True):
    """One source's report about a title; ``is_fresh`` is false for a stored one, used while the source is down."""

    source: str
    ratings: Ratings
    award: Award | None = None
    nominated: Award | None = None
    age: int | None = None
    heard_at: datetime
    is_fresh: bool = True


def rank_reports(reports: Iterable[RatingReport]) -> Sequence[RatingReport]:
    """Return the reports in order of precedence: fresh before stored ones, then by ``PREFERENCE``."""
    return sorted(reports, key=lambda report: (not report.is_fresh, _preference(report.source)))


def merged(reports: Iterable[RatingReport]) -> dict[RatingSite, tuple[Rating, RatingReport]]:
    """Return each site's rating with the report it comes from: the first one that has it, in order of precedence.

    Where that report does not know the number of votes, it is the first one that another report knows.
    """
    found: dict[RatingSite, tuple[Rating, RatingReport]] = {}
    for report in rank_reports(reports):
        for site, rating in report.ratings.items():
            best, of = found.setdefault(site, (rating, report))
            if best.votes is None and rating.votes is not None:
                found[site] = msgspec.structs.replace(best, votes=rating.votes), of
    return found


def award_of(reports: Iterable[RatingReport]) -> Award | None:
    """Return the award that any report names."""
    return next((report.award for report in rank_reports(reports) if report.award), None)


def nomination_of(reports: Iterable[RatingReport]) -> Award | None:
    """Return the nomination that any report names."""
    return next((report.nominated for report in rank_reports(reports) if report.nominated), None)


def age_of(reports: Iterable[RatingReport]) -> int | None:
    """Return the age from which the title is suitable, if any report names one."""
    return next((report.age for report in rank_reports(reports) if report.age), None)


def _preference(source: str) -> int:
    return PREFERENCE.index(source) if source in PREFERENCE else len(PREFERENCE)
