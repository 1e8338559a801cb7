"""Parses what TMDB says about releases, certificates and seasons. Invalid fields are skipped."""

import re
from collections.abc import Iterator
from typing import Final

from services.client.json_reader import Row, day_of, inner, number, rows, text, whole
from services.titles import Aired, Release, ReleaseType, Showings
from shared.domain.ids import MediaId, TitleKind

APPENDED: Final = {TitleKind.MOVIE: "release_dates", TitleKind.SERIES: "content_ratings"}
"""What a request for a title asks for besides, so that the answer tells its showings."""

_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MAX_RELEASES: Final = 600  # of a film: about 200 countries, of which few have more than two
_MAX_SEASONS: Final = 200
_MAX_SEASON: Final = 9_999
_LONGEST_CERTIFICATE: Final = 40


def read_showings(media: MediaId, body: Row) -> Showings:
    """Read the body of ``/movie/{id}`` or ``/tv/{id}``."""
    if media.kind is TitleKind.MOVIE:
        return Showings(releases=tuple(_releases(body))[:_MAX_RELEASES], status=text(body, "status"))
    ratings = rows(inner(body, "content_ratings"), "results")
    seasons = (_aired(row) for row in rows(body, "seasons")[:_MAX_SEASONS])
    return Showings(
        certificates={region: _certificate(row, "rating") for row in ratings if (region := _region(row))},
        first_aired=day_of(body.get("first_air_date")),
        last_episode=_aired(inner(body, "last_episode_to_air"), "episode_number"),
        next_episode=_aired(inner(body, "next_episode_to_air"), "episode_number"),
        seasons=tuple(season for season in seasons if season and season.season),
        status=text(body, "status"),
    )


def _releases(body: Row) -> Iterator[Release]:
    for country in rows(inner(body, "release_dates"), "results"):
        region = _region(country)
        for row in rows(country, "release_dates") if region else ():
            number_of_type = whole(row, "type")
            if number_of_type in set(ReleaseType):
                certificate = _certificate(row, "certification")
                yield Release(region, ReleaseType(number_of_type), day_of(row.get("release_date")), certificate)


def _aired(row: Row, episode: str = "") -> Aired | None:
    """Return an episode, or a season's first; ``None`` if it has no day."""
    aired, season = day_of(row.get("air_date")), number(row, "season_number")
    nth = whole(row, episode) if episode else 1
    if aired is None or season is None or nth is None or not 0 <= season <= _MAX_SEASON:
        return None
    return Aired(aired, int(season), nth)


def _region(row: Row) -> str:
    region = text(row, "iso_3166_1")
    return region if _REGION.fullmatch(region) else ""


def _certificate(row: Row, name: str) -> str:
    return text(row, name).strip()[:_LONGEST_CERTIFICATE]
