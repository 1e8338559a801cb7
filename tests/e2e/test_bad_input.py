"""What callers write that cannot be read: each gets its sentence, at once, and nobody is asked for it.

Most rows are asked of a pair whose stores do not exist: whoever answers there did no I/O.
Longer than most: it is mainly tables.
"""

import io
from collections.abc import Iterator
from urllib.parse import unquote

import aiohttp
import pytest
from PIL import Image

from deploy.dev.local.ports import HOST, free_ports
from tests.stack.caller import Answer, fetch
from tests.stack.pair import Pair
from tests.stack.services import FREE_KEY
from tests.stack.sources import Sources
from tests.stack.stores import Stores

FACT = "public, max-age=300"
LOOK = "0123456789abcdef" * 2
KEYS = [FREE_KEY, "ab" * 32]
AT_ONCE_S = 0.5
CHANCES = 4  # of thousands of answers a busy machine delays some; what asks a store that is not there is always late

IDS = {
    "imdb": [
        *("tt", "tt123", "tt0000000", "tt99999999999", "tt0017136x", "tt0017136:1", "tt0017136:1:1:1", "movie-19", ""),
        *("tt0017136%00", "tt0017136%0d%0aSet-Cookie:%20a=b", "tt0017136%20", "%20tt0017136", "tt0017136%ff"),
        *("tt0017136%2f", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%252e%252e", "tt0017136;jpg", "tt0017136%3fx=1"),
        *("tt%D9%A0%D9%A0%D9%A1%D9%A7%D9%A1%D9%A3%D9%A6", "%EF%BD%94%EF%BD%940017136", "'%20or%201=1--"),
        *("nm0000001", "%7b%7b7*7%7d%7d", "9" * 10_240, "%41" * 3_400),
    ],
    "tmdb": [
        *("0", "-1", "movie-", "movie-0", "film-19", "movie-19-", "person-19", "tt0017136"),
        *("1e3", "0x13", "19%00", ""),
    ],
    "tvdb": ["0", "show-1", "movie--1", "1.5.jpg", "%31%00"],
}
ID_TYPES_SAID = "The id type must be one of imdb, tmdb, tvdb, kitsu, anilist, mal, anidb."
PATHS = [
    (
        f"/{FREE_KEY}/isbn/poster-default/tt0017136",
        ID_TYPES_SAID,
    ),
    (
        f"/{FREE_KEY}/IMDB/poster-default/tt0017136",
        ID_TYPES_SAID,
    ),
    (f"/{FREE_KEY}/imdb/banner-default/tt0017136", "The style must be one of poster-default,"),
    (f"/{FREE_KEY}/imdb/Poster-Default/tt0017136", "The style must be one of poster-default,"),
    (f"/{FREE_KEY}/imdb/-x/tt0017136", "The style must be one of poster-default,"),
    (f"/{FREE_KEY}/imdb/%2e%2e/tt0017136", "The style must be one of poster-default,"),
    (f"/{FREE_KEY}/imdb/{'x' * 10_240}/tt0017136", "The style must be one of poster-default,"),
    (f"/{FREE_KEY}/imdb/poster-default/tt0017136.gif", "The extension must be one of .jpg,"),
    (f"/{FREE_KEY}/imdb/poster-default/tt0017136.", "The extension must be one of .jpg,"),
    (f"/{FREE_KEY}/imdb/poster-default/tt0017136.jpg.png", "The extension must be one of .jpg,"),
    (f"/{FREE_KEY}/imdb/poster-default/tt0017136.php%00.jpg", "The extension must be one of .jpg,"),
    (f"/{FREE_KEY}/tmdb/episode-default/movie-19", "The id does not name an episode."),
]
BAD_KEYS = [
    "x", "0" * 63, "0" * 65, "AB" * 32, "t0-free-rpdx", "h.123", "h." + "g" * 32, "%00", "a" * 10_240, "%2e%2e", "",
    "t0-free-rpdb%20", "%D9%A0" * 64,
]  # fmt: skip
CONTENT = [
    ("/c/xyz/imdb/poster-default/tt0017136.jpg", 404, "was never issued"),
    (f"/c/{LOOK.upper()}/imdb/poster-default/tt0017136.jpg", 404, "was never issued"),
    (f"/c/{LOOK}0/imdb/poster-default/tt0017136.jpg", 404, "was never issued"),
    (f"/c/{LOOK[:-1]}/imdb/poster-default/tt0017136.jpg", 404, "was never issued"),
    ("/c/%2e%2e/imdb/poster-default/tt0017136.jpg", 404, "was never issued"),
    (f"/c/{LOOK}/isbn/poster-default/tt0017136.jpg", 400, "The id type must be one of imdb,"),
    (f"/c/{LOOK}/imdb/poster/tt0017136.jpg", 400, "The style must be one of poster-default,"),
    (f"/c/{LOOK}/imdb/poster-default/tt0017136", 400, "The address must end in an id and one of .jpg,"),
    (f"/c/{LOOK}/imdb/poster-default/tt0017136.gif", 400, "The address must end in an id and one of .jpg,"),
    (f"/c/{LOOK}/imdb/poster-default/..%2f..%2fx.jpg", 400, "The address must end in an id and one of .jpg,"),
    (f"/c/{LOOK}/imdb/poster-default/{'9' * 10_240}.jpg", 400, "The id cannot be read."),
    (f"/c/{LOOK}/imdb/poster-default/tt001%00.jpg", 400, "The id cannot be read."),
    (f"/c/{LOOK}/tmdb/poster-default/tt0017136.jpg", 400, "The id cannot be read."),
    (f"/c/{LOOK}/imdb/poster-default/tt0017136.jpg?fallback=perhaps", 400, "fallback must be one of true,"),
    (f"/c/{LOOK}", 404, "This address does not exist."),
    ("/", 404, "This address does not exist."),
    ("/c/../../etc/passwd", 404, "was never issued"),
    ("/etc/passwd", 404, "This address does not exist."),
]  # fmt: skip
PARAMETERS = [
    ("imageSize=small", "imageSize must be one of medium, large, very-large, verylarge."),
    ("imageSize=huge", "imageSize must be one of medium, large, very-large, verylarge."),
    ("imageSize=medium%00", "imageSize must be one of"),
    ("ratings_order=imdb,nobody", "ratings_order must be a list of"),
    ("ratings_exclude=everything", "ratings_exclude must be a list of"),
    ("ratings_limit=11", "ratings_limit must be a whole number from 0 to 10."),
    ("ratings_limit=-1", "ratings_limit must be a whole number from 0 to 10."),
    ("ratings_limit=%D9%A1", "ratings_limit must be a whole number from 0 to 10."),
    ("badge_style=x", "badge_style must be one of d, h, v."),
    ("label_style=x", "label_style must be one of"),
    ("badge_size=xxl", "badge_size must be one of"),
    ("badge_shape=x", "badge_shape must be one of"),
    ("badge_background=x", "badge_background must be one of"),
    ("position=middle", "position must be one of"),
    ("direction=up", "direction must be one of d, h, v."),
    ("badge_direction=up", "badge_direction must be one of d, h, v."),
    ("split=perhaps", "split must be one of true, 1, yes, on, false, 0, no, off."),
    ("fit=stretch", "fit must be one of"),
    ("blur=perhaps", "blur must be one of true,"),
    ("edge_inset=51", "edge_inset must be a whole number from 0 to 50."),
    ("edge_inset_x=1.5", "edge_inset_x must be a whole number from 0 to 50."),
    ("image_source=x", "image_source must be one of t, f."),
    ("textless=perhaps", "textless must be one of true,"),
    ("lang=german", "lang must be up to 4 words separated by commas: language tags such as de or pt-BR,"),
    ("lang=../x", "lang must be up to 4 words separated by commas: language tags such as de or pt-BR,"),
    ("awards=perhaps", "awards must be one of true,"),
    ("fallback=perhaps", "fallback must be one of true,"),
    ("x=" + "y" * 10_240, "The query must not be longer than 4096 characters."),
    ("&".join(f"a{n}=1" for n in range(300)), "There must not be more than 256 parameters."),
]  # fmt: skip


@pytest.fixture(scope="module")
def adrift(tmp_path_factory: pytest.TempPathFactory, sources: Sources) -> Iterator[Pair]:
    """Run a pair without a single store behind it."""
    postgres, valkey, s3 = free_ports(3, apart_from=())
    nowhere = Stores(
        database_url=f"postgresql://postgres@{HOST}:{postgres}/none",
        redis_url=f"redis://{HOST}:{valkey}/0",
        s3_url=f"http://{HOST}:{s3}",
        bucket="none",
    )
    with Pair(tmp_path_factory.mktemp("adrift"), nowhere, sources) as pair:
        yield pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run a pair that has all its stores, and lets callers wait on a busy machine."""
    with Pair(tmp_path_factory.mktemp("bad-input"), stores, sources, {"RENDER_WAIT_MS": "15000"}) as pair:
        yield pair


@pytest.fixture
def asks_nobody(sources: Sources) -> Iterator[None]:
    """Check that no source was asked meanwhile."""
    before = sources.count()
    yield
    assert before == sources.count()


def refused(status: int, sentence: str, answer: Answer) -> list[object]:
    """Return what is wrong with a refusal, nothing when it is as it should be."""
    right = {
        "status": answer.status == status,
        "sentence": answer.headers.get("content-type") == "application/json" and sentence in answer.error,
        "not cached": answer.cache_control == "no-store",
        "open": answer.headers.get("access-control-allow-origin") == "*",
        "at once": answer.seconds < AT_ONCE_S,
        "short": len(answer.body) < 500,
    }
    wrong = [name for name, is_right in right.items() if not is_right]
    return [wrong, answer.status, answer.cache_control, answer.body[:200]] if wrong else []


async def soonest(http: aiohttp.ClientSession, url: str, method: str) -> Answer:
    """Ask until an answer comes at once, a few times at most; return the last."""
    answer = await fetch(http, url, method=method, follow=False)
    for _ in range(CHANCES - 1):
        if answer.seconds < AT_ONCE_S:
            break
        answer = await fetch(http, url, method=method, follow=False)
    return answer


async def wrongly_refused(
    http: aiohttp.ClientSession, base: str, rows: list[tuple[str, int, str]]
) -> dict[str, list[object]]:
    """Ask for each path and return those whose answer is not the refusal that is due."""
    found = {}
    for path, status, sentence in rows:
        for method in ("GET", "HEAD"):
            answer = await soonest(http, f"{base}{path}", method)
            if method == "GET" and (wrong := refused(status, sentence, answer)):
                found[path[:100]] = wrong
            if method == "HEAD" and (status, b"") != (answer.status, answer.body):
                found[f"HEAD {path[:100]}"] = [answer.status, answer.body]
    return found


@pytest.mark.usefixtures("asks_nobody")
async def test_ids_that_cannot_be_read_are_refused_without_io(adrift: Pair, http: aiohttp.ClientSession) -> None:
    rows = [
        (f"/{key}/{id_type}/poster-default/{text}", 400, "must be one of" if "." in unquote(text) else "cannot be read")
        for id_type, texts in IDS.items()
        for text in texts
        for key in KEYS
    ]

    wrong = await wrongly_refused(http, adrift.gateway_url, rows)

    assert {} == wrong


@pytest.mark.usefixtures("asks_nobody")
async def test_paths_that_cannot_be_read_are_refused_without_io(adrift: Pair, http: aiohttp.ClientSession) -> None:
    wrong = await wrongly_refused(http, adrift.gateway_url, [(path, 400, sentence) for path, sentence in PATHS])

    assert {} == wrong


@pytest.mark.usefixtures("asks_nobody")
async def test_what_cannot_be_a_key_is_refused_without_io(adrift: Pair, http: aiohttp.ClientSession) -> None:
    rows = [(f"/{key}/imdb/poster-default/tt0017136.jpg", 401, "This API key is not valid.") for key in BAD_KEYS]

    wrong = await wrongly_refused(http, adrift.gateway_url, rows)

    assert {} == wrong


@pytest.mark.usefixtures("asks_nobody")
async def test_content_urls_that_cannot_be_read_are_refused_without_io(
    adrift: Pair, http: aiohttp.ClientSession
) -> None:
    wrong = await wrongly_refused(http, adrift.content_url, CONTENT)

    assert {} == wrong


@pytest.mark.usefixtures("asks_nobody")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_methods_that_change_something_are_refused(
    adrift: Pair, http: aiohttp.ClientSession, method: str
) -> None:
    urls = [adrift.picture("tt0017136.jpg"), adrift.content(LOOK, "tt0017136.jpg")]

    answers = [await fetch(http, url, method=method) for url in urls]

    assert [(405, "no-store", True)] * 2 == [(a.status, a.cache_control, "GET" in a.headers["allow"]) for a in answers]


@pytest.mark.usefixtures("asks_nobody")
async def test_bad_parameters_are_refused_by_name(pair: Pair, http: aiohttp.ClientSession) -> None:
    await fetch(http, pair.picture("tt0017136"), follow=False, method="OPTIONS")
    rows = [(f"/{FREE_KEY}/imdb/poster-default/tt9999999?{query}", 400, said) for query, said in PARAMETERS]
    rows.append((f"/{FREE_KEY}/imdb/my-profile/tt9999999", 403, "The free key has no profiles."))

    wrong = await wrongly_refused(http, pair.gateway_url, rows)

    assert {} == wrong


@pytest.mark.usefixtures("asks_nobody")
async def test_unknown_keys_and_profiles_are_refused(pair: Pair, http: aiohttp.ClientSession) -> None:
    key, share = await pair.new_key()
    rows = [(f"/{'0' * 64}/imdb/poster-default/tt9999999", 401, "This API key is not valid.")]
    rows += [(f"/{each}/imdb/my-profile/tt9999999", 422, "no profile of that name") for each in (key, share)]

    wrong = await wrongly_refused(http, pair.gateway_url, rows)

    assert {} == wrong


async def test_looks_that_nobody_issued_are_unknown(pair: Pair, http: aiohttp.ClientSession) -> None:
    await fetch(http, pair.picture("tt9999999"))  # to the end, so that nothing of it goes on afterwards
    issued = (await fetch(http, pair.picture("tt9999999"), follow=False)).headers["location"]
    rows = [
        (f"/c/{LOOK}/imdb/poster-default/tt9999999.jpg", 404, "was never issued"),
        (issued.removeprefix(pair.content_url).replace(".jpg", ".png"), 404, "was never issued"),
        (issued.removeprefix(pair.content_url).replace("poster-", "backdrop-"), 404, "was never issued"),
    ]

    wrong = await wrongly_refused(http, pair.content_url, rows)

    assert {} == wrong


async def test_a_title_that_does_not_exist_is_a_fact_that_is_asked_for_once(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    first = await fetch(http, pair.picture("tt8888888.jpg"))
    asked = sources.count()
    second = await fetch(http, pair.picture("tt8888888.jpg"))

    assert (404, FACT, "No source knows this title.") == (first.status, first.cache_control, first.error)
    assert (404, FACT) == (second.status, second.cache_control)
    assert asked == sources.count()


@pytest.mark.parametrize(
    ("extension", "query", "form", "size"),
    [
        (".jpg", "?fallback=true", "JPEG", (580, 859)),
        (".png", "?fallback=1&imageSize=large", "PNG", (1280, 1896)),
        (".webp", "?fallback=yes&imageSize=verylarge", "WEBP", (2000, 2962)),
    ],
)
async def test_fallback_gives_a_placeholder_of_the_right_size_for_an_unknown_title(
    pair: Pair, http: aiohttp.ClientSession, extension: str, query: str, form: str, size: tuple[int, int]
) -> None:
    answer = await fetch(http, pair.picture(f"tt8888889{extension}", query))

    image = Image.open(io.BytesIO(answer.body))
    image.load()
    assert (200, "public, max-age=60", f"image/{form.lower()}") == (
        answer.status,
        answer.cache_control,
        answer.headers["content-type"],
    )
    assert (form, size) == (image.format, image.size)
    assert "MISS-FALLBACK" == answer.cache


@pytest.mark.usefixtures("asks_nobody")
async def test_fallback_gives_the_medium_placeholder_for_an_unknown_look(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    answer = await fetch(http, pair.content(LOOK, "tt0017136.jpg?fallback=true"))

    image = Image.open(io.BytesIO(answer.body))
    assert (200, "public, max-age=60", (580, 859)) == (answer.status, answer.cache_control, image.size)
