"""Fanart.tv's JSON is parsed into the right pictures, and no other host is ever called for them."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest

from services.artwork import Art, Gallery
from services.client.http import Http
from services.fanart.client import FanartSource
from services.fanart.picture_hosts import PictureHosts
from services.fanart.reader import read_gallery
from services.titles import Title
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, SourceInvalidResponse, SourceRefused
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from tests.services.contract import FILM, KEY, ArtSourceContract, GalleryContract
from tests.services.upstream import Reply, Upstream, replies

MOVIE, SERIES = TitleKind.MOVIE, TitleKind.SERIES
SHOW = Title(
    media=MediaId(SERIES, 1396), refs=(ExternalId(IdType.IMDB, 903747), ExternalId(IdType.TVDB, 81189, SERIES))
)
ASSETS = "https://assets.fanart.tv/fanart/movies/278"
NOT_FOUND = {"status": "error", "error message": "Not found"}
HOSTS = PictureHosts("https://webservice.fanart.tv/v3")


def row(name: str, lang: str = "en", likes: str = "0", **more: object) -> dict[str, Any]:
    return {"id": "1", "url": f"{ASSETS}/{name}", "lang": lang, "likes": likes, **more}


FILM_BODY: dict[str, Any] = {
    "name": "A Long Walk",
    "tmdb_id": "278",
    "imdb_id": "tt0111161",
    "movieposter": [row("en.jpg", "en", "4"), row("plain.jpg", "00", "9"), row("de.jpg", "de", "9")],
    "moviebackground": [row("wide.jpg", "", "2", width="1920", height="1080")],
    "hdmovielogo": [row("hd.png", "en", "1")],
    "movielogo": [row("sd.png", "en", "40")],
    "moviedisc": [row("disc.png", "en", "7", disc="1", disc_type="bluray")],
}


def read(body: dict[str, Any], kind: TitleKind = MOVIE) -> Gallery:
    return read_gallery(kind, body, HOSTS.address)


def names(arts: tuple[Art, ...]) -> list[str]:
    return [art.path.rpartition("/")[2] for art in arts]


@pytest.fixture
def source(http: Http, upstream: Upstream) -> FanartSource:
    return FanartSource(http, (Secret(KEY),), api_url=f"{upstream.url}/v3")


class TestGalleries(GalleryContract):
    source_name = "fanart"
    refusal = replies({"status": "error", "error message": "Invalid API key"}, 401)
    good = replies(FILM_BODY)
    no_such = replies(NOT_FOUND, 404)

    @pytest.fixture
    def send(self, source: FanartSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.gallery(FILM)


class TestPictures(ArtSourceContract):
    source_name = "fanart_images"
    good: ClassVar[Reply] = Reply(200, b"\xff\xd8 a picture", {"Content-Type": "image/jpeg"})

    @pytest.fixture
    def art(self, upstream: Upstream) -> Art:
        return Art(f"{upstream.url}/assets/poster.jpg", 0, 0, "en")

    @pytest.fixture
    def send(self, source: FanartSource, art: Art) -> Callable[[], Awaitable[Any]]:
        return lambda: source.fetch(art, 580)


async def test_a_films_pictures_are_read_by_kind(source: FanartSource, upstream: Upstream) -> None:
    upstream.plan("/v3/movies/278", replies(FILM_BODY))

    gallery = await source.gallery(FILM)

    assert {
        Kind.POSTER: (
            Art(f"{ASSETS}/plain.jpg", 0, 0, None, None, 9.0),
            Art(f"{ASSETS}/de.jpg", 0, 0, "de", None, 9.0),
            Art(f"{ASSETS}/en.jpg", 0, 0, "en", None, 4.0),
        ),
        Kind.BACKDROP: (Art(f"{ASSETS}/wide.jpg", 1920, 1080, None, None, 2.0, Kind.BACKDROP),),
        Kind.LOGO: (
            Art(f"{ASSETS}/hd.png", 0, 0, "en", None, 1.0, Kind.LOGO),
            Art(f"{ASSETS}/sd.png", 0, 0, "en", None, 40.0, Kind.LOGO),
        ),
    } == gallery
    assert KEY == upstream.received[0].query["api_key"]


async def test_a_series_is_requested_by_its_tvdb_number(source: FanartSource, upstream: Upstream) -> None:
    body = {"tvposter": [row("p.jpg")], "hdtvlogo": [row("hd.png")], "clearlogo": [row("sd.png", likes="9")]}
    upstream.plan("/v3/tv/81189", replies({"name": "Chemistry", "thetvdb_id": "81189", **body}))

    gallery = await source.gallery(SHOW)

    assert ["p.jpg", "hd.png", "sd.png"] == names(gallery[Kind.POSTER] + gallery[Kind.LOGO])
    assert Kind.BACKDROP not in gallery


SEASON_POSTERS = [
    row("s1.jpg", "en", "4", season="1"),
    row("s2.jpg", "en", "2", season="2"),
    row("s2-liked.jpg", "de", "5", season="2"),
    row("specials.jpg", "en", "1", season="0"),
    row("all.jpg", "en", "9", season="all"),
    row("none.jpg", "en", "9"),
    row("odd.jpg", "en", "9", season="-2"),
    row("far.jpg", "en", "9", season="99999"),
    {"season": "2"},
]


def a_season(number: int | None) -> Title:
    media = MediaId(SERIES, 1396, season=number)
    return Title(media=media, series=SHOW, art_season=number, refs=(ExternalId(IdType.TVDB, 81189, season=number),))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (a_season(2), [("s2-liked.jpg", 2), ("s2.jpg", 2), ("p.jpg", None)]),
        (a_season(1), [("s1.jpg", 1), ("p.jpg", None)]),
        (a_season(0), [("specials.jpg", 0), ("p.jpg", None)]),
        (a_season(7), [("p.jpg", None)]),
        (SHOW, [("p.jpg", None)]),
    ],
)
async def test_posters_of_a_season_are_of_that_season_alone(
    source: FanartSource, upstream: Upstream, title: Title, expected: list[tuple[str, int | None]]
) -> None:
    body = {"name": "Chemistry", "thetvdb_id": "81189", "tvposter": [row("p.jpg")], "seasonposter": SEASON_POSTERS}
    upstream.plan("/v3/tv/81189", replies(body))

    posters = (await source.gallery(title))[Kind.POSTER]

    assert expected == [(art.path.rpartition("/")[2], art.season) for art in posters]


async def test_all_seasons_of_a_series_are_one_call(source: FanartSource, upstream: Upstream) -> None:
    upstream.plan("/v3/tv/81189", replies({"thetvdb_id": "81189", "seasonposter": SEASON_POSTERS}))

    galleries = [await source.gallery(title) for title in (a_season(1), SHOW, a_season(2))]

    assert ["s1.jpg", "s2-liked.jpg", "s2.jpg"] == [
        name for gallery in galleries for name in names(gallery.get(Kind.POSTER, ()))
    ]
    assert ["/v3/tv/81189"] == upstream.paths


async def test_a_collection_has_no_pictures_here(source: FanartSource, upstream: Upstream) -> None:
    assert {} == await source.gallery(Title(media=MediaId(TitleKind.COLLECTION, 1241)))
    assert [] == upstream.paths


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        ((), []),
        ((ExternalId(IdType.IMDB, 903747),), []),
        ((ExternalId(IdType.TVDB, 349232, TitleKind.EPISODE),), []),
        (
            (ExternalId(IdType.TVDB, 349232, TitleKind.EPISODE), ExternalId(IdType.TVDB, 81189, SERIES)),
            ["/v3/tv/81189"],
        ),
        ((ExternalId(IdType.TVDB, 81189, None, Episode(1, 1)),), ["/v3/tv/81189"]),
        ((ExternalId(IdType.TVDB, 81189),), ["/v3/tv/81189"]),
    ],
)
async def test_an_episode_is_requested_by_its_series(
    source: FanartSource, upstream: Upstream, refs: tuple[ExternalId, ...], expected: list[str]
) -> None:
    upstream.plan("*", replies(NOT_FOUND, 404))

    gallery = await source.gallery(Title(media=MediaId(SERIES, 1396, Episode(1, 1)), refs=refs))

    assert ({}, expected) == (gallery, upstream.paths)


async def test_a_series_without_tvdb_number_is_not_requested(source: FanartSource, upstream: Upstream) -> None:
    assert ({}, []) == (await source.gallery(Title(media=SHOW.media)), upstream.paths)


@pytest.mark.parametrize("reply", [replies(NOT_FOUND), replies(NOT_FOUND, 404), Reply(404, b"<html>"), Reply(404)])
async def test_not_found_is_recognised_with_any_status(source: FanartSource, upstream: Upstream, reply: Reply) -> None:
    upstream.plan("*", reply)

    assert {} == await source.gallery(FILM)


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_an_invalid_key_is_a_refusal_with_any_status(
    source: FanartSource, upstream: Upstream, status: int
) -> None:
    upstream.plan("*", replies({"status": "error", "error message": "Invalid API key"}, status))

    with pytest.raises(SourceRefused):
        await source.gallery(FILM)


async def test_an_unknown_error_is_an_invalid_response(source: FanartSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"status": "error", "error message": "Oops", "name": "x"}))

    with pytest.raises(SourceInvalidResponse):
        await source.gallery(FILM)


async def test_a_title_without_pictures_is_an_empty_gallery(source: FanartSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"name": "New", "tmdb_id": "278"}))

    assert {} == await source.gallery(FILM)


async def test_the_older_format_nested_under_the_titles_name_is_read(source: FanartSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"A Long Walk": FILM_BODY}))

    assert {Kind.POSTER, Kind.BACKDROP, Kind.LOGO} == set(await source.gallery(FILM))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en", ("en", None)),
        ("EN", ("en", None)),
        ("00", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
        (0, (None, None)),
        ("pt-br", ("pt", "BR")),
        ("English", ("und", None)),
        (7, ("und", None)),
    ],
)
def test_language_codes_are_normalised(written: object, expected: tuple[str | None, str | None]) -> None:
    (art,) = read({"movieposter": [row("x.jpg") | {"lang": written}]})[Kind.POSTER]

    assert expected == (art.lang, art.region)


def test_backdrops_of_one_season_come_last() -> None:
    listed = [
        row("seventh.jpg", "de", likes="99", season="7"),
        row("specials.jpg", "fr", likes="50", season=0),
        row("all.jpg", likes="1", season="all"),
        row("any.jpg", likes="2", season=""),
        row("whole.jpg", likes="3"),
    ]

    gallery = read({"showbackground": listed}, SERIES)

    assert ["whole.jpg", "any.jpg", "all.jpg", "seventh.jpg", "specials.jpg"] == names(gallery[Kind.BACKDROP])


def test_equally_liked_pictures_keep_their_order() -> None:
    gallery = read({"movieposter": [row("a.jpg", likes="2"), row("b.jpg", likes="3"), row("c.jpg", likes="2")]})

    assert ["b.jpg", "a.jpg", "c.jpg"] == names(gallery[Kind.POSTER])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"likes": 12, "width": 800, "height": 310}, (12.0, 800, 310)),
        ({"likes": "12", "width": "800", "height": "310"}, (12.0, 800, 310)),
        ({"likes": -3, "width": -1, "height": None}, (0.0, 0, 0)),
        ({"likes": "many", "width": "wide", "height": True}, (0.0, 0, 0)),
        ({"likes": 10**400, "width": 10**9, "height": 10}, (0.0, 0, 0)),
        ({"likes": "9" * 30, "width": "٣", "height": 1.5e300}, (999_999_999.0, 0, 0)),
    ],
)
def test_numbers_come_as_text_or_as_numbers(more: dict[str, object], expected: tuple[float, int, int]) -> None:
    (art,) = read({"movieposter": [row("x.jpg") | more]})[Kind.POSTER]

    assert expected == (art.votes, art.width, art.height)


@pytest.mark.parametrize(
    "bad", [None, 7, "row", [], {}, {"url": None}, {"url": 5}, {"url": f"{ASSETS}/{'x' * 2000}.jpg"}, {"lang": "en"}]
)
def test_a_bad_row_does_not_affect_the_others(bad: object) -> None:
    gallery = read({"movieposter": [bad, row("good.jpg")], "hdmovielogo": bad, "moviebackground": {"0": row("x.jpg")}})

    assert {Kind.POSTER: ["good.jpg"]} == {kind: names(arts) for kind, arts in gallery.items()}


def test_a_picture_listed_twice_is_returned_once() -> None:
    gallery = read({"hdmovielogo": [row("x.png")], "movielogo": [row("x.png"), row("x.png")]})

    assert ["x.png"] == names(gallery[Kind.LOGO])


def test_only_pictures_that_can_be_chosen_are_kept() -> None:
    gallery = read({"movieposter": [*(row(f"{n}.jpg", "en", "5") for n in range(100)), row("last.jpg", "de")]})

    assert (4, "last.jpg") == (len(gallery[Kind.POSTER]), names(gallery[Kind.POSTER])[-1])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://assets.fanart.tv/a/b.jpg", "https://assets.fanart.tv/a/b.jpg"),
        ("http://assets.fanart.tv/a/b.jpg", "https://assets.fanart.tv/a/b.jpg"),
        ("http://assets.fanart.tv:80/a/b.jpg", "https://assets.fanart.tv/a/b.jpg"),
        ("https://assets.fanart.tv:443/a/b.jpg", "https://assets.fanart.tv/a/b.jpg"),
        ("HTTPS://ASSETS.FANART.TV/A/B.JPG", "https://assets.fanart.tv/A/B.JPG"),
        ("https://images.eu.fanart.tv/a/b.webp", "https://images.eu.fanart.tv/a/b.webp"),
        ("https://webservice.fanart.tv/a/b.png", "https://webservice.fanart.tv/a/b.png"),
        ("http://assets.fanart.tv/tv/B_75682 (3).png", "https://assets.fanart.tv/tv/B_75682%20(3).png"),
        ("https://assets.fanart.tv/tv/B%20(3).png", "https://assets.fanart.tv/tv/B%20(3).png"),
        ("https://assets.fanart.tv/tv/Amélie 100%.jpg", "https://assets.fanart.tv/tv/Am%C3%A9lie%20100%25.jpg"),
        ("https://assets.fanart.tv/a@evil.com/b.jpg", "https://assets.fanart.tv/a@evil.com/b.jpg"),
    ],
)
def test_an_allowed_url_is_normalised(written: str, expected: str) -> None:
    assert expected == HOSTS.address(written)
    assert expected == HOSTS.address(expected)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "assets.fanart.tv/x.jpg",
        "//assets.fanart.tv/x.jpg",
        "/x.jpg",
        "https://fanart.tv.evil.com/x.jpg",
        "https://xfanart.tv/x.jpg",
        "https://evil.com/assets.fanart.tv/x.jpg",
        "https://evil.com/x.jpg",
        "https://evil.com#.fanart.tv/x.jpg",
        "https://evil.com?.fanart.tv/x.jpg",
        "https://evil.com\\.fanart.tv/x.jpg",
        "https://assets.fanart.tv\\@evil.com/x.jpg",
        "https:\\\\assets.fanart.tv\\x.jpg",
        "https://assets.fanart.tv/a\\b.jpg",
        "https://assets.fanart.tv@evil.com/x.jpg",
        "https://user@assets.fanart.tv/x.jpg",
        "https://user:word@assets.fanart.tv/x.jpg",
        "https://evil.com%2f.fanart.tv/x.jpg",
        "https://assets.fanart.tv./x.jpg",
        "https://.fanart.tv/x.jpg",
        "https://a..fanart.tv/x.jpg",
        "https://-a.fanart.tv/x.jpg",
        "https://assets.fanart.tv:8443/x.jpg",
        "https://assets.fanart.tv:80/x.jpg",
        "http://assets.fanart.tv:22/x.jpg",
        "https://assets.fanart.tv:0/x.jpg",
        "https://assets.fanart.tv:99999/x.jpg",
        "https://assets.fanart.tv:/x.jpg",
        "https://webservice.fanart.tv:8443/x.jpg",
        "https://127.0.0.1/x.jpg",
        "https://2130706433/x.jpg",
        "https://0x7f.1/x.jpg",
        "https://169.254.169.254/latest/x.jpg",
        "https://[::1]/x.jpg",
        "https://[::ffff:127.0.0.1]/x.jpg",
        "https://[fe80::1%25eth0]/x.jpg",
        "https://[1.2]/x.jpg",
        "https://localhost/x.jpg",
        "https://\u0430ssets.fanart.tv/x.jpg",
        "https://\uff41ssets.fanart.tv/x.jpg",
        "https://assets\u3002fanart\u3002tv/x.jpg",
        "https://assets.\u017fanart.tv/x.jpg",
        "https://xn--fanart-tv.com/x.jpg",
        "https://xn--a.fanart.tv/x.jpg",
        "file:///etc/passwd.jpg",
        "file://assets.fanart.tv/etc/x.jpg",
        "ftp://assets.fanart.tv/x.jpg",
        "gopher://assets.fanart.tv/x.jpg",
        "data:image/jpeg;base64,AAAA.jpg",
        "javascript:alert(1)//.jpg",
        "https:/assets.fanart.tv/x.jpg",
        "https:///x.jpg",
        "https://assets.fanart.tv/x.jpg?size=1",
        "https://assets.fanart.tv/?x.jpg",
        "https://assets.fanart.tv/x.jpg#y.jpg",
        "https://assets.fanart.tv/x.php",
        "https://assets.fanart.tv/.htaccess",
        "https://assets.fanart.tv",
        "https://assets.fanart.tv/",
        " https://assets.fanart.tv/x.jpg",
        "https://assets.fanart.tv/x.jpg\n",
        "https://assets.fanart.tv/x\r\nHost: evil.com\r\n.jpg",
        "https://assets.fanart.tv\t.evil.com/x.jpg",
        "https://assets.fanart.tv/x\x00.jpg",
        "https://assets.fanart.tv/\ud800.jpg",
        "https://assets.fanart.tv/\u202egpj.jpg",
        f"https://assets.fanart.tv/{'x' * 900}.jpg",
        f"https://{'a.' * 300}fanart.tv/x.jpg",
    ],
)
async def test_a_foreign_url_is_never_requested(source: FanartSource, upstream: Upstream, written: str) -> None:
    assert None is HOSTS.address(written)

    with pytest.raises(ArtNotFound):
        await source.fetch(Art(written, 0, 0, None), 580)

    assert [] == upstream.received


@pytest.mark.parametrize(
    ("api_url", "written", "expected"),
    [
        ("http://127.0.0.1:9000/fanart/v3", "http://127.0.0.1:9000/assets/x.jpg", "http://127.0.0.1:9000/assets/x.jpg"),
        ("http://127.0.0.1:9000/fanart/v3", "http://127.0.0.1/assets/x.jpg", None),
        ("http://127.0.0.1:9000/fanart/v3", "http://127.0.0.1:9001/assets/x.jpg", None),
        ("http://127.0.0.1:9000/fanart/v3", "http://2130706433:9000/assets/x.jpg", None),
        ("http://127.0.0.1:9000/fanart/v3", "http://localhost:9000/assets/x.jpg", None),
        ("http://127.0.0.1:9000/fanart/v3", "http://a.127.0.0.1:9000/assets/x.jpg", None),
        ("http://127.0.0.1:9000/fanart/v3", "http://assets.fanart.tv/x.jpg", "http://assets.fanart.tv/x.jpg"),
        ("http://127.0.0.1:9000/fanart/v3", "http://assets.fanart.tv:9000/x.jpg", None),
        ("http://[::1]:9000/v3", "http://[::1]:9000/x.jpg", "http://[::1]:9000/x.jpg"),
        ("http://[::1]:9000/v3", "http://[::2]:9000/x.jpg", None),
        ("https://Mirror.example/v3", "http://mirror.example/x.jpg", "https://mirror.example/x.jpg"),
        ("https://mirror.example:8443/v3", "http://mirror.example:8443/x.jpg", "https://mirror.example:8443/x.jpg"),
        ("https://mirror.example:8443/v3", "https://mirror.example/x.jpg", None),
        ("https://mirror.example/v3", "https://a.mirror.example/x.jpg", None),
    ],
)
def test_the_configured_api_host_may_serve_pictures(api_url: str, written: str, expected: str | None) -> None:
    assert expected == PictureHosts(api_url).address(written)


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("/fanart/movies/1/x.jpg", 1000, ["/fanart/movies/1/x.jpg", "/preview/movies/1/x.jpg"]),
        ("/fanart/movies/1/x.jpg", 20_000, ["/preview/movies/1/x.jpg"]),
        ("/fanart/fanart/x y.jpg", 1000, ["/fanart/fanart/x y.jpg", "/preview/fanart/x y.jpg"]),
        ("/assets/x.jpg", 20_000, ["/assets/x.jpg"]),
    ],
)
async def test_a_picture_has_a_preview_in_its_place(
    source: FanartSource, upstream: Upstream, path: str, size: int, expected: list[str]
) -> None:
    upstream.plan("*", TestPictures.good)
    art = Art(f"{upstream.url}{path}", size, size, "en")

    for rendition in source.renditions(art, 580):
        await source.fetch(rendition, 580)
        source.invalidate(rendition, 580)
    await source.fetch(art, 580)

    assert [*expected, expected[0]] == upstream.paths


async def test_a_listed_picture_is_fetched_from_its_url(source: FanartSource, upstream: Upstream) -> None:
    poster = row("x.jpg") | {"url": f"{upstream.url}/assets/B_1 (3).jpg"}
    elsewhere = row("y.jpg", likes="99") | {"url": "http://127.0.0.1:1/y.jpg"}
    upstream.plan("/v3/movies/278", replies({"movieposter": [elsewhere, poster]}))
    upstream.plan("/assets/B_1 (3).jpg", TestPictures.good)

    gallery = await source.gallery(FILM)
    (art,) = gallery[Kind.POSTER]
    for width in (580, 2000):
        assert TestPictures.good.body == await source.fetch(art, width)

    assert ["/v3/movies/278", "/assets/B_1 (3).jpg"] == upstream.paths


async def test_a_picture_is_found_by_its_file_among_all(source: FanartSource, upstream: Upstream) -> None:
    posters = [row(f"{nth}.jpg", "en", str(90 - nth)) for nth in range(40)]
    upstream.plan("/v3/movies/278", replies(FILM_BODY | {"movieposter": posters}))

    found = await source.named(FILM, Kind.POSTER, "39.jpg")

    assert Art(f"{ASSETS}/39.jpg", 0, 0, "en", None, 51.0) == found
    for kind, file in ((Kind.POSTER, "40.jpg"), (Kind.BACKDROP, "39.jpg"), (Kind.POSTER, ""), (Kind.POSTER, "278")):
        assert None is await source.named(FILM, kind, file)
    assert 3 == len((await source.gallery(FILM))[Kind.POSTER])
    assert None is await source.named(Title(media=MediaId(SERIES, 1396)), Kind.POSTER, "39.jpg")
