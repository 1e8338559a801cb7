"""Zero is a rating, null is none: what each source means by 0, null, and numbers written as text."""

import json
from typing import Any

import pytest

from renderer.drawing.picture import shown
from renderer.drawing.rating_text import Verdict, format_rating, verdict
from services.mdblist.reader import read_mdblist_ratings
from services.omdb import read_omdb_ratings
from services.tmdb.answer import answer_of
from services.tmdb.reader import read_episode, read_title
from shared.domain.ids import Episode, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings.parameters import parse
from tests.recorded_inputs import CASES, needs

FILM = MediaId(TitleKind.MOVIE, 278)
PART = MediaId(TitleKind.SERIES, 1396, Episode(1, 1))
CASE = CASES / "rotten-tomatoes-0.json"
IMDB, TMDB, RT, RTA, MC = RatingSite.IMDB, RatingSite.TMDB, RatingSite.RT, RatingSite.RTA, RatingSite.MC


def mdblist(row: dict[str, Any]) -> Ratings:
    return read_mdblist_ratings(FILM, {"ratings": [row]}).ratings


def omdb(**body: Any) -> Ratings:
    return read_omdb_ratings(TitleKind.MOVIE, body).ratings


@pytest.mark.parametrize(
    ("average", "votes", "expected"),
    [
        (0, 0, None),
        (0.0, None, None),
        (0, 12, Rating(0, 12)),
        (None, 12, None),
        (7.345, 1200, Rating(73.45, 1200)),
        (7.3, 0, Rating(73, 0)),
        ("7.3", "1200", Rating(73, 1200)),
        ("7.3", "1,200", Rating(73, 1200)),
        ("0", "12", Rating(0, 12)),
        ("0", "0", None),
        ("", "", None),
        ("N/A", 12, None),
    ],
)
def test_tmdb_writes_0_for_a_title_without_votes(average: object, votes: object, expected: Rating | None) -> None:
    body = {"vote_average": average, "vote_count": votes}

    read = [read_title(FILM, answer_of(body)).ratings, read_episode(PART, answer_of(body)).ratings]

    assert [{TMDB: expected} if expected else {}] * 2 == read


SOURCES_AT_MDBLIST = {
    "imdb": IMDB,
    "tmdb": TMDB,
    "tomatoes": RT,
    "popcorn": RTA,
    "tomatoesaudience": RTA,
    "audience": RTA,
    "metacritic": MC,
    "trakt": RatingSite.TRAKT,
    "letterboxd": RatingSite.LB,
    "rogerebert": RatingSite.EBERT,
    "myanimelist": RatingSite.MAL,
    "mal": RatingSite.MAL,
}


@pytest.mark.parametrize(("source", "site"), SOURCES_AT_MDBLIST.items())
def test_mdblist_means_a_0_that_has_votes_at_every_site(source: str, site: RatingSite) -> None:
    row = {"source": source, "value": 0, "score": 0, "votes": 118}

    assert {site: Rating(0, 118)} == mdblist(row)
    assert {site: Rating(0, 118)} == mdblist({"source": source, "value": "0", "score": "0", "votes": "118"})
    assert {} == mdblist(row | {"votes": 0})
    assert {} == mdblist(row | {"votes": None})


@pytest.mark.parametrize(("source", "site"), SOURCES_AT_MDBLIST.items())
def test_mdblist_reads_numbers_written_as_text_at_every_site(source: str, site: RatingSite) -> None:
    value = GREATEST[site] / 2

    read = mdblist({"source": source, "value": f"{value:g}", "score": "50", "votes": "1,118"})

    assert {site: Rating(value, 1118)} == read


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value": None, "score": None, "votes": None}, None),
        ({"value": None, "score": None, "votes": 118}, None),
        ({"value": 0, "score": None, "votes": None}, None),  # the older host's "none"
        ({"value": 0, "score": None, "votes": 118}, Rating(0, 118)),
        ({"value": None, "score": 0, "votes": 118}, Rating(0, 118)),
        ({"value": None, "score": 0, "votes": None}, None),
        ({"value": 0, "score": 84, "votes": 118}, Rating(84, 118)),  # a missing value, not a 0
        ({"value": 84, "score": 0, "votes": 118}, Rating(84, 118)),  # a missing score
        ({"value": 1, "score": 0, "votes": 118}, Rating(1, 118)),
        ({"value": "N/A", "score": "", "votes": "none"}, None),
        ({"value": -1, "score": None, "votes": 118}, None),
    ],
)
def test_mdblist_means_none_by_null_and_by_a_0_without_votes(row: dict[str, Any], expected: Rating | None) -> None:
    assert ({RT: expected} if expected else {}) == mdblist({"source": "tomatoes", **row})


