"""Whatever is wrong with a request is said in a sentence, before anything outside is asked."""

import re
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.pictures.address import read_address
from gateway.pictures.settings_resolver import SettingsResolver
from shared.domain.errors import BadRequest
from shared.domain.pictures import Kind
from tests.gateway.doubles import KEY, MemoryStores
from tests.gateway.edge import POSTER, Edge

BAD_SHAPES = {
    "an id type that is none": "simkl/poster-default/1.jpg",
    "an id type in capitals": "IMDB/poster-default/tt0111161.jpg",
    "no id type": "/poster-default/tt0111161.jpg",
    "a style that is none": "imdb/banner-default/tt0111161.jpg",
    "a style in capitals": "imdb/Poster-Default/tt0111161.jpg",
    "a style that is too long": f"imdb/{'a' * 65}/tt0111161.jpg",
    "a style with a dot": "imdb/a.b/tt0111161.jpg",
    "no style": "imdb//tt0111161.jpg",
    "no id": "imdb/poster-default/",
    "only an extension": "imdb/poster-default/.jpg",
    "an id of another type": "imdb/poster-default/movie-278.jpg",
    "an id that is no number": "tmdb/poster-default/movie-two.jpg",
    "an id that is nought": "tmdb/poster-default/0.jpg",
    "an extension that is none": "imdb/poster-default/tt0111161.gif",
    "an extension of nothing": "imdb/poster-default/tt0111161.",
    "two extensions": "imdb/poster-default/tt0111161.jpg.png",
    "an encoded slash": "imdb/poster-default/tt0111161%2F..%2Fx.jpg",
    "an encoded nought byte": "imdb/poster-default/tt0111161%00.jpg",
    "an encoded line end": "imdb/poster-default/tt0111161%0d%0aX:%20y.jpg",
    "encoded dots": "imdb/poster-default/%2e%2e",
    "plain dots": "imdb/poster-default/..",
    "an id encoded twice": "imdb/poster-default/%2574t0111161.jpg",
    "digits of another script": "tmdb/poster-default/%D9%A2%D9%A7%D9%A8.jpg",
    "bytes that are no text": "imdb/poster-default/%ff%fe.jpg",
    "half an escape": "imdb/poster-default/tt0111161%",
    "braces": "imdb/poster-default/{id}.jpg",
    "a space": "imdb/poster-default/tt0111161%20.jpg",
    "a film's episode": "tmdb/episode-default/movie-278.jpg",
    "a still of a season": "tmdb/episode-default/season-1396-S2.jpg",
    "a still of a season of TVDB": "tvdb/episode-default/season-30272.jpg",
    "a still of a collection": "tmdb/episode-default/collection-1241.jpg",
    "a season that could be an episode": "imdb/poster-default/tt0903747:2.jpg",
    "a collection of IMDb": "imdb/poster-default/collection-1234567.jpg",
    "an episode by a series' number": "tmdb/episode-default/1396.jpg",
    "letters in an anime id": "kitsu/poster-default/7442a.jpg",
    "an anime id of another site": "kitsu/poster-default/anilist:7442.jpg",
    "an anime id of eight digits": "mal/poster-default/10000000.jpg",
    "an anime film's episode": "anidb/episode-default/movie-7442:3.jpg",
    "an anime without its episode": "anilist/episode-default/7442.jpg",
    "ten thousand digits of an imdb id": f"imdb/poster-default/{'9' * 10_000}.jpg",
    "ten thousand bytes of style": f"imdb/{'a' * 10_000}/tt0111161.jpg",
}


@pytest.mark.parametrize("path", BAD_SHAPES.values(), ids=BAD_SHAPES)
async def test_a_bad_address_gets_a_sentence_and_asks_nobody(edge: Edge, stores: MemoryStores, path: str) -> None:
    answer = await edge.get(f"/{KEY}/{path}")

    assert (400, "no-store", "*", 0) == (
        answer.status,
        answer.headers["Cache-Control"],
        answer.headers["Access-Control-Allow-Origin"],
        stores.calls,
    )
    assert answer.json["error"].endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "tmdb/poster-default/4294967296.jpg",
        "tmdb/poster-default/movie-9223372036854775808.jpg",
        "tmdb/logo-default/tv-18446744073709551616.png",
        "tmdb/backdrop-default/movie-9223372036854775808-a-name.webp",
        "tmdb/episode-default/episode-9223372036854775808-S1E1.jpg",
        "tvdb/poster-default/9223372036854775808",
        "tvdb/episode-default/series-9223372036854775808:1:1.jpg",
        f"tvdb/poster-default/series-{10**300}.jpg",
        f"tmdb/poster-default/{'9' * 5000}.jpg",
    ],
)
@pytest.mark.parametrize("key", [KEY, "ab" * 32])
async def test_a_number_that_no_title_can_have_is_not_found_and_asks_nobody(
    edge: Edge, stores: MemoryStores, key: str, path: str
) -> None:
    answer = await edge.get(f"/{key}/{path}")

    assert (404, 0) == (answer.status, stores.calls)
    assert "No source knows this title." == answer.json["error"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "t1-free-rpdb",
        "T0-FREE-RPDB",
        KEY[:-1],
        KEY + "0",
        KEY[:-1] + "g",
        KEY.upper(),
        "h." + "0" * 31,
        "h_" + "0" * 32,
        "h.." + "0" * 32,
        KEY[:-1] + "%00",
        KEY[:-1] + "%EF%BC%90",  # a digit of full width
        KEY + "%2Fx",
        "9" * 10_000,
    ],
)
async def test_what_cannot_be_a_key_is_refused_without_asking(edge: Edge, stores: MemoryStores, key: str) -> None:
    answer = await edge.get(f"/{key}/imdb/poster-default/tt0111161.jpg")

    assert (401, "no-store", 0) == (answer.status, answer.headers["Cache-Control"], stores.calls)


