"""What clients say in RPDB's words means what it says in ours, and is never an error."""

from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.pictures.address import is_profile_name, read_address
from gateway.pictures.rpdb import STYLES
from gateway.pictures.settings_resolver import SettingsResolver
from shared.domain.pictures import Kind
from shared.settings.parameters import PARAMETERS
from tests.gateway.auth.caller import Caller
from tests.gateway.doubles import KEY, KEY_ID, SHARE, MemoryStores, digest
from tests.gateway.edge import POSTER, Edge

FREE = "t0-free-rpdb"
TITLE = "tt0111161.jpg"
REFUSED = "f" * 64
STYLING = ("badges", "badgePos", "badgeSize", "label", "fontScale", "ratingBarOpacity", "ratingBarColor", "fontColor")
RPDB_ONLY = (*STYLING, "certsPos", "order", "ratingBarPos", "break", "img", "ratings")


@pytest.mark.parametrize("key", [KEY, FREE])
@pytest.mark.parametrize(
    ("style", "query"),
    [
        ("default", ""),
        ("rating-order", ""),
        ("poster-w500", ""),
        ("poster-w780", ""),
        ("poster-certs", "ratings_order=imdb,rt,mc"),
        ("poster-rt", "ratings_order=imdb,rt,rta"),
        ("poster-mc", "ratings_order=imdb,mc"),
        ("poster-clean", "ratings_limit=0"),
        ("poster-imdb", "ratings_order=imdb&ratings_limit=1"),
        ("poster-metacritic", "ratings_order=mc&ratings_limit=1"),
        ("textless-default", "textless=true"),
        ("textless-order", "textless=true"),
        ("textless-certs", "textless=true&ratings_order=imdb,rt,mc"),
        ("textless-rt", "textless=true&ratings_order=imdb,rt,rta"),
        ("textless-mc", "textless=true&ratings_order=imdb,mc"),
    ],
)
async def test_a_style_word_is_a_poster_with_that_look(edge: Edge, *, key: str, style: str, query: str) -> None:
    location = await edge.location(f"/{key}/imdb/{style}/{TITLE}")

    assert location == await edge.location(f"/{key}/imdb/poster-default/{TITLE}?{query}")


@pytest.mark.parametrize("prefix", ["", "/api"])
@pytest.mark.parametrize("style", ["poster-default", "textless-rt", "backdrop-default"])
@pytest.mark.parametrize("file", ["4qKBn9b3kYW1N0UIlzXZPhCHJHs.jpg", "a.png"])
async def test_a_poster_that_the_caller_chose_is_one_on_that_art(
    edge: Edge, prefix: str, style: str, file: str
) -> None:
    location = await edge.location(f"{prefix}/{KEY}/imdb/{style}/tmdb-poster/tt0111161/{file}?order=trakt&art=b.jpg")

    ending = file.rpartition(".")[2]
    assert location == await edge.location(f"/{KEY}/imdb/{style}/tt0111161.{ending}?order=trakt&art={file}")
    assert location.endswith(f"tt0111161.{ending}")


async def test_background_is_a_backdrop(edge: Edge) -> None:
    location = await edge.location(f"/{KEY}/imdb/background-default/{TITLE}")

    assert location == await edge.location(f"/{KEY}/imdb/backdrop-default/{TITLE}")


async def test_a_query_goes_over_a_style_word(edge: Edge) -> None:
    location = await edge.location(f"/{KEY}/imdb/textless-rt/{TITLE}?order=trakt&textless=false")

    assert location == await edge.location(f"{POSTER}?ratings_order=trakt")


@pytest.mark.parametrize("style", STYLES)
def test_no_profile_is_called_like_a_style_word(style: str) -> None:
    assert not is_profile_name(style)


