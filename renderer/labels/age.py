"""The age rating: a country's certificate, or the age that Common Sense Media recommends."""

from collections.abc import Iterator
from typing import Final

from services.titles import ReleaseType, Showings
from shared.settings.model import AgeRating

HOME: Final = "US"
"""The country whose certificate replaces a missing one."""

LONGEST: Final = 8
"""Characters of a certificate that is drawn."""

_ORDER: Final = (
    ReleaseType.THEATRICAL,
    ReleaseType.LIMITED,
    ReleaseType.DIGITAL,
    ReleaseType.PHYSICAL,
    ReleaseType.TV,
    ReleaseType.PREMIERE,
)
_UNRATED: Final = frozenset({"", "nr", "not rated", "unrated"})
_PREFIXES: Final = {"DE": "FSK "}  # a bare 12 could be anything


def age_text(system: AgeRating, showings: Showings, region: str, recommended: int | None) -> str:
    """Return the age rating as it is drawn; empty if there is none.

    ``recommended`` is the age from which Common Sense Media finds the title suitable.
    """
    age = f"{recommended}+" if recommended else ""
    if system is AgeRating.COMMONSENSE:
        return age
    official = official_certificate(showings, region)
    return age if official is None else official


def official_certificate(showings: Showings, region: str) -> str | None:
    """Return a title's certificate in the region, or else in the US, as it is drawn; ``None`` if there is none.

    It is empty where it has too many letters to be drawn: then nothing takes its place.
    """
    for country in dict.fromkeys((region, HOME)):
        for certificate in _certificates(showings, country):
            if certificate.lower() not in _UNRATED:
                return f"{_PREFIXES.get(country, '')}{certificate}" if len(certificate) <= LONGEST else ""
    return None


def _certificates(showings: Showings, country: str) -> Iterator[str]:
    """Yield a country's certificates, the most widely known first."""
    yield showings.certificates.get(country, "")
    at_home = [release for release in showings.releases if release.region == country]
    for kind in _ORDER:
        yield from (release.certificate for release in at_home if release.type is kind)