@pytest.mark.parametrize(("score", "expected"), [(0, None), ("0", None), (None, None), (1, 1.0), ("63", 63.0)])
def test_mdblists_own_score_of_0_means_too_few_ratings(score: object, expected: float | None) -> None:
    read = read_mdblist_ratings(FILM, {"score": score}).ratings

    assert ({RatingSite.MDBLIST: Rating(expected)} if expected else {}) == read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"Ratings": [{"Source": "Rotten Tomatoes", "Value": "0%"}]}, {RT: Rating(0)}),
        ({"Ratings": [{"Source": "Rotten Tomatoes", "Value": "N/A"}]}, {}),
        ({"Ratings": [{"Source": "Rotten Tomatoes", "Value": None}]}, {}),
        ({"Ratings": [{"Source": "Metacritic", "Value": "0/100"}]}, {MC: Rating(0)}),
        ({"Metascore": "0"}, {MC: Rating(0)}),
        ({"Metascore": "N/A"}, {}),
        ({"imdbRating": "0.0", "imdbVotes": "12"}, {IMDB: Rating(0, 12)}),
        ({"imdbRating": "0.0", "imdbVotes": "0"}, {}),
        ({"imdbRating": "0.0", "imdbVotes": "N/A"}, {}),
        ({"imdbRating": "8.1", "imdbVotes": "1,234"}, {IMDB: Rating(8.1, 1234)}),
    ],
)
def test_omdb_says_none_in_words_so_its_0_is_meant(body: dict[str, Any], expected: Ratings) -> None:
    assert expected == omdb(**body)


def test_a_0_is_a_badge_of_its_own_with_the_icon_of_a_bad_score() -> None:
    ratings = {RT: Rating(0, 118), RTA: Rating(0, 50), MC: Rating(0, 7)}

    badges = shown(parse(Kind.POSTER, Format.JPG, {"ratings_order": "rt,rta,mc"}), ratings)

    assert [(RT, "0%", Verdict.ROTTEN), (RTA, "0%", Verdict.SPILLED), (MC, "0", None)] == [
        (site, format_rating(site, rating), verdict(site, rating)) for site, rating in badges
    ]


@needs(CASE)
@pytest.mark.parametrize("source", ["mdblist", "omdb"])
def test_the_recorded_case_of_rotten_tomatoes_shows_0(source: str) -> None:
    case = json.loads(CASE.read_text())
    settings = parse(Kind.POSTER, Format.JPG, {"ratings_order": "rt,imdb,rta"})
    readers = {
        "mdblist": lambda body: read_mdblist_ratings(FILM, body),
        "omdb": lambda body: read_omdb_ratings(TitleKind.MOVIE, body),
    }

    badges = shown(settings, readers[source](case[source]).ratings)

    assert (RT, "0%", Verdict.ROTTEN) == (badges[0][0], format_rating(*badges[0]), verdict(*badges[0]))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value": 96, "score": 96, "votes": 0}, (Verdict.FRESH, "96%")),
        ({"value": "96", "score": "96", "votes": "0"}, (Verdict.FRESH, "96%")),
        ({"value": None, "score": 96, "votes": 0}, (Verdict.FRESH, "96%")),
        ({"value": 96, "score": 96, "votes": None}, (Verdict.CERTIFIED, "96%")),
        ({"value": 96, "score": 96}, (Verdict.CERTIFIED, "96%")),
        ({"value": 96, "score": 96, "votes": 40}, (Verdict.CERTIFIED, "96%")),
        ({"value": 59.5, "score": 60, "votes": 118}, (Verdict.ROTTEN, "60%")),
        ({"value": "59.5", "score": "60", "votes": "118"}, (Verdict.ROTTEN, "60%")),
        ({"value": None, "score": 74.5, "votes": 118}, (Verdict.FRESH, "75%")),
    ],
)
def test_the_verdict_is_about_the_number_of_reviews_and_the_exact_score(
    row: dict[str, Any], expected: tuple[Verdict, str]
) -> None:
    rating = mdblist({"source": "tomatoes", **row})[RT]

    assert expected == (verdict(RT, rating), format_rating(RT, rating))


@pytest.mark.parametrize(
    ("average", "expected"),
    [(8.2495, "82%"), (8.25, "83%"), ("8.25", "83%"), (5.9495, "59%"), (5.95, "60%"), (9.95, "100%"), (10, "100%")],
)
def test_tmdbs_average_is_rounded_once(average: object, expected: str) -> None:
    rating = read_title(FILM, answer_of({"vote_average": average, "vote_count": 9})).ratings[TMDB]

    assert expected == format_rating(TMDB, rating)


@pytest.mark.parametrize(
    ("source", "score", "expected"),
    [
        ("imdb", 89.46, "8.9"),  # 8.946, and not 8.95 on the way
        ("imdb", 89.5, "9.0"),
        ("letterboxd", 83, "4.2"),  # 4.15
        ("letterboxd", 57, "2.9"),  # 2.85
        ("rogerebert", 81.25, "3.3"),  # 3.25
        ("mal", 85.05, "8.51"),
    ],
)
def test_a_value_read_from_mdblists_score_is_rounded_once(source: str, score: float, expected: str) -> None:
    ((site, rating),) = mdblist({"source": source, "value": None, "score": score, "votes": 7}).items()

    assert expected == format_rating(site, rating)


@pytest.mark.parametrize(("text", "expected"), [("8.95", "9.0"), ("8.95/10", "9.0"), ("9.95/10", "10.0")])
def test_omdbs_text_is_rounded_in_decimal(text: str, expected: str) -> None:
    read = omdb(imdbRating=text, imdbVotes="1,118")

    assert expected == format_rating(IMDB, read[IMDB])