BAD_PARAMETERS = {
    "imageSize=huge": "imageSize must be one of medium, large, very-large, verylarge.",
    "imageSize=small": "imageSize must be one of medium, large, very-large, verylarge.",
    "ratings_limit=11": "ratings_limit must be a whole number from 0 to 10.",
    "ratings_limit=%D9%A3": "ratings_limit must be a whole number from 0 to 10.",
    "ratings_order=imdb,nobody": "ratings_order must be a list of",
    "lang=d%00": "lang must be up to 4 words separated by commas: language tags such as de or pt-BR, original, none.",
    "lang=%ff%ff": "lang must be up to 4 words",
    "position=middle": "position must be one of bc, tc, l, r, tl, tr, bl, br.",
    "fallback=maybe": "fallback must be one of true, 1, yes, on, false, 0, no, off.",
    "&".join(f"p{n}=1" for n in range(300)): "There must not be more than 256 parameters.",
    "x=" + "y" * 5000: "The query must not be longer than 4096 characters.",
}


@pytest.mark.parametrize(("query", "sentence"), BAD_PARAMETERS.items(), ids=[query[:24] for query in BAD_PARAMETERS])
async def test_a_bad_parameter_is_named_with_what_it_allows(
    edge: Edge, stores: MemoryStores, query: str, sentence: str
) -> None:
    await edge.location(POSTER)  # the key is known from now on
    await edge.flush()
    before = stores.calls

    answer = await edge.get(f"{POSTER}?{query}")

    assert (400, before) == (answer.status, stores.calls)
    assert answer.json["error"].startswith(sentence)


async def test_two_hundred_unknown_parameters_are_ignored(edge: Edge) -> None:
    query = "&".join(f"p{n}=1" for n in range(200))

    assert await edge.location(POSTER) == await edge.location(f"{POSTER}?{query}")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/{'x' * 64}/simkl/poster-default/1.jpg?lang=nonsense", 400),  # the address before the key
        ("/nobody/imdb/poster-default/tt0111161.jpg?lang=nonsense", 401),  # the key before the parameters
        (f"/{KEY}/imdb/mine/tt0111161.jpg?ratings_limit=99", 400),  # the parameters before the profile
        (f"/{KEY}/imdb/mine/tt0111161.jpg", 422),
        ("/t0-free-rpdb/imdb/mine/tt0111161.jpg", 403),
    ],
)
async def test_checks_have_their_order(edge: Edge, target: str, status: int) -> None:
    answer = await edge.get(target)

    assert (status, "no-store") == (answer.status, answer.headers["Cache-Control"])


@pytest.mark.parametrize("target", ["/", "/nothing", "/a/b/c", "/a/b/c/d/e", f"/{KEY}/isvalid", "/%0A", "//", "/c/x/y"])
async def test_nothing_is_there_is_said_in_json(edge: Edge, stores: MemoryStores, target: str) -> None:
    answer = await edge.get(target)

    assert (404, "application/json", 0) == (answer.status, answer.headers["Content-Type"], stores.calls)
    assert "error" in answer.json


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(edge: Edge, stores: MemoryStores, method: str) -> None:
    answer = await edge.get(POSTER, method)

    assert (405, "GET, HEAD, OPTIONS", 0) == (answer.status, answer.headers["Allow"], stores.calls)


async def test_a_line_beyond_all_measure_is_refused(edge: Edge, stores: MemoryStores) -> None:
    answer = await edge.get(f"/{KEY}/{'x' * 20_000}")

    assert (431, 0) == (answer.status, stores.calls)


part = st.text(max_size=80) | st.sampled_from(
    ["imdb", "tmdb", "tvdb", "poster-default", "mine", "tt0111161.jpg", "278"]
)
query = st.text(max_size=200) | st.lists(
    st.tuples(st.sampled_from(["lang", "fallback", "imageSize", "ratings_order", "x"]), st.text(max_size=8)), max_size=5
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
LOCATION = (
    r"/c/[0-9a-f]{32}/(imdb|tmdb|tvdb)/(poster|logo|backdrop|episode)-default/"
    r"(tt\d{7,10}|(movie-|series-|collection-|season-)?\d{1,10}|(season|episode)-(tt)?\d{1,10}-S\d{1,4}(E\d{1,5})?)"
    r"\.(jpg|png|webp)(\?fallback=true)?"
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(id_type=part, style=part, file=part, query=query)
def test_a_location_holds_nothing_that_the_caller_wrote(id_type: str, style: str, file: str, query: str) -> None:
    redirects = SettingsResolver()
    try:
        address = read_address(id_type, style, file)
        location = redirects.path(redirects.resolve(address.kind or Kind.POSTER, address.format, query), address)
    except BadRequest:
        return

    assert re.fullmatch(LOCATION, location, re.ASCII)


@given(
    number=st.integers(1, 2**31 - 1), kind=st.sampled_from(["", "movie-", "series-", "tv-"]), lang=st.text(max_size=6)
)
def test_a_good_address_makes_a_location_of_the_strict_form(number: int, kind: str, lang: str) -> None:
    redirects = SettingsResolver()
    address = read_address("tmdb", "poster-default", f"{kind}{number}.png")
    try:
        look = redirects.resolve(Kind.POSTER, address.format, urlencode({"lang": lang, "fallback": "1"}))
    except BadRequest:
        look = redirects.resolve(Kind.POSTER, address.format, "")

    assert re.fullmatch(LOCATION, redirects.path(look, address), re.ASCII)
