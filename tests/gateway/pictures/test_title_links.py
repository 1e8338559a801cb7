"""What people write to name a title is understood, or refused in a sentence."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pictures.title_links import LONGEST, NamedTitle, read_title_query
from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import TitleKind
from shared.domain.title_query import TitleQuery

IDS = {
    "tt0017136": "imdb:tt0017136",
    " movie-19 ": "tmdb:movie-19",
    "series-1396": "tmdb:series-1396",
    "tvdb:81189": "tvdb:81189",
    "kitsu:7442:3": "kitsu:episode-7442-S1E3",
    "tt0903747:1:2": "imdb:episode-tt0903747-S1E2",
    "season-tt0903747-S2": "imdb:season-tt0903747-S2",
    "collection-1241": "tmdb:collection-1241",
    "https://www.imdb.com/title/tt0017136/": "imdb:tt0017136",
    "https://m.imdb.com/title/tt0017136/reviews?ref_=x": "imdb:tt0017136",
    "https://www.imdb.com/de/title/tt0017136/": "imdb:tt0017136",
    "https://www.themoviedb.org/movie/19-metropolis": "tmdb:movie-19",
    "themoviedb.org/movie/19": "tmdb:movie-19",
    "https://www.themoviedb.org/tv/1396-breaking-bad?language=de": "tmdb:series-1396",
    "https://www.themoviedb.org/tv/1396-breaking-bad/season/2": "tmdb:season-1396-S2",
    "https://www.themoviedb.org/tv/1396/season/2/episode/3": "tmdb:episode-1396-S2E3",
    "https://www.themoviedb.org/collection/1241-harry-potter-collection": "tmdb:collection-1241",
    "https://thetvdb.com/dereferrer/series/81189": "tvdb:series-81189",
    "https://thetvdb.com/?tab=series&id=81189": "tvdb:series-81189",
    "https://letterboxd.com/imdb/tt0017136": "imdb:tt0017136",
    "https://letterboxd.com/tmdb/19": "tmdb:movie-19",
    "https://trakt.tv/search/imdb/tt0017136": "imdb:tt0017136",
}

NAMES = {
    "Metropolis": ("Metropolis", None, None),
    "  Metropolis   (1927) ": ("Metropolis", 1927, None),
    "Metropolis 1927": ("Metropolis", 1927, None),
    "Mission: Impossible": ("Mission: Impossible", None, None),
    "S.W.A.T.": ("S.W.A.T.", None, None),
    "Tv on the radio": ("Tv on the radio", None, None),
    "https://letterboxd.com/film/metropolis/": ("metropolis", None, "movie"),
    "https://letterboxd.com/somebody/film/dune-2021/": ("dune", 2021, "movie"),
    "https://trakt.tv/movies/the-kid-1921": ("the kid", 1921, "movie"),
    "https://app.trakt.tv/shows/breaking-bad": ("breaking bad", None, "series"),
    "https://thetvdb.com/series/breaking-bad": ("breaking bad", None, "series"),
    "https://thetvdb.com/movies/metropolis": ("metropolis", None, "movie"),
}

REFUSED = {
    "": "Enter a title, an id or a link",
    "x" * (LONGEST + 1): "Enter a title, an id or a link",
    "x" * 101: "A title has up to 100 characters",
    "tvdb:abc": "The id cannot be read",
    "https://boxd.it/2a9q": "This is a short link",
    "https://www.rottentomatoes.com/m/metropolis": "www.rottentomatoes.com is not a site that is known here",
    "https://notimdb.com/title/tt0017136": "notimdb.com is not a site",
    "https://www.imdb.com/chart/top/": "This link does not lead to a title",
    "https://www.themoviedb.org/person/68-fritz-lang": "This link does not lead to a title",
    "https://trakt.tv/movies/19": "This link does not lead to a title",
    "https://letterboxd.com/somebody/": "This link does not lead to a title",
    "https://[::1/title/tt0017136": "",
}


@pytest.mark.parametrize(("text", "alias"), IDS.items())
def test_an_id_and_a_link_with_an_id_name_one_title(text: str, alias: str) -> None:
    named = read_title_query(text)

    assert ((alias,), "", None) == (tuple(ref.alias for ref in named.query.ids), named.query.name, named.season)


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_a_name_and_a_link_with_a_name_are_searched_for(
    text: str, expected: tuple[str, int | None, str | None]
) -> None:
    query = read_title_query(text).query

    assert ((), *expected) == (query.ids, query.name, query.year, query.kind)


def test_a_bare_number_is_tmdbs_or_a_name() -> None:
    query = read_title_query("1917").query

    assert ("1917", ["tmdb:movie-1917", "tmdb:series-1917"]) == (query.name, [ref.alias for ref in query.ids])
    with pytest.raises(TitleNotFound):
        read_title_query("9999999999")


@pytest.mark.parametrize(
    ("link", "part"),
    [
        ("https://trakt.tv/shows/breaking-bad/seasons/2", "season-1396-S2"),
        ("https://trakt.tv/shows/breaking-bad/seasons/2/episodes/3", "episode-1396-S2E3"),
        ("https://trakt.tv/shows/breaking-bad", "series-1396"),
    ],
)
def test_a_link_to_a_part_leads_to_that_part_of_the_series(link: str, part: str) -> None:
    assert part == read_title_query(link).part_of("series-1396")


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items())
def test_what_names_no_title_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    if not sentence:  # no link at all, so it is a name
        assert read_title_query(text).query.name == text
        return
    with pytest.raises(BadRequest, match=sentence.replace("(", r"\(")):
        read_title_query(text)


@given(st.text(max_size=600) | st.sampled_from(list(IDS | NAMES)).flatmap(lambda text: st.just(text[::-1])))
def test_any_text_is_read_or_refused_and_survives_the_way_to_the_renderer(text: str) -> None:
    try:
        named = read_title_query(text)
    except (BadRequest, TitleNotFound):
        return

    assert isinstance(named, NamedTitle)
    assert named.query == parsed(named.query)


def test_a_query_survives_the_way_to_the_renderer() -> None:
    query = TitleQuery(
        ids=read_title_query("tt0903747:1:2").query.ids, name="Häxan & co?", year=1922, kind=TitleKind.MOVIE
    )

    assert query == parsed(query)


def parsed(query: TitleQuery) -> TitleQuery:
    return TitleQuery.parse(parse_qsl(urlsplit(query.path).query, keep_blank_values=True))
