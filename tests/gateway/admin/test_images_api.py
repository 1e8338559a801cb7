"""The stored pictures, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.db import image_search
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool, connection
from shared.stores.settings_rows import save_settings
from shared.stores.title_rows import TitleMetadata, save_title
from tests.gateway.auth.caller import Caller
from tests.gateway.edge import CONTENT

PATH = "/api/admin/images"
NOW = datetime(2024, 5, 1, tzinfo=UTC)
POSTER, LOGO = parse(Kind.POSTER, Format.JPG, {"imageSize": "large"}), parse(Kind.LOGO, Format.PNG, {})
STILL = parse(Kind.EPISODE, Format.WEBP, {})
TITLES = {
    "movie-278": ("The Shawshank Redemption", ["imdb:tt0111161", "tmdb:movie-278"]),
    "series-1396": ("Breaking Bad", ["tvdb:series-81189", "imdb:tt0903747"]),
    "series-1396:1:1": ("Pilot", ["imdb:episode-tt0903747-S1E1"]),
    "movie-7": ("100% Wool_ly", []),
}
STORED = [("movie-278", POSTER), ("movie-278", LOGO), ("series-1396", POSTER), ("series-1396:1:1", STILL)]


async def store(pool: Pool, media: str, look: Settings, hours_ago: float = 0) -> SettingsHash:
    name = settings_hash(look)
    await save_settings(pool, name, look)
    row = ImageRow(
        hash=name,
        media=MediaId.parse(media),
        ext=look.format,
        etag="e",
        bytes=1234,
        fingerprint="f",
        degraded=False,
        drawn_at=NOW - timedelta(hours=hours_ago),
    )
    await record_image(pool, row)
    return name


@pytest.fixture
async def kept(pool: Pool) -> None:
    """Three titles with their pictures, the newest first, and a picture of a title of which nothing is kept."""
    for media, (name, aliases) in TITLES.items():
        refs = [ExternalId.from_alias(alias) for alias in aliases]
        await save_title(pool, TitleMetadata(media=MediaId.parse(media), name=name), refs)
    for hours_ago, (media, look) in enumerate([*STORED, ("movie-7", POSTER), ("series-9:2:3", STILL)]):
        await store(pool, media, look, hours_ago)


async def found(admin: Caller, **query: str) -> list[tuple[str, str]]:
    """Return the title and the kind of each picture that is found."""
    answer = await admin.session.get(
        f"http://127.0.0.1:{admin.port}{PATH}", params=query, headers={"Authorization": f"Bearer {admin.token}"}
    )
    page: dict[str, Any] = await answer.json()
    assert answer.status == 200, page
    assert page["total"] == len(page["images"])
    return [(image["media"], image["kind"]) for image in page["images"]]


@pytest.mark.usefixtures("kept")
async def test_a_picture_is_shown_with_its_title_and_address(admin: Caller) -> None:
    page = (await admin.get(PATH)).json

    name = settings_hash(POSTER)
    assert {
        "media": "movie-278",
        "name": "The Shawshank Redemption",
        "kind": "poster",
        "format": "jpg",
        "size": "large",
        "hash": name,
        "look": "imageSize=large",
        "bytes": 1234,
        "drawn_at": "2024-05-01T00:00:00Z",
        "checked_at": "2024-05-01T00:00:00Z",
        "degraded": False,
        "url": f"{CONTENT}/c/{name}/imdb/poster-default/tt0111161.jpg",
    } == page["images"][0]
    assert {"large", "medium"} == {image["size"] for image in page["images"]}
    assert (1, 1, 6, False) == tuple(page[field] for field in ("page", "pages", "total", "is_estimate"))


@pytest.mark.usefixtures("kept")
async def test_the_newest_come_first_each_with_an_id_that_callers_know(admin: Caller) -> None:
    images = (await admin.get(PATH)).json["images"]

    poster, logo, still = (f"{CONTENT}/c/{settings_hash(look)}" for look in (POSTER, LOGO, STILL))
    assert [
        f"{poster}/imdb/poster-default/tt0111161.jpg",
        f"{logo}/imdb/logo-default/tt0111161.png",
        f"{poster}/imdb/poster-default/tt0903747.jpg",
        f"{still}/imdb/episode-default/episode-tt0903747-S1E1.webp",
        f"{poster}/tmdb/poster-default/movie-7.jpg",
        f"{still}/tmdb/episode-default/episode-9-S2E3.webp",
    ] == [image["url"] for image in images]


SEARCHES: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "a title": ({"media": "movie-278"}, [("movie-278", "poster"), ("movie-278", "logo")]),
    "a title and a hash": ({"media": "series-1396", "q": settings_hash(POSTER)}, [("series-1396", "poster")]),
    "a title and another's id": ({"media": "movie-7", "q": "tt0903747"}, []),
    "an impossible title": ({"media": "movie-99999999999"}, []),
    "a kind": ({"kind": "logo"}, [("movie-278", "logo")]),
    "a part of a name": ({"q": "shawshank"}, [("movie-278", "poster"), ("movie-278", "logo")]),
    "both": ({"q": "SHAW", "kind": "poster"}, [("movie-278", "poster")]),
    "an imdb id": ({"q": "tt0903747"}, [("series-1396", "poster")]),
    "an id of ours": ({"q": "movie-278", "kind": "logo"}, [("movie-278", "logo")]),
    "a tvdb id": ({"q": "tvdb:81189"}, [("series-1396", "poster")]),
    "an episode": ({"q": "tt0903747:1:1"}, [("series-1396:1:1", "episode")]),
    "an id without a title": ({"q": "episode-9-S2E3"}, [("series-9:2:3", "episode")]),
    "an unknown id": ({"q": "tt7777777"}, []),
    "the beginning of a hash": ({"q": settings_hash(LOGO)[:8]}, [("movie-278", "logo")]),
    "a hash": ({"q": settings_hash(LOGO).upper()}, [("movie-278", "logo")]),
    "a hash of another kind": ({"q": settings_hash(LOGO), "kind": "poster"}, []),
    "an unknown hash": ({"q": "0" * 32}, []),
    "a per cent sign": ({"q": "0% w"}, [("movie-7", "poster")]),
    "an underscore": ({"q": "l_ly"}, [("movie-7", "poster")]),
    "an underscore that is none": ({"q": "b_eaking"}, []),
    "a backslash": ({"q": "\\"}, []),
    "a quote": ({"q": "'; DROP TABLE images; --"}, []),
    "nothing": ({"q": " ", "kind": "episode"}, [("series-1396:1:1", "episode"), ("series-9:2:3", "episode")]),
}


@pytest.mark.usefixtures("kept")
async def test_pictures_are_found_by_what_is_known_of_them(admin: Caller) -> None:
    got = {name: await found(admin, **query) for name, (query, _) in SEARCHES.items()}

    assert {name: expected for name, (_, expected) in SEARCHES.items()} == got


async def test_a_page_holds_fifty(admin: Caller, pool: Pool) -> None:
    for number in range(1, 53):
        await store(pool, f"movie-{number}", POSTER, number)

    pages = [(await admin.get(f"{PATH}?page={page}")).json for page in (1, 2, 3)]

    assert [50, 2, 0] == [len(page["images"]) for page in pages]
    assert [(2, 52)] * 3 == [(page["pages"], page["total"]) for page in pages]
    shown = [image["media"] for page in pages for image in page["images"]]
    assert [f"movie-{number}" for number in range(1, 53)] == shown


async def test_what_fits_a_filter_is_counted_up_to_a_bound(
    admin: Caller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_search, "COUNT_LIMIT", 2)
    for number in (1, 2, 3):
        await store(pool, f"movie-{number}", POSTER)

    some = (await admin.get(f"{PATH}?kind=poster")).json
    none = (await admin.get(f"{PATH}?kind=logo")).json

    assert (2, True, 3) == (some["total"], some["is_estimate"], len(some["images"]))
    assert (0, False, 0) == (none["total"], none["is_estimate"], none["pages"])


async def test_a_bad_search_gets_a_sentence(admin: Caller) -> None:
    bad = ["kind=banner", "page=0", "page=1001", "page=x", "q=%00", "q=a%0Ab", "q=" + "x" * 101]

    answers = [await admin.get(f"{PATH}?{query}") for query in bad]

    assert [400] * len(bad) == [answer.status for answer in answers]
    assert all(answer.json["error"].endswith(".") for answer in answers)


async def test_a_search_for_what_is_no_text_finds_nothing(admin: Caller) -> None:
    answer = await admin.get(f"{PATH}?q=%ff")

    assert (200, []) == (answer.status, answer.json.get("images"))


async def test_a_picture_of_a_look_that_was_removed_is_not_listed(admin: Caller, pool: Pool) -> None:
    await store(pool, "movie-1", POSTER)
    async with connection(pool) as db:
        await db.execute("DELETE FROM settings_registry")

    assert [] == (await admin.get(PATH)).json["images"]
