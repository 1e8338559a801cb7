import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from tests.shared.words import id_types, media_ids, refs

FORMS = [
    (IdType.IMDB, "tt0903747", "tt0903747"),
    (IdType.IMDB, "0903747", "tt0903747"),
    (IdType.IMDB, "TT0903747", "tt0903747"),
    (IdType.IMDB, "tt10872600", "tt10872600"),
    (IdType.IMDB, "tt0903747:1:1", "episode-tt0903747-S1E1"),
    (IdType.IMDB, "episode-tt0903747-S01E01", "episode-tt0903747-S1E1"),
    (IdType.IMDB, "episode-tt0959621", "episode-tt0959621"),
    (IdType.TMDB, "movie-278", "movie-278"),
    (IdType.TMDB, "series-1396", "series-1396"),
    (IdType.TMDB, "tv-1396", "series-1396"),
    (IdType.TMDB, "278", "278"),
    (IdType.TMDB, "episode-1396-S1E1", "episode-1396-S1E1"),
    (IdType.TMDB, "episode-series-1396-S1E1", "episode-1396-S1E1"),
    (IdType.TMDB, "1396:0:12", "episode-1396-S0E12"),
    (IdType.TMDB, "movie-278-some-slug", "movie-278"),
    (IdType.TMDB, "TV-1396-Breaking-Bad", "series-1396"),
    (IdType.TMDB, "movie-9296-s1m0ne", "movie-9296"),
    (IdType.TMDB, "movie-129-千と千尋", "movie-129"),
    (IdType.TMDB, f"movie-278-{'a-long-name-' * 10}", "movie-278"),
    (IdType.TMDB, "series-1396-breaking-bad-S1E2", "episode-1396-S1E2"),
    (IdType.TVDB, "movie-190-some-slug", "movie-190"),
    (IdType.TVDB, "81189", "81189"),
    (IdType.TVDB, "series-81189", "series-81189"),
    (IdType.TVDB, "movie-81189", "movie-81189"),
    (IdType.TVDB, "episode-81189-s1e1", "episode-81189-S1E1"),
    (IdType.TVDB, "episode-81189", "episode-81189"),
    (IdType.IMDB, "season-tt0903747-S2", "season-tt0903747-S2"),
    (IdType.IMDB, "SEASON-0903747-s02", "season-tt0903747-S2"),
    (IdType.TMDB, "season-1396-S2", "season-1396-S2"),
    (IdType.TMDB, "season-1396-S0", "season-1396-S0"),
    (IdType.TMDB, "collection-1241", "collection-1241"),
    (IdType.TMDB, "Collection-1241-harry-potter-collection", "collection-1241"),
    (IdType.TVDB, "season-81189-S2", "season-81189-S2"),
    (IdType.TVDB, "season-30272", "season-30272"),
]
ANIME_FORMS = [
    ("7442", "7442"),
    ("series-7442", "7442"),
    ("movie-7442", "7442"),
    ("tv-7442", "7442"),
    ("9999999", "9999999"),
    ("7442:3", "episode-7442-S1E3"),
    ("7442:1:3", "episode-7442-S1E3"),
    ("7442:2:3", "episode-7442-S2E3"),
    ("7442:0:3", "episode-7442-S0E3"),
    ("episode-7442-S1E3", "episode-7442-S1E3"),
    ("episode-7442-s01e03", "episode-7442-S1E3"),
    ("series-7442:3", "episode-7442-S1E3"),
    ("episode-7442", "episode-7442"),
]
ANIME_JUNK = [
    *("", " ", "0", "07442", "10000000", "1" * 100_000, "7442a", "tt0903747", "abc", "7442:", "7442:a", "7442:1:2:3"),
    *("movie-7442:3", "movie-7442:1:3", "film-7442", "7442-S1", "7442.jpg", "../7442", "7442/1", "-7442", "+7442"),
    *("٧٤٤٢", "7442 ", "7442\n", "7442:123456", "kitsu:kitsu:7442", "imdb:7442", "movie-7442-a-name"),
]
SITES = [IdType.KITSU, IdType.ANILIST, IdType.MAL, IdType.ANIDB]
JUNK = [
    "",
    " ",
    "tt",
    "tt123",
    "tt0000000",
    "tt0903747 ",
    "tt0903747\n",
    "tt09037470000000",
    "tt٠٩٠٣٧٤٧",
    "movie-0",
    "movie--1",
    "movie-278:1:1",
    "series-1396:1",
    "episode-1396-S1",
    "../../etc/passwd",
    "278/../../x",
    "278?api_key=1",
    "0278",
    "movie-278.jpg",
    "movie-278-",
    "movie-278-a.b",
    "movie-278-a/b",
    "movie-278-a b",
    "movie-278-a\x00",
    "movie-278-" + "a" * 300,
    "series-1396-S1",
    "series-1396-s1e",
    "278-some-slug",
    "tt" + "1" * 100_000,
    "movie-99999999999999999999:1:1",
    "movie-09999999999999999999999",
    "series-1396:1:99999999999999999999",
    "tt0903747:2",
    "tt0903747-S2",
    "season-tt0903747",
    "season-tt0903747-S2E1",
    "season-tt0903747:2:1-S2",
    "season-1396-S12345",
    "season-series-1396-S2",
    "season-movie-278-S2",
    "season-collection-1241-S2",
    "season-0-S2",
    "season--S2",
    "collection-0",
    "collection-1241:1:1",
    "collection-1241-S1",
    "episode-collection-1241",
]
IMPOSSIBLE = [
    "2147483648",
    "9999999999",
    str(2**63 - 1),
    str(2**63),
    str(2**64),
    "1" * 100_000,
    "movie-9223372036854775808",
    "series-18446744073709551616",
    "TV-9223372036854775808",
    "movie-9223372036854775808-some-slug",
    f"movie-{'9' * 300}-some-slug",
    "episode-9223372036854775808-S1E1",
    "9223372036854775808:1:1",
    "series-9223372036854775808:1:1",
    f"episode-{10**30}",
    f"season-{10**30}-S2",
]