@pytest.mark.parametrize(
    ("rpdb", "ours"),
    [
        ("order=rogerebert,letterboxd", "ratings_order=ebert,lb"),
        ("order=imdb%2Ctomatoes-critics%2Cmetacritic-critics", "ratings_order=imdb,rt,mc"),
        ("order=tomatoes-audience,myanimelist,trakt,tmdb", "ratings_order=rta,mal,trakt,tmdb"),
        ("order=metacritic-audience,IMDb,%20letterboxd%20,", "ratings_order=mcu,imdb,lb"),
        ("order=imdb%2CCommonSense", "ratings_order=imdb&age_rating=commonsense"),
        ("order=commonsense&age_rating=official", "age_rating=official"),
        ("badges=4k,commonsensegold,hdr", "badges=4k,hdr&age_rating=commonsense"),
        ("badges=CommonSenseGold&age_rating=none", ""),
        ("order=imdb,imdb,trakt", "ratings_order=imdb,trakt"),
        ("order=nobody,knows,these", ""),
        ("order=", ""),
        ("order=trakt&ratings_order=", "ratings_order=trakt"),
        ("order=trakt&ratings_order=lb", "ratings_order=lb"),
        ("ratingBarPos=bottom", "position=bc"),
        ("ratingBarPos=top", "position=tc"),
        ("ratingBarPos=left-top", "position=tl"),
        ("ratingBarPos=Left-Center", "position=l"),
        ("ratingBarPos=left-bottom", "position=bl"),
        ("ratingBarPos=right-top", "position=tr"),
        ("ratingBarPos=right-center", "position=r"),
        ("ratingBarPos=right-bottom", "position=br"),
        ("ratingBarPos=middle", ""),
        ("ratingBarPos=top&position=", "position=tc"),
        ("ratingBarPos=top&position=l", "position=l"),
        ("imageSize=verylarge", "imageSize=very-large"),
        ("imageSize=VeryLarge", "imageSize=very-large"),
        ("imageSize=large", "imageSize=large"),
        ("imageSize=medium&imageSize=", ""),
        ("badges=4k%2Cdolbyvision%2Ccountry.us", "badges=4k,dolbyvision"),
        ("badges=4K%2CDolbyVisionColor&badgePos=", "badges=4k,dolbyvision"),
        ("badges=dolbyvisioncoloralt%2Chdr10plus_colorful", "badges=dolbyvision,hdr10plus"),
        ("badges=sd,4k,3d,web,dvd&badgePos=left&badgeSize=normal", "badges=sd,4k,3d,web"),
        ("badges=4k&badgePos=bottom%7Cleft&badgeSize=small", "badges=4k&badgePos=bottom|left&badgeSize=small"),
        ("badges=4k&badgePos=Center", "badges=4k&badgePos=center"),
        ("badges=&badgePos=right&badgeSize=small", ""),
        ("badges=country.us,5stars,mkv", ""),
        ("ratingBarOpacity=0.5", "badge_opacity=50"),
        ("ratingBarOpacity=0.01", "badge_opacity=10"),
        ("ratingBarOpacity=0.94", ""),
        ("ratingBarOpacity=0.99", ""),
        ("ratingBarOpacity=0.5&badge_opacity=70", "badge_opacity=70"),
        ("ratingBarColor=rebeccapurple&fontColor=Gold", "badge_colour=663399&font_colour=ffd700"),
        ("ratingBarColor=red&badge_color=navy", "badge_colour=navy"),
        ("ratingBarColor=nonsense&fontColor=white", ""),
        ("fontScale=0.6", "badge_size=xs"),
        ("fontScale=0.85", "badge_size=s"),
        ("fontScale=1.15", ""),
        ("fontScale=1.35", "badge_size=l"),
        ("fontScale=2", "badge_size=xl"),
        ("fontScale=default", ""),
        ("fontScale=2.01", ""),
        ("fontScale=0.49", ""),
        ("fontScale=2&badge_size=s", "badge_size=s"),
        ("label=New%20Season!&fontScale=-1e99&fontColor=%23&ratingBarColor=url(x)&ratingBarOpacity=NaN", ""),
        ("certsPos=%00&badges=%ff%fe&badgePos=&label=%F0%9F%8D%BF&break=1763712000", ""),
        ("badges", ""),
        ("&&=&?=1", ""),
    ],
)
async def test_a_parameter_means_ours_or_nothing(edge: Edge, *, rpdb: str, ours: str) -> None:
    location = await edge.location(f"{POSTER}?{rpdb}")

    assert location == await edge.location(f"{POSTER}?{ours}")


@pytest.mark.parametrize(
    "query",
    [
        "badges=4k,hdr",
        "badges=4k%2Chdr&badgePos=right",
        "%62adges=4k",
        "badge%73=4k&badgeSize=small",
        "badges=4k&badges=3d",
    ],
)
async def test_the_free_key_ignores_quality_badges_and_another_key_does_not(edge: Edge, *, query: str) -> None:
    free = await edge.location(f"/{FREE}/imdb/poster-default/{TITLE}?{query}")
    own = await edge.location(f"{POSTER}?{query}")

    assert free == await edge.location(POSTER)
    assert own != free


