"""Every kind of picture, end to end: each id, format and size, and the art and the statuette that belong to it."""

import io
from collections.abc import Iterator

import aiohttp
import pytest
from PIL import Image, ImageChops

from tests.stack.caller import Answer, fetch
from tests.stack.pair import Pair
from tests.stack.services import OPTIONAL, SECRETS
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import status
from tests.waiting import until_true

METROPOLIS = "tt0017136"
THE_KID = "tt0012349"  # TMDB has its logo as a vector only
WINGS = "tt0018578"  # the first winner of an Oscar
FANTOMAS = "tt0002844"
FANTOMAS_TMDB = 91301
FANTOMAS_TVDB = 413130
FIRST_PART_IMDB = "tt99913041"
FIRST_PART_TVDB = "913041"
JUDEX = "tt0006886"  # has a poster of each of its two seasons, and no ratings but those of TMDB for the seasons
JUDEX_TMDB = 91601
SEASON_IDS = [
    ("imdb", f"season-{JUDEX}-S2"),
    ("tmdb", f"season-{JUDEX_TMDB}-S2"),
    ("tvdb", "season-416160-s02"),
    ("tvdb", "916201"),
    ("tvdb", "season-916201"),
]
COLLECTION = "collection-192101"
LAST_PART = f"{FANTOMAS}:1:5"  # the demo has no still of it
EPISODE_IDS = [
    ("imdb", f"{FANTOMAS}:1:1"),
    ("imdb", f"episode-{FANTOMAS}-S1E1"),
    ("imdb", f"episode-{FANTOMAS}:1:1"),
    ("imdb", FIRST_PART_IMDB),
    ("imdb", f"episode-{FIRST_PART_IMDB}"),
    ("tmdb", f"episode-{FANTOMAS_TMDB}-S1E1"),
    ("tvdb", f"episode-{FANTOMAS_TVDB}-S01E01"),
    ("tvdb", FIRST_PART_TVDB),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run one of each with every source there is, and let callers wait long enough on a busy machine."""
    settings = {name: SECRETS[name] for name in OPTIONAL} | {"RENDER_WAIT_MS": "20000"}
    with Pair(tmp_path_factory.mktemp("every-kind"), stores, sources, settings) as pair:
        yield pair


def opened(answer: Answer) -> Image.Image:
    """Decode a picture, every pixel of it."""
    assert answer.status == 200, answer
    image = Image.open(io.BytesIO(answer.body))
    image.load()
    return image


def differs(one: Answer, other: Answer) -> tuple[int, int, int, int] | None:
    """Return the box in which two pictures of one size differ by more than a codec makes of it."""
    difference = ImageChops.difference(opened(one).convert("RGB"), opened(other).convert("RGB"))
    return difference.point([0 if level < 40 else 255 for level in range(256)] * 3).getbbox()


@pytest.mark.parametrize(
    ("kind", "title", "query", "form", "size"),
    [
        ("backdrop", f"{METROPOLIS}.jpg", "", "JPEG", (1920, 1080)),
        ("background", METROPOLIS, "", "JPEG", (1920, 1080)),
        ("backdrop", f"{METROPOLIS}.png", "?imageSize=small", "PNG", (1280, 720)),
        ("backdrop", f"{METROPOLIS}.webp", "?imageSize=small", "WEBP", (1280, 720)),
        ("backdrop", f"{METROPOLIS}.jpg", "?imageSize=large", "JPEG", (3840, 2160)),
        ("episode", f"{FANTOMAS}:1:1.jpg", "", "JPEG", (780, 439)),
        ("episode", f"{FANTOMAS}:1:1", "?imageSize=small", "JPEG", (480, 270)),
        ("episode", f"{FANTOMAS}:1:1.webp", "?imageSize=large", "WEBP", (1280, 720)),
        ("episode", f"{FANTOMAS}:1:1.png", "?imageSize=verylarge", "PNG", (1920, 1080)),
        ("logo", f"{METROPOLIS}.png", "?ratings_limit=0", "PNG", (780, 244)),
        ("logo", METROPOLIS, "?ratings_limit=0&imageSize=large", "PNG", (1722, 539)),
        ("logo", f"{METROPOLIS}.jpg", "?ratings_limit=0", "PNG", (780, 244)),
        ("logo", f"{METROPOLIS}.webp", "?ratings_limit=0&imageSize=very-large", "WEBP", (2689, 841)),
    ],
)
async def test_every_kind_has_its_sizes_and_formats(
    pair: Pair, http: aiohttp.ClientSession, *, kind: str, title: str, query: str, form: str, size: tuple[int, int]
) -> None:
    answer = await fetch(http, pair.picture(title, query, kind=kind))

    assert (form, size) == (opened(answer).format, opened(answer).size)
    assert f"image/{form.lower()}" == answer.headers["content-type"]
    assert answer.cache in {"MISS", "HIT"}


@pytest.mark.parametrize("title", [METROPOLIS, THE_KID])
async def test_a_logo_is_transparent_with_its_badges_below(pair: Pair, http: aiohttp.ClientSession, title: str) -> None:
    plain = opened(await fetch(http, pair.picture(title, "?ratings_limit=0", kind="logo")))
    rated = opened(await fetch(http, pair.picture(title, kind="logo")))

    assert ("RGBA", "RGBA") == (plain.mode, rated.mode)
    assert 780 == rated.width
    assert rated.height > 244 + 15 + 50
    alpha = rated.getchannel("A")
    assert 0 == alpha.getpixel((0, 0)) == alpha.getpixel((779, 0))
    assert alpha.crop((0, 244 + 15, 780, rated.height)).getbbox() is not None


@pytest.mark.parametrize("kind", ["backdrop", "logo", "poster"])
async def test_the_ids_of_an_episode_mean_its_series_for_other_kinds(
    pair: Pair, http: aiohttp.ClientSession, kind: str
) -> None:
    series = await fetch(http, pair.picture(FANTOMAS, kind=kind))

    answers = [
        await fetch(http, pair.picture(name, kind=kind, id_type=id_type))
        for id_type, name in EPISODE_IDS
        if name != FIRST_PART_TVDB  # for these kinds a bare TVDB number is a series, a film or a season
    ]

    assert {series.body} == {answer.body for answer in answers}


async def test_every_id_of_an_episode_leads_to_one_still(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources
) -> None:
    await pair.quiet()
    painted = pair.number("renderer_draw_seconds_count")
    asked = sources.count(Source.IMAGES)

    answers = [
        await fetch(http, pair.picture(name, "?label_style=t", kind="episode", id_type=id_type))
        for id_type, name in EPISODE_IDS
    ]

    assert {200} == {answer.status for answer in answers}
    assert 1 == len({answer.body for answer in answers})
    await pair.quiet()
    assert 1 == pair.number("renderer_draw_seconds_count") - painted
    assert sources.count(Source.IMAGES) - asked <= 1


async def test_an_episode_shows_its_own_rating(pair: Pair, http: aiohttp.ClientSession) -> None:
    first, second = [await fetch(http, pair.picture(f"{FANTOMAS}:1:{number}", kind="episode")) for number in (1, 2)]

    plain = await fetch(http, pair.picture(f"{FANTOMAS}:1:1", "?ratings_limit=0", kind="episode"))
    left, top, right, bottom = differs(first, plain) or (0, 0, 0, 0)
    assert left > 780 / 2
    assert (top < 60, right > 700, bottom < 220) == (True, True, True)
    assert first.body != second.body


async def test_an_episode_without_a_still_shows_the_backdrop_of_its_series(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    still = await fetch(http, pair.picture(LAST_PART, "?ratings_limit=0&imageSize=large", kind="episode"))
    backdrop = await fetch(http, pair.picture(FANTOMAS, "?ratings_limit=0&imageSize=small", kind="backdrop"))

    assert differs(still, backdrop) is None


@pytest.mark.parametrize(
    ("id_type", "title", "status"),
    [
        ("imdb", f"{FANTOMAS}:1:77", 404),
        ("imdb", f"{METROPOLIS}:1:1", 404),
        ("imdb", METROPOLIS, 404),
        ("tvdb", "999999999", 404),
        ("tmdb", f"series-{FANTOMAS_TMDB}", 400),
    ],
)
async def test_what_is_no_episode_is_a_fact_or_a_bad_request(
    pair: Pair, http: aiohttp.ClientSession, *, id_type: str, title: str, status: int
) -> None:
    answer = await fetch(http, pair.picture(title, kind="episode", id_type=id_type))
    stand_in = await fetch(http, pair.picture(title, "?fallback=true", kind="episode", id_type=id_type))

    assert status == answer.status
    assert status == 400 or (200, (780, 439)) == (stand_in.status, opened(stand_in).size)


@pytest.mark.parametrize("kind", ["poster", "backdrop", "logo"])
async def test_fanart_is_asked_first_when_the_look_says_so(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources, kind: str
) -> None:
    by_tmdb = await fetch(http, pair.picture(WINGS, kind=kind))
    before = sources.count(Source.FANART)

    by_fanart = await fetch(http, pair.picture(WINGS, "?image_source=f", kind=kind))

    assert opened(by_tmdb).size == opened(by_fanart).size
    assert kind == "logo" or by_tmdb.body != by_fanart.body
    assert 1 <= sources.count(Source.FANART) - before <= 2


async def test_the_other_source_stands_in_when_fanart_fails(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources
) -> None:
    title = sources.film()
    sources.break_down(Source.FANART, status(500), title)

    answer = await fetch(http, pair.picture(title.imdb, "?lang=de"))

    sources.heal()
    assert (580, 859) == opened(answer).size
    assert "public, max-age=1200, stale-while-revalidate=1200" == answer.cache_control


async def test_a_winner_carries_a_statuette_at_the_top_right(pair: Pair, http: aiohttp.ClientSession) -> None:
    with_it = await fetch(http, pair.picture(f"{WINGS}.png"))
    without = await fetch(http, pair.picture(f"{WINGS}.png", "?awards=false"))
    no_winner = await fetch(http, pair.picture(f"{METROPOLIS}.png"))
    no_winner_without = await fetch(http, pair.picture(f"{METROPOLIS}.png", "?awards=false"))

    left, top, right, bottom = differs(with_it, without) or (0, 0, 0, 0)
    assert left > 580 * 0.8
    assert (top < 60, right > 540, bottom < 200) == (True, True, True)
    assert no_winner.body == no_winner_without.body


async def test_a_title_costs_one_call_to_each_source(pair: Pair, http: aiohttp.ClientSession, sources: Sources) -> None:
    title = sources.film()

    answer = await fetch(http, pair.picture(title.imdb))
    await pair.quiet()

    assert 200 == answer.status
    counted = {source: calls for source in Source if (calls := sources.count(source, title))}
    assert {Source.TMDB: 2, Source.IMAGES: 1, Source.MDBLIST: 1, Source.OMDB: 1} == counted


async def test_every_id_of_a_season_leads_to_one_poster_which_is_not_its_series(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    series = await fetch(http, pair.picture(JUDEX))
    first = await fetch(http, pair.picture(f"season-{JUDEX}-S1"))
    await pair.quiet()
    painted = pair.number("renderer_draw_seconds_count")

    answers = [await fetch(http, pair.picture(name, id_type=id_type)) for id_type, name in SEASON_IDS]

    assert {200} == {answer.status for answer in answers}
    assert 1 == len({answer.body for answer in answers})
    assert 3 == len({series.body, first.body, answers[0].body})
    await pair.quiet()
    assert 1 == pair.number("renderer_draw_seconds_count") - painted


@pytest.mark.parametrize("kind", ["backdrop", "logo"])
async def test_a_season_has_its_series_backdrop_and_logo(pair: Pair, http: aiohttp.ClientSession, kind: str) -> None:
    series = await fetch(http, pair.picture(JUDEX, kind=kind))

    answers = [await fetch(http, pair.picture(name, kind=kind, id_type=id_type)) for id_type, name in SEASON_IDS[:3]]

    assert {series.body} == {answer.body for answer in answers}


async def test_a_season_that_nobody_knows_is_its_series_poster(pair: Pair, http: aiohttp.ClientSession) -> None:
    series = await fetch(http, pair.picture(JUDEX))
    unknown = await fetch(http, pair.picture(f"season-{JUDEX}-S100"))

    assert differs(series, unknown) is None
    assert "public, max-age=86400, stale-while-revalidate=604800" == unknown.cache_control


async def test_a_collection_has_a_poster_and_a_backdrop_and_no_logo(pair: Pair, http: aiohttp.ClientSession) -> None:
    poster, backdrop, logo = [
        await fetch(http, pair.picture(COLLECTION, "?ratings_order=avg,tmdb", kind=kind, id_type="tmdb"))
        for kind in ("poster", "backdrop", "logo")
    ]

    assert ((580, 859), (1920, 1080)) == (opened(poster).size, opened(backdrop).size)
    assert (404, "public, max-age=300") == (logo.status, logo.cache_control)


async def test_a_pinned_picture_is_drawn_on_until_the_pin_is_removed(pair: Pair, http: aiohttp.ClientSession) -> None:
    key, _ = await pair.new_key()
    async with http.post(f"{pair.gateway_url}/api/auth/key-login", json={"key": key}) as signed_in:
        token = (await signed_in.json())["token"]
    pair.secrets.append(token)
    file, holder = "metropolis-poster-de.jpg", {"Authorization": f"Bearer {token}"}
    plain, chosen = pair.picture(f"{METROPOLIS}.jpg", key=key), pair.picture(f"{METROPOLIS}.jpg", f"?art={file}")
    before, expected = await fetch(http, plain), await fetch(http, chosen)
    address = f"{pair.gateway_url}/api/key/me/titles/{METROPOLIS}/art"
    choice = {"kind": "poster", "source": "tmdb", "file": file}

    async def leads_to(picture: Answer) -> bool:  # within seconds, when the gateway has read the change
        return (await fetch(http, plain)).url == picture.url

    async with http.put(address, json=choice | {"file": "of-another-film.jpg"}, headers=holder) as refused:
        assert 404 == refused.status
    async with http.put(address, json=choice, headers=holder) as pinned:
        assert (200, "movie-19") == (pinned.status, (await pinned.json()).get("media")), await pinned.text()

    assert differs(before, expected)
    await until_true(lambda: leads_to(expected))
    assert expected.body == (await fetch(http, plain)).body
    by_tmdb = await fetch(http, pair.picture("movie-19.jpg", key=key, id_type="tmdb"))
    assert expected.body == by_tmdb.body
    assert before.body == (await fetch(http, pair.picture(f"{METROPOLIS}.jpg"))).body

    async with http.delete(f"{address}?kind=poster", headers=holder) as removed:
        assert 200 == removed.status
    await until_true(lambda: leads_to(before))
    assert before.body == (await fetch(http, plain)).body