@pytest.mark.parametrize(("id_type", "text", "canonical"), FORMS)
def test_every_form_that_clients_use_is_parsed(id_type: IdType, text: str, canonical: str) -> None:
    assert canonical == str(ExternalId.parse(id_type, text))


@pytest.mark.parametrize(("id_type", "text"), [(kind, text) for kind in IdType if not kind.is_anime for text in JUNK])
def test_junk_is_refused_with_the_allowed_forms(id_type: IdType, text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        ExternalId.parse(id_type, text)

    assert raised.value.public.startswith("The id cannot be read.")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("text", "canonical"), ANIME_FORMS)
@pytest.mark.parametrize("is_prefixed", [False, True])
def test_every_form_of_an_anime_id_is_parsed(site: IdType, text: str, canonical: str, *, is_prefixed: bool) -> None:
    assert canonical == str(ExternalId.parse(site, f"{site}:{text}" if is_prefixed else text))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("text", ANIME_JUNK)
def test_junk_in_place_of_an_anime_id_is_refused_with_the_allowed_forms(site: IdType, text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        ExternalId.parse(site, text)

    assert raised.value.public.startswith("The id cannot be read. A")
    assert f" {site} id is a number up to 9999999, written 7442, {site}:7442, " in raised.value.public


def test_the_series_of_an_anime_episode_is_its_entry() -> None:
    assert ExternalId(IdType.KITSU, 7442) == ExternalId.parse(IdType.KITSU, "7442:3").title


@pytest.mark.parametrize("id_type", [IdType.TMDB, IdType.TVDB])
@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_a_number_that_no_title_can_have_is_no_title(id_type: IdType, text: str) -> None:
    with pytest.raises(TitleNotFound):
        ExternalId.parse(id_type, text)


@pytest.mark.parametrize("text", ["movie-2147483648", "series-9223372036854775808:1:1", "movie-" + "9" * 5000])
def test_a_media_id_with_such_a_number_is_no_title(text: str) -> None:
    with pytest.raises(TitleNotFound):
        MediaId.parse(text)


@given(refs())
def test_an_id_survives_the_round_trip_through_text(ref: ExternalId) -> None:
    assert ref == ExternalId.parse(ref.id_type, str(ref))
    assert ref == ExternalId.from_alias(ref.alias)


@given(
    id_types,
    st.text()
    | st.from_regex(r"(episode-|season-)?(tt|movie-|series-|tv-|collection-)?\d{1,25}(:\d+:\d+|-S\d+(E\d+)?)?"),
)
def test_any_text_is_an_id_or_a_bad_request(id_type: IdType, text: str) -> None:
    try:
        ref = ExternalId.parse(id_type, text)
    except (BadRequest, TitleNotFound):
        return

    assert ref == ExternalId.parse(id_type, str(ref))
    assert str(ref).isascii()
    assert "/" not in str(ref)


@given(st.text())
def test_any_text_is_an_alias_or_a_bad_request(text: str) -> None:
    try:
        ref = ExternalId.from_alias(text)
    except (BadRequest, TitleNotFound):
        return

    assert ref == ExternalId.from_alias(ref.alias)


@given(refs(), refs())
def test_different_ids_have_different_aliases(one: ExternalId, other: ExternalId) -> None:
    assert (one == other) is (one.alias == other.alias)


def test_an_episodes_title_is_its_series() -> None:
    episode = ExternalId.parse(IdType.IMDB, "tt0903747:1:1")

    assert Episode(1, 1) == episode.episode
    assert ExternalId(IdType.IMDB, 903747) == episode.title
    assert episode.title == episode.title.title


@pytest.mark.parametrize("id_type", [IdType.IMDB, IdType.TMDB])
def test_only_tvdb_numbers_its_seasons(id_type: IdType) -> None:
    with pytest.raises(BadRequest):
        ExternalId.parse(id_type, "season-1234567")

    assert TitleKind.SEASON is ExternalId.parse(IdType.TVDB, "season-1234567").kind


@pytest.mark.parametrize("id_type", [IdType.IMDB, IdType.TVDB])
def test_only_tmdb_has_collections(id_type: IdType) -> None:
    with pytest.raises(BadRequest):
        ExternalId.parse(id_type, "collection-1234567")


@pytest.mark.parametrize("kind", [Kind.BACKDROP, Kind.LOGO])
def test_a_season_has_only_a_poster_and_all_other_kinds_are_of_its_series(kind: Kind) -> None:
    season = ExternalId.parse(IdType.TMDB, "season-1396-S2")

    assert season == season.of_picture(Kind.POSTER)
    assert "season-1396-S2" == season.of_picture(Kind.POSTER).in_address
    assert ExternalId(IdType.TMDB, 1396, TitleKind.SERIES) == season.of_picture(kind)


@given(media_ids())
def test_a_media_id_contains_its_title_and_its_id_at_tmdb(media: MediaId) -> None:
    assert media.series == media.series.series
    assert media.is_part is (media != media.series)
    assert media.tmdb == ExternalId.from_alias(media.tmdb.alias)


@given(media_ids())
def test_a_media_id_survives_the_round_trip_through_text(media: MediaId) -> None:
    assert media == MediaId.parse(str(media))


@given(st.text() | st.from_regex(r"(movie|series|collection)-\d{1,12}(:\d+:\d+|:s\d+)?"))
def test_any_text_is_a_media_id_or_a_bad_request(text: str) -> None:
    try:
        media = MediaId.parse(text)
    except BadRequest:
        return

    assert media == MediaId.parse(str(media))


def test_media_ids_are_written_as_documented() -> None:
    assert "movie-278" == str(MediaId(TitleKind.MOVIE, 278))
    assert "series-1396:1:1" == str(MediaId(TitleKind.SERIES, 1396, Episode(1, 1)))
    assert "series-1396:s2" == str(MediaId(TitleKind.SERIES, 1396, season=2))
    assert "collection-1241" == str(MediaId(TitleKind.COLLECTION, 1241))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("movie-278-the-shawshank-redemption", "movie-278"),
        ("movie-19-metropolis-1927", "movie-19"),
        ("series-1396-breaking-bad", "series-1396"),
        ("tv-1396-breaking-bad", "series-1396"),
        ("movie-129-千と千尋の神隠し", "movie-129"),
        ("movie-278-", None),
        ("movie-the-shawshank-redemption", None),
        ("series-1396-S2", None),
        (f"movie-278-{'x' * 300}", None),
        ("movie-278-a/b", None),
        ("movie-278-a\x00b", None),
    ],
)
def test_a_name_behind_the_number_is_ignored(text: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(BadRequest):
            ExternalId.parse(IdType.TMDB, text)
    else:
        assert canonical == str(ExternalId.parse(IdType.TMDB, text))
