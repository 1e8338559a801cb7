"""What a person writes becomes titles and settings."""

import pytest

from shared.domain.errors import BadRequest
from shared.domain.ids import Episode, ExternalId, IdType, TitleKind
from shared.domain.pictures import Format, Kind, Size
from shared.queue.prewarm_input import parse_external_id, parse_settings
from shared.settings.parameters import parse

PILOT = Episode(1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tt0111161", ExternalId(IdType.IMDB, 111161)),
        (" TT0111161 ", ExternalId(IdType.IMDB, 111161)),
        ("imdb:tt0111161", ExternalId(IdType.IMDB, 111161)),
        ("IMDB: 0111161", ExternalId(IdType.IMDB, 111161)),
        ("movie-278", ExternalId(IdType.TMDB, 278, TitleKind.MOVIE)),
        ("series-1396", ExternalId(IdType.TMDB, 1396, TitleKind.SERIES)),
        ("tv-1396", ExternalId(IdType.TMDB, 1396, TitleKind.SERIES)),
        ("tmdb:278", ExternalId(IdType.TMDB, 278)),
        ("tmdb:movie-278", ExternalId(IdType.TMDB, 278, TitleKind.MOVIE)),
        ("tvdb:81189", ExternalId(IdType.TVDB, 81189)),
        ("tt0903747:1:2", ExternalId(IdType.IMDB, 903747, None, PILOT)),
        ("episode-tt0903747-S1E2", ExternalId(IdType.IMDB, 903747, None, PILOT)),
        ("episode-tt0959621", ExternalId(IdType.IMDB, 959621, TitleKind.EPISODE)),
        ("imdb:tt0903747:1:2", ExternalId(IdType.IMDB, 903747, None, PILOT)),
        ("series-1396:1:2", ExternalId(IdType.TMDB, 1396, None, PILOT)),
        ("episode-1396-S1E2", ExternalId(IdType.TMDB, 1396, None, PILOT)),
        ("tmdb:1396:1:2", ExternalId(IdType.TMDB, 1396, None, PILOT)),
        ("kitsu:7442", ExternalId(IdType.KITSU, 7442)),
        ("Kitsu: series-7442", ExternalId(IdType.KITSU, 7442)),
        ("anilist:7442:2", ExternalId(IdType.ANILIST, 7442, None, PILOT)),
        ("mal:7442:1:2", ExternalId(IdType.MAL, 7442, None, PILOT)),
        ("anidb:episode-7442-S1E2", ExternalId(IdType.ANIDB, 7442, None, PILOT)),
        ("tvdb:81189-s01e02", ExternalId(IdType.TVDB, 81189, None, PILOT)),
        ("season-tt0903747-S2", ExternalId(IdType.IMDB, 903747, season=2)),
        ("season-1396-S2", ExternalId(IdType.TMDB, 1396, season=2)),
        ("tvdb:season-81189-S2", ExternalId(IdType.TVDB, 81189, season=2)),
        ("tvdb:season-30272", ExternalId(IdType.TVDB, 30272, TitleKind.SEASON)),
        ("collection-1241", ExternalId(IdType.TMDB, 1241, TitleKind.COLLECTION)),
        ("series-1396:s2", ExternalId(IdType.TMDB, 1396, season=2)),
    ],
)
def test_an_id_tells_its_type(text: str, expected: ExternalId) -> None:
    assert expected == parse_external_id(text)


AMBIGUOUS = ["", "278", "0111161", "1396:1:2", "tt0903747:2", "tt", "tt0", "season-30272", "imdb:", "movie-0", "rt:m/x"]


@pytest.mark.parametrize("text", [*AMBIGUOUS, "movie-278:1:1", "tt1" * 99])
def test_an_ambiguous_id_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_external_id(text)


def test_settings_are_parsed_from_a_query() -> None:
    expected = parse(Kind.POSTER, Format.WEBP, {"imageSize": "large", "lang": "de"})

    assert expected == parse_settings(Kind.POSTER, Format.WEBP, "?imageSize=large&lang=de")
    assert Size.LARGE is expected.size


def test_an_empty_query_means_the_defaults() -> None:
    assert parse(Kind.LOGO, Format.PNG, {}) == parse_settings(Kind.LOGO, Format.JPG, "")


@pytest.mark.parametrize("query", ["imagesize=large", "imageSize=huge", "large", "fallback=true"])
def test_an_invalid_query_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        parse_settings(Kind.POSTER, Format.JPG, query)