async def test_the_free_key_keeps_the_other_parameters_beside_quality_badges(edge: Edge) -> None:
    free = await edge.location(f"/{FREE}/imdb/poster-default/{TITLE}?position=tl&badges=4k&lang=de&fallback=true")

    assert free == await edge.location(f"{POSTER}?position=tl&lang=de&fallback=true")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("imdb/poster-default/TT0111161.JPG", "imdb/poster-default/tt0111161.jpg"),
        ("imdb/poster-default/tt0111161.Png", "imdb/poster-default/tt0111161.png"),
        ("imdb/backdrop-default/tt0111161.png", "imdb/backdrop-default/tt0111161.png"),
        ("imdb/backdrop-default/tt0111161.WEBP", "imdb/backdrop-default/tt0111161.webp"),
        ("tmdb/poster-default/MOVIE-278.JPEG", "tmdb/poster-default/movie-278.jpg"),
        ("tmdb/poster-default/Series-1396.png", "tmdb/poster-default/series-1396.png"),
        ("tmdb/poster-default/TV-1396.jpg", "tmdb/poster-default/series-1396.jpg"),
        ("tmdb/poster-default/movie-278-some-slug.jpg", "tmdb/poster-default/movie-278.jpg"),
        ("tmdb/poster-default/278.jpg", "tmdb/poster-default/278.jpg"),
        ("tvdb/poster-default/81189.jpg", "tvdb/poster-default/81189.jpg"),
        ("tvdb/poster-default/movie-17136", "tvdb/poster-default/movie-17136.jpg"),
        ("tvdb/poster-default/series-81189.png", "tvdb/poster-default/series-81189.png"),
        ("imdb/episode-default/EPISODE-TT0903747-s1e1.PNG", "imdb/episode-default/episode-tt0903747-S1E1.png"),
    ],
)
async def test_ids_and_extensions_are_read_as_clients_write_them(edge: Edge, *, asked: str, found: str) -> None:
    location = await edge.location(f"/{KEY}/{asked}")

    assert location.partition("/c/")[2].partition("/")[2] == found


@pytest.mark.parametrize("key", [KEY, SHARE])
@pytest.mark.parametrize("place", ["", "/api"])
async def test_a_tier_before_a_key_is_ignored(edge: Edge, *, key: str, place: str) -> None:
    location = await edge.location(f"{place}/t3-{key}/imdb/poster-default/{TITLE}")
    check = await edge.get(f"{place}/t3-{key}/isValid")

    assert (200, location) == (check.status, await edge.location(f"/{key}/imdb/poster-default/{TITLE}"))


KNOWN = {name for param in PARAMETERS for name in param.names} | {"fallback"}
parameters = st.lists(
    st.tuples(
        st.sampled_from(RPDB_ONLY) | st.text(max_size=12).filter(lambda name: name not in KNOWN), st.text(max_size=60)
    ),
    max_size=5,
)


@given(kind=st.sampled_from(Kind), pairs=parameters)
@example(kind=Kind.POSTER, pairs=[("label", "x" * 4000)])
@example(kind=Kind.BACKDROP, pairs=[("order", "," * 1300), ("ratingBarPos", "\x00")])
def test_no_parameter_of_rpdb_makes_a_good_address_a_bad_one(kind: Kind, pairs: list[tuple[str, str]]) -> None:
    address = read_address("imdb", f"{kind}-default", "episode-tt0903747-S1E1.jpg")
    query = urlencode(pairs, errors="replace")

    redirects = SettingsResolver()
    path = redirects.path(redirects.resolve(kind, address.format, query), address)

    assert path.startswith("/c/")


@given(order=st.lists(st.sampled_from(["imdb", "letterboxd", "trakt", "commonsense", "nonsense"]), max_size=6))
def test_an_order_is_as_good_as_the_same_in_our_words(order: list[str]) -> None:
    address = read_address("imdb", "poster-default", TITLE)
    words = [{"letterboxd": "lb"}.get(word, word) for word in order if word not in {"commonsense", "nonsense"}]
    age = "commonsense" if "commonsense" in order else "none"

    asked, meant = (
        SettingsResolver().resolve(Kind.POSTER, address.format, urlencode(query))
        for query in ({"order": ",".join(order)}, {"ratings_order": ",".join(words), "age_rating": age})
    )

    assert meant.hash == asked.hash


@pytest.mark.parametrize("key", [KEY, SHARE, SHARE.replace(".", "-"), FREE])
@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (f"imdb/default/{TITLE}", f"imdb/poster-default/{TITLE}"),
        (f"imdb/default/{TITLE}?fallback=true", f"imdb/poster-default/{TITLE}?fallback=true"),
        ("tmdb/default/tv-1396.jpg", "tmdb/poster-default/series-1396.jpg"),
        ("tvdb/default/81189.jpg", "tvdb/poster-default/81189.jpg"),
        ("imdb/background-default/tt0111161.png", "imdb/backdrop-default/tt0111161.png"),
    ],
)
async def test_an_older_address_leads_where_the_newer_does(edge: Edge, *, key: str, older: str, newer: str) -> None:
    location = await edge.location(f"/api/{key}/{older}")

    assert location == await edge.location(f"/{key}/{newer}")


