"""What is kept of a title, as an admin sees it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.awards import Award
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format
from shared.domain.rating_merge import RatingReport
from shared.domain.ratings import Rating, RatingSite
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool
from shared.stores.title_reports import save_reports
from shared.stores.title_rows import TitleMetadata, save_title
from tests.gateway.auth.caller import Caller

NOW = datetime.now(UTC)
FILM, SERIES, EPISODE = (MediaId.parse(text) for text in ("movie-278", "series-1396", "series-1396:1:1"))
REPORTS = [
    RatingReport(source="mdblist", ratings={RatingSite.IMDB: Rating(9.2, 10)}, heard_at=NOW - timedelta(days=3)),
    RatingReport(
        source="omdb",
        ratings={RatingSite.IMDB: Rating(9.3, 2_900_000), RatingSite.RT: Rating(89)},
        award=Award.OSCAR,
        heard_at=NOW - timedelta(hours=1),
    ),
    RatingReport(source="tmdb", ratings={RatingSite.TMDB: Rating(87, 30_000)}, heard_at=NOW - timedelta(days=2)),
]


@pytest.fixture
async def kept(pool: Pool) -> None:
    facts = TitleMetadata(
        media=FILM,
        name="The Shawshank Redemption",
        film_date=date(1994, 9, 23),
        released=date(1994, 9, 23),
        status="Released",
    )
    await save_title(pool, facts, [ExternalId.from_alias("imdb:tt0111161"), ExternalId.from_alias("tmdb:movie-278")])
    for report in REPORTS:
        await save_reports(pool, FILM, [report])
    for number, ext in enumerate([Format.JPG, Format.PNG]):
        await record_image(
            pool,
            ImageRow(
                hash=SettingsHash("ab" * 16),
                media=FILM,
                ext=ext,
                etag="e",
                bytes=1000 + number,
                fingerprint="f",
                degraded=bool(number),
                drawn_at=NOW - timedelta(hours=number),
            ),
        )
    await save_title(
        pool,
        TitleMetadata(media=SERIES, name="Breaking Bad"),
        [ExternalId.from_alias("tvdb:series-81189"), ExternalId.from_alias("imdb:tt0903747")],
    )
    await save_title(
        pool,
        TitleMetadata(media=EPISODE, name="Pilot"),
        [ExternalId.parse(IdType.IMDB, "tt0903747:1:1"), ExternalId.parse(IdType.IMDB, "episode-tt0959621")],
    )
    season = MediaId(TitleKind.SERIES, 1396, season=2)
    names = [season.tmdb, ExternalId(IdType.TVDB, 30272, TitleKind.SEASON)]
    await save_title(pool, TitleMetadata(media=season, name="Breaking Bad: Season 2"), names)
    collection = MediaId(TitleKind.COLLECTION, 1241)
    await save_title(pool, TitleMetadata(media=collection, name="A Collection"), [collection.tmdb])


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("spelling", "kind"),
    [("series-1396:1:1", "episode"), ("season-1396-S2", "season"), ("collection-1241", "collection")],
)
async def test_a_page_says_what_the_title_is(admin: Caller, spelling: str, kind: str) -> None:
    assert kind == (await admin.get(f"/api/admin/titles/{spelling}")).json["kind"]


@pytest.mark.usefixtures("kept")
async def test_all_that_is_kept_of_a_title_is_shown(admin: Caller) -> None:
    page = (await admin.get("/api/admin/titles/tt0111161")).json

    assert ("movie-278", "movie", "The Shawshank Redemption", "Released", "1994-09-23", None) == tuple(
        page[name] for name in ("media", "kind", "name", "status", "film_date", "last_aired")
    )
    assert ["imdb:tt0111161", "tmdb:movie-278"] == page["aliases"]
    assert {"mdblist": False, "omdb": True, "tmdb": False} == {
        report["source"]: report["is_fresh"] for report in page["reports"]
    }
    assert [("jpg", 1000, False), ("png", 1001, True)] == [
        (image["ext"], image["bytes"], image["degraded"]) for image in page["images"]
    ]
    assert "oscar" == page["award"]


@pytest.mark.usefixtures("kept")
async def test_each_rating_says_whose_word_it_is(admin: Caller) -> None:
    page = (await admin.get("/api/admin/titles/movie-278")).json

    assert {
        "imdb": (9.3, 2_900_000, "omdb", True),  # fresher than what the preferred source said
        "rt": (89, None, "omdb", True),
        "tmdb": (87, 30_000, "tmdb", False),
    } == {
        site: (rating["value"], rating["votes"], rating["source"], rating["is_fresh"])
        for site, rating in page["ratings"].items()
    }


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("spelling", "media"),
    [
        ("tt0111161", "movie-278"),
        ("TT0111161", "movie-278"),
        ("imdb:0111161", "movie-278"),
        ("movie-278", "movie-278"),
        ("tmdb:278", "movie-278"),
        ("tmdb:movie-278", "movie-278"),
        ("series-1396", "series-1396"),
        ("tv-1396", "series-1396"),
        ("tvdb:81189", "series-1396"),
        ("tvdb:series-81189", "series-1396"),
        ("series-1396:1:1", "series-1396:1:1"),
        ("episode-1396-S1E1", "series-1396:1:1"),
        ("tt0903747", "series-1396"),
        ("tt0903747:1:1", "series-1396:1:1"),
        ("episode-tt0903747-S1E1", "series-1396:1:1"),
        ("tt0959621", "series-1396:1:1"),
        ("season-1396-S2", "series-1396:s2"),
        ("tvdb:season-30272", "series-1396:s2"),
        ("tvdb:30272", "series-1396:s2"),
        ("collection-1241", "collection-1241"),
    ],
)
async def test_a_title_is_found_by_any_of_its_ids(admin: Caller, spelling: str, media: str) -> None:
    answer = await admin.get(f"/api/admin/titles/{spelling}")

    assert (200, media) == (answer.status, answer.json.get("media"))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("spelling", "status"),
    [
        ("tt7777777", 404),
        ("movie-279", 404),
        ("series-278", 404),
        ("series-1396:1:2", 404),
        ("tvdb:1", 404),
        ("278", 400),
        ("movie-0", 400),
        ("x", 400),
        ("movie-99999999999", 404),
        ("tvdb:9223372036854775808", 404),
        ("series-9223372036854775808:1:1", 404),
        ("tt0111161%2F..", 400),
        ("%00", 400),
        ("%ff", 400),
        ("movie-" + "9" * 5000, 404),
    ],
)
async def test_a_title_that_is_not_kept_gets_a_sentence(admin: Caller, spelling: str, status: int) -> None:
    answer = await admin.get(f"/api/admin/titles/{spelling}")

    assert status == answer.status
    assert answer.json["error"].endswith(".")
