"""Does what a person writes become titles and looks?"""

import pytest

from shared.domain.errors import BadRequest
from shared.domain.ids import Episode, IdType, TitleKind, TitleRef
from shared.domain.pictures import Format, Kind, Size
from shared.queue.prewarm_input import read_look, read_title
from shared.settings.parameters import parse

PILOT = Episode(1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tt0111161", TitleRef(IdType.IMDB, 111161)),
        (" TT0111161 ", TitleRef(IdType.IMDB, 111161)),
        ("imdb:tt0111161", TitleRef(IdType.IMDB, 111161)),
        ("IMDB: 0111161", TitleRef(IdType.IMDB, 111161)),
        ("movie-278", TitleRef(IdType.TMDB, 278, TitleKind.MOVIE)),
        ("series-1396", TitleRef(IdType.TMDB, 1396, TitleKind.SERIES)),
        ("tv-1396", TitleRef(IdType.TMDB, 1396, TitleKind.SERIES)),
        ("tmdb:278", TitleRef(IdType.TMDB, 278)),
        ("tmdb:movie-278", TitleRef(IdType.TMDB, 278, TitleKind.MOVIE)),
        ("tvdb:81189", TitleRef(IdType.TVDB, 81189)),
        ("tt0903747:1:2", TitleRef(IdType.IMDB, 903747, None, PILOT)),
        ("episode-tt0903747-S1E2", TitleRef(IdType.IMDB, 903747, None, PILOT)),
        ("episode-tt0959621", TitleRef(IdType.IMDB, 959621, TitleKind.EPISODE)),
        ("imdb:tt0903747:1:2", TitleRef(IdType.IMDB, 903747, None, PILOT)),
        ("series-1396:1:2", TitleRef(IdType.TMDB, 1396, None, PILOT)),
        ("episode-1396-S1E2", TitleRef(IdType.TMDB, 1396, None, PILOT)),
        ("tmdb:1396:1:2", TitleRef(IdType.TMDB, 1396, None, PILOT)),
        ("tvdb:81189-s01e02", TitleRef(IdType.TVDB, 81189, None, PILOT)),
    ],
)
def test_an_id_says_whose_it_is(text: str, expected: TitleRef) -> None:
    assert expected == read_title(text)


@pytest.mark.parametrize(
    "text", ["", "278", "0111161", "1396:1:2", "tt", "tt0", "imdb:", "movie-0", "movie-278:1:1", "rt:m/x", "tt1" * 99]
)
def test_an_id_that_could_be_anybodys_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_title(text)


def test_a_look_is_what_an_address_says() -> None:
    expected = parse(Kind.POSTER, Format.WEBP, {"imageSize": "large", "lang": "de"})

    assert expected == read_look(Kind.POSTER, Format.WEBP, "?imageSize=large&lang=de")
    assert Size.LARGE is expected.size


def test_no_look_is_the_default_look() -> None:
    assert parse(Kind.LOGO, Format.PNG, {}) == read_look(Kind.LOGO, Format.JPG, "")


@pytest.mark.parametrize("query", ["imagesize=large", "imageSize=huge", "large", "fallback=true"])
def test_a_look_that_no_address_has_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        read_look(Kind.POSTER, Format.JPG, query)