async def test_an_older_address_may_name_a_profile(edge: Edge, stores: MemoryStores) -> None:
    holder = stores.keys.api_keys[digest(KEY)]
    stores.keys.api_keys[digest(KEY)] = type(holder)(
        KEY_ID, 10_000, profiles='{"mine":["backdrop","{\\"ratings_limit\\":1}"]}'
    )

    location = await edge.location(f"/api/{KEY}/imdb/mine/{TITLE}")

    assert location == await edge.location(f"/{KEY}/imdb/backdrop-default/{TITLE}?ratings_limit=1")


@pytest.mark.parametrize("start", ["/api/", "//"])
async def test_other_starts_of_an_address_answer_questions_about_the_key(edge: Edge, start: str) -> None:
    valid = await edge.get(f"{start}{KEY}/isValid")
    used = await edge.get(f"{start}{KEY}/requests?break=1763712000000")
    refused = await edge.get(f"{start}{REFUSED}/isValid")

    assert (200, True) == (valid.status, valid.json["valid"])
    assert (200, {"req": 0, "limit": 10_000}) == (used.status, used.json)
    assert (401, {"valid": False, "validity": False}) == (refused.status, refused.json)


async def test_a_base_address_that_ends_in_a_slash_does_no_harm(edge: Edge) -> None:
    location = await edge.location(f"/{POSTER}?order=trakt")

    assert location == await edge.location(f"{POSTER}?order=trakt")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/api/{KEY}/imdb/default/{TITLE}?lang=nonsense", 400),
        (f"/api/{REFUSED}/imdb/default/{TITLE}", 401),
        (f"/api/{FREE}/imdb/mine/{TITLE}", 403),
        (f"/api/{KEY}/imdb/mine/{TITLE}", 422),
        (f"/api/{KEY}/imdb/default", 404),
        (f"/api/{KEY}/isValid/", 404),
        (f"/{KEY}/isValid/", 404),
        (f"//{KEY}/isvalid", 404),
        (f"/{KEY}/imdb//poster-default/{TITLE}", 404),
        (f"/{KEY}/imdb/poster-default/tmdb-poster/tt0111161/https:x.jpg", 404),
        (f"/{KEY}/imdb/poster-default/tmdb-poster/tt0111161/x.svg", 404),
        (f"/{KEY}/imdb/poster-default/tmdb-poster/278/x.jpg", 400),
        (f"/{KEY}/tmdb/poster-default/tmdb-poster/tt0111161/x.jpg", 404),
        (f"/{REFUSED}/imdb/poster-default/tmdb-poster/tt0111161/x.jpg", 401),
        (f"/{KEY}/imdb/poster-default/custom-poster/{TITLE}?img=https://example.com/x.jpg", 404),
        (f"/{KEY}/submit?imageType=poster&data=e30=", 404),
    ],
)
async def test_every_refusal_is_json_that_any_site_may_read(edge: Edge, *, target: str, status: int) -> None:
    answer = await edge.get(target)

    assert (status, "application/json", "*", "no-store") == (
        answer.status,
        answer.headers["Content-Type"],
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Cache-Control"],
    )
    assert answer.json["error"].endswith(".")


@pytest.mark.parametrize("start", [f"/{KEY}", f"/api/{KEY}", f"//{KEY}"])
@pytest.mark.parametrize("rest", [f"/imdb/poster-default/{TITLE}", "/isValid", "/requests"])
async def test_every_shape_knows_head_and_preflights_and_refuses_changes(edge: Edge, start: str, rest: str) -> None:
    got, headed = await edge.get(start + rest), await edge.get(start + rest, "HEAD")
    preflight, changed = await edge.get(start + rest, "OPTIONS"), await edge.get(start + rest, "POST")

    assert (got.status, b"", "*") == (headed.status, headed.body, headed.headers["Access-Control-Allow-Origin"])
    assert (204, 405) == (preflight.status, changed.status)
    assert ["*", "*"] == [answer.headers["Access-Control-Allow-Origin"] for answer in (preflight, changed)]


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("/api/keys/7/settings/x", "This address does not exist."),
        ("/api/keys/7/settings/tt0111161.jpg", "This address does not exist."),
        ("/api/nobody/isValid", "This address does not exist."),
        (f"/api/{KEY}", "This address does not exist."),
        (f"/api/{KEY[:-1]}/imdb/default/{TITLE}", "This address does not exist."),
        (f"/api/{KEY}/settings", "This address does not exist. Pictures are at /{key}/{id type}/{style}/{id}.jpg."),
    ],
)
async def test_below_api_only_what_looks_like_a_key_is_one(caller: Caller, target: str, error: str) -> None:
    answer = await caller.ask("GET", target)

    assert (404, {"error": error}) == (answer.status, answer.json)


async def test_management_stands_beside_the_older_addresses(caller: Caller) -> None:
    status = await caller.ask("GET", "/api/auth/status")
    older = await caller.ask("GET", f"/api/{REFUSED}/isValid")

    assert 200 == status.status
    assert (401, {"valid": False, "validity": False}) == (older.status, older.json)
