"""Every recorded response is parsed, and only errors are refused.

The recordings are not part of the project: they are expected next to it, and the tests are skipped without them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.artwork import MAX_CANDIDATES
from services.client.http import Http
from services.fanart.client import FanartSource
from services.mdblist.client import MdblistSource
from services.mdblist.reader import read_mdblist_ratings
from services.omdb import OmdbSource, read_award
from services.titles import Title
from services.tmdb.answer import answer_of
from services.tmdb.client import TmdbSource
from services.tmdb.reader import read_episode, read_title
from services.tmdb.title_parts import read_season
from shared.config.environment import Secret
from shared.domain.awards import Award
from shared.domain.errors import SourceDown, SourceError, SourceInvalidResponse, SourceRefused
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import RatingSite
from tests.recorded_inputs import FIXTURES, needs
from tests.services.contract import FILM
from tests.services.upstream import Reply, Upstream

NEEDS_RECORDINGS = needs(FIXTURES)
SERIES = Title(
    media=MediaId(TitleKind.SERIES, 1396), refs=(ExternalId(IdType.IMDB, 903747), ExternalId(IdType.TVDB, 81189))
)
EPISODE = Title(
    media=MediaId(TitleKind.SERIES, 1396, Episode(1, 1)), refs=(ExternalId(IdType.IMDB, 959621, TitleKind.EPISODE),)
)

TMDB_ERRORS: dict[int, type[SourceError] | None] = {
    400: SourceInvalidResponse,
    401: SourceRefused,
    404: None,
    429: SourceRefused,
    502: SourceDown,
    503: SourceDown,
    504: SourceDown,
}
OMDB_ERRORS: dict[str, type[SourceError]] = {
    "200_truncated_json.json": SourceInvalidResponse,
    "401_invalid_key.json": SourceRefused,
    "401_no_key.json": SourceRefused,
    "401_request_limit.json": SourceRefused,
}


def files(*patterns: str) -> list[Any]:
    found = sorted(path for pattern in patterns for path in FIXTURES.glob(pattern))
    return [pytest.param(path, id=str(path.relative_to(FIXTURES))) for path in found]


def envelope(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def reply(recorded: dict[str, Any]) -> Reply:
    """Rebuild the response, without the headers of its transport encoding."""
    response = recorded["response"]
    body = response["body_text"] if "body_text" in response else json.dumps(response["body"])
    headers = {name: text for name, text in response.get("headers", {}).items() if name.lower() == "retry-after"}
    return Reply(response["status"], body.encode(), headers)


def described(response: Any, like: Title) -> Title:
    """Return the title that a response of a rating or art source is about: an answer to another one is refused."""
    body = response if isinstance(response, dict) else {}
    if len(body) == 1 and isinstance(only := next(iter(body.values())), dict):
        body = only  # the older Fanart.tv
    ids = body.get("ids") or {}
    tmdb = ids.get("tmdb") or body.get("tmdbid") or body.get("tmdb_id") or like.media.number
    imdb, tvdb = body.get("imdbID") or "", body.get("thetvdb_id")
    kind = TitleKind.EPISODE if like.media.episode else None
    refs = [ExternalId(IdType.IMDB, int(imdb[2:]), kind)] if imdb else []
    refs += [ExternalId(IdType.TVDB, int(tvdb))] if tvdb else []
    media = MediaId(like.media.kind, int(tmdb), like.media.episode)
    return msgspec.structs.replace(like, media=media, refs=(*refs, *like.refs))


def bodies(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        if line.strip():
            yield json.loads(line)


@pytest.fixture
def tmdb(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, (Secret("k"),), api_url=upstream.url, image_url=upstream.url)


@pytest.fixture
def mdblist(http: Http, upstream: Upstream) -> MdblistSource:
    return MdblistSource(http, (Secret("k"),), api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)


@pytest.fixture
def omdb(http: Http, upstream: Upstream) -> OmdbSource:
    return OmdbSource(http, (Secret("k"),), api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)


@pytest.fixture
def fanart(http: Http, upstream: Upstream) -> FanartSource:
    return FanartSource(http, (Secret("k"),), api_url=upstream.url)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/find/*.json"))
async def test_tmdb_find_is_read(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))
    id_type = IdType.IMDB if recorded["request"]["path"].rpartition("/")[2].startswith(("tt", "nm")) else IdType.TVDB

    media = await tmdb.find(ExternalId(id_type, 7))

    kinds = ("movie_results", "tv_results", "tv_episode_results", "tv_season_results")
    assert any(recorded["response"]["body"].get(kind) for kind in kinds) == (media is not None)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/movie/*.json", "tmdb/movie_append/*.json"))
async def test_tmdb_films_are_read(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    await check_title(tmdb, upstream, path, FILM)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv/*.json", "tmdb/tv_append/*.json"))
async def test_tmdb_series_are_read(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    await check_title(tmdb, upstream, path, SERIES)


async def check_title(tmdb: TmdbSource, upstream: Upstream, path: Path, received: Title) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    title = await tmdb.title(received.media)

    assert title
    body = recorded["response"]["body"]
    is_film = received.media.kind is TitleKind.MOVIE
    date = body["release_date"] if is_film else body.get("last_air_date") or body["first_air_date"]
    assert (body["title" if is_film else "name"], date or None) == (
        title.name,
        title.film_date.isoformat() if title.film_date else None,
    )
    assert bool(body.get("poster_path") or body.get("images", {}).get("posters")) == (Kind.POSTER in title.gallery)
    assert bool(body.get("images", {}).get("logos")) == (Kind.LOGO in title.gallery)
    imdb = body.get("imdb_id") or body.get("external_ids", {}).get("imdb_id")
    assert (imdb or None) == (str(title.ref(IdType.IMDB)) if title.ref(IdType.IMDB) else None)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/movie_images/*.json", "tmdb/tv_images/*.json"))
def test_tmdb_picture_lists_are_read(path: Path) -> None:
    images = envelope(path)["response"]["body"]

    title = read_title(FILM.media, answer_of({"images": images}))

    for name, kind in (("posters", Kind.POSTER), ("backdrops", Kind.BACKDROP), ("logos", Kind.LOGO)):
        arts = title.gallery.get(kind, ())
        assert bool(images.get(name)) == bool(arts)
        assert all(art.width and art.height for art in arts)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv_season/*.json"))
def test_tmdb_seasons_are_read(path: Path) -> None:
    body = envelope(path)["response"]["body"]

    season = read_season(MediaId(TitleKind.SERIES, 1396, season=1), answer_of(body))

    days = [episode["air_date"] for episode in body["episodes"]]
    assert (body["name"], max(days), body["air_date"]) == (
        season.name,
        str(season.film_date),
        str(season.released),
    )
    assert bool(body["vote_average"]) == (RatingSite.TMDB in season.ratings)
    listed = {row["file_path"] for row in body.get("images", {}).get("posters", [])} | {body["poster_path"]}
    arts = season.gallery[Kind.POSTER]
    assert {1} == {art.season for art in arts}
    assert {art.path for art in arts} <= listed


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv_season_images/*.json"))
def test_tmdb_posters_of_seasons_are_read(path: Path) -> None:
    images = envelope(path)["response"]["body"]

    season = read_season(MediaId(TitleKind.SERIES, 1396, season=1), answer_of({"images": images}))

    assert len(season.gallery[Kind.POSTER]) >= MAX_CANDIDATES


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/movie_external_ids/*.json", "tmdb/tv_external_ids/*.json"))
def test_tmdb_other_ids_are_read(path: Path) -> None:
    ids = envelope(path)["response"]["body"]

    title = read_title(SERIES.media, answer_of({"external_ids": ids}))

    imdb, tvdb = title.ref(IdType.IMDB), title.ref(IdType.TVDB)
    assert (ids["imdb_id"], ids.get("tvdb_id")) == (str(imdb), tvdb.number if tvdb else None)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/find/*.json"))
async def test_tmdb_episodes_are_found_by_their_own_ids(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    media = await tmdb.find(ExternalId(IdType.IMDB, 7, TitleKind.EPISODE))

    found = recorded["response"]["body"].get("tv_episode_results") or [None]
    assert (bool(found[0]), True) == (media is not None, media is None or media.episode is not None)
    if media and media.episode:
        ids = (media.number, media.episode.season, media.episode.number)
        assert tuple(found[0][name] for name in ("show_id", "season_number", "episode_number")) == ids


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv_episode/*.json", "tmdb/tv_episode_append/*.json"))
async def test_tmdb_episodes_are_read(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    title = await tmdb.title(EPISODE.media)

    assert title
    body = recorded["response"]["body"]
    assert (body["name"], body["air_date"]) == (title.name, str(title.film_date))
    assert body["still_path"] in [art.path for art in title.gallery[Kind.EPISODE]]
    assert bool(body["vote_average"]) == bool(title.ratings)
    ids = body.get("external_ids", {})
    own = {IdType.IMDB: ids.get("imdb_id"), IdType.TVDB: ids.get("tvdb_id")}
    assert [id_type for id_type, given in own.items() if given] == [ref.id_type for ref in title.refs]
    assert 1 == len(upstream.received)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv_episode_images/*.json"))
def test_tmdb_stills_are_read(path: Path) -> None:
    images = envelope(path)["response"]["body"]

    stills = read_episode(EPISODE.media, answer_of({"images": images})).gallery[Kind.EPISODE]

    assert [row["file_path"] for row in images["stills"]][:MAX_CANDIDATES] == [art.path for art in stills]


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/tv_episode_external_ids/*.json"))
def test_tmdb_ids_of_episodes_are_read(path: Path) -> None:
    ids = envelope(path)["response"]["body"]

    refs = read_episode(EPISODE.media, answer_of({"external_ids": ids})).refs

    assert {TitleKind.EPISODE} == {ref.kind for ref in refs}
    assert [int(ids["imdb_id"][2:]), ids["tvdb_id"]] == [ref.number for ref in refs]


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/movie*/*.json", "tmdb/tv*/*.json"))
def test_tmdb_responses_of_other_endpoints_do_no_harm(path: Path) -> None:
    body = envelope(path)["response"]["body"]

    title = read_title(SERIES.media, answer_of(body))

    assert SERIES.media == title.media


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("tmdb/error/*.json"))
async def test_tmdb_errors_are_distinguished(tmdb: TmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))
    expected = TMDB_ERRORS[recorded["response"]["status"]]

    outcome = await outcome_of(tmdb.title(FILM.media))

    assert expected == outcome


async def outcome_of(request: Any) -> type[SourceError] | None:
    """Return the class of the error, ``None`` for "no such title"."""
    try:
        response = await request
    except SourceError as error:
        return SourceRefused if isinstance(error, SourceRefused) else type(error)
    assert response is None
    return None


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("mdblist/movie/*.json", "mdblist/movie-legacy/*.json", "mdblist/show/*.json"))
async def test_mdblist_titles_are_read(mdblist: MdblistSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    body = recorded["response"]["body"]

    response = await mdblist.ratings(described(body, SERIES if path.parent.name == "show" else FILM))

    assert response
    unread = {"tvmaze", "mdblist"}
    given = {row["source"] for row in body.get("ratings", []) if row.get("value") and row["source"] not in unread}
    assert len(given) + bool(body.get("score")) == len(response.ratings)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("mdblist/batch/*.json"))
def test_mdblist_rows_of_a_batch_are_read(path: Path) -> None:
    listed = envelope(path)["response"]["body"]

    responses = [read_mdblist_ratings(FILM.media, body) for body in listed]

    assert all(response.ratings for response in responses)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("mdblist/error/*.json"))
async def test_mdblist_errors_are_refusals(mdblist: MdblistSource, upstream: Upstream, path: Path) -> None:
    upstream.plan("*", reply(envelope(path)))

    outcome = await outcome_of(mdblist.ratings(FILM))

    assert (SourceInvalidResponse if path.name.startswith("400") else SourceRefused) is outcome


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("omdb/movie/*.json", "omdb/series/*.json", "omdb/episode/*.json"))
async def test_omdb_titles_are_read(omdb: OmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    body = recorded["response"]["body"]

    response = await omdb.ratings(described(body, FILM))

    assert response
    rated = body.get("imdbRating", "N/A") != "N/A" or any(row["Value"] != "N/A" for row in body.get("Ratings", []))
    assert ("imdbID" in body, rated) == (bool(response.refs), bool(response.ratings))


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("omdb/bulk/*.jsonl"))
async def test_omdb_bulk_responses_are_read(omdb: OmdbSource, upstream: Upstream, path: Path) -> None:
    unread: list[str] = []
    for recorded in bodies(path):
        upstream.plan("*", reply(recorded))
        body = recorded["response"].get("body") or {}
        response = await omdb.ratings(described(body, FILM))
        has_rating = body.get("imdbRating", "N/A") != "N/A"
        if has_rating and not (response and response.ratings):
            unread.append(str(body))

    assert [] == unread


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("omdb/error/*.json"))
async def test_omdb_errors_are_distinguished(omdb: OmdbSource, upstream: Upstream, path: Path) -> None:
    if path.name == "200_broken_json_backslash.json":
        pytest.skip("this body can be repaired and is then valid")
    upstream.plan("*", reply(envelope(path)))

    outcome = await outcome_of(omdb.ratings(FILM))

    assert OMDB_ERRORS.get(path.name) is outcome


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("omdb/error/200_broken_json_backslash.json"))
async def test_omdb_json_with_a_stray_backslash_is_repaired(omdb: OmdbSource, upstream: Upstream, path: Path) -> None:
    upstream.plan("*", reply(envelope(path)))

    response = await omdb.ratings(FILM)

    assert response
    assert response.ratings


AWARDS = FIXTURES / "omdb" / "awards_strings.jsonl"


@needs(AWARDS)
def test_awards_are_read_from_every_recorded_sentence() -> None:
    sentences = [(TitleKind(row["Type"]), row["Awards"]) for row in bodies(AWARDS)]

    wrong = [sentence for sentence in sentences if read_award(*sentence) is not expected_award(*sentence)]

    assert ([], True) == (wrong, len(sentences) > 300)
    assert set(Award) == {award for sentence in sentences if (award := read_award(*sentence))}


def expected_award(kind: TitleKind, awards: str) -> Award | None:
    """Find by counting words what the code finds with a pattern."""
    words = awards.replace(".", " ").split()
    if words[:1] != ["Won"] or int(words[1]) == 0:
        return None
    if kind is TitleKind.MOVIE:
        return Award.OSCAR if words[2] in {"Oscar", "Oscars"} else None
    return Award.EMMY if words[2:4] in (["Primetime", "Emmy"], ["Primetime", "Emmys"]) else None


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("omdb/episode/*.json"))
async def test_omdb_episodes_have_ratings_of_their_own(omdb: OmdbSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    body = recorded["response"]["body"]

    response = await omdb.ratings(described(body, EPISODE))

    assert response
    assert [float(body["imdbRating"])] == [rating.value for rating in response.ratings.values()]
    assert [(int(body["imdbID"][2:]), TitleKind.EPISODE)] == [(ref.number, ref.kind) for ref in response.refs]


FANART_SECTIONS = {
    Kind.POSTER: ("movieposter", "tvposter"),
    Kind.BACKDROP: ("moviebackground", "showbackground"),
    Kind.LOGO: ("hdmovielogo", "hdtvlogo", "movielogo", "clearlogo"),
}


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("fanart/movies/*.json", "fanart/tv/*.json", "fanart/tv-v2/*.json"))
async def test_fanart_pictures_are_read(fanart: FanartSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    upstream.plan("*", reply(recorded))

    body = recorded["response"]["body"]

    gallery = await fanart.gallery(described(body, FILM if path.parent.name == "movies" else SERIES))

    body = body if len(body) > 1 else next(iter(body.values()))
    for kind, sections in FANART_SECTIONS.items():
        rows = [row for name in sections for row in body.get(name, []) if isinstance(row, dict)]
        theirs = {row["url"].rpartition("/")[2] for row in rows if "fanart.tv/" in row["url"]}
        arts = gallery.get(kind, ())
        read = {art.path.rpartition("/")[2] for art in arts}
        assert read <= theirs
        assert min(len(theirs), MAX_CANDIDATES) <= len(read)
        assert {art.lang or "" for art in arts} <= {row.get("lang", "").strip("0") for row in rows}
        of_all_seasons = [row for row in rows if row.get("season", "all") in {"", "all"}] or rows
        assert max(
            (int(row.get("likes", 0)) for row in of_all_seasons if row["url"].rpartition("/")[2] in theirs), default=0
        ) == max((art.votes for art in arts), default=0)


@NEEDS_RECORDINGS
@pytest.mark.parametrize("path", files("fanart/error/*.json"))
async def test_fanart_errors_are_distinguished(fanart: FanartSource, upstream: Upstream, path: Path) -> None:
    recorded = envelope(path)
    for status in (recorded["response"]["status"], 200):  # the same body may come with either
        upstream.plan("*", reply(recorded | {"response": recorded["response"] | {"status": status}}))
        if path.name.startswith("404"):
            assert {} == await fanart.gallery(FILM)
        else:
            with pytest.raises(SourceRefused):
                await fanart.gallery(FILM)
