import asyncio
import re

import pytest

from gateway.keys.token import FREE_KEY
from gateway.pictures import handler
from gateway.pictures.settings_usage import SettingsUsage
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.gateway.doubles import FREE_ID, KEY, KEY_ID, SHARE, MemoryStores
from tests.gateway.edge import CONTENT, POSTER, Edge, running

DEFAULT_POSTER = settings_hash(parse(Kind.POSTER, Format.JPG, {}))
REDIRECT_HEADERS = {
    "Cache-Control": "public, max-age=300, stale-while-revalidate=3600",
    "Access-Control-Allow-Origin": "*",
    "Server": "marquee",
    "Content-Length": "0",
}


async def test_a_picture_is_a_redirect_with_exactly_these_headers(edge: Edge) -> None:
    answer = await edge.get(POSTER)

    location = f"{CONTENT}/c/{DEFAULT_POSTER}/imdb/poster-default/tt0111161.jpg"
    sent = {name: value for name, value in answer.headers.items() if name not in {"Date", "Connection"}}
    assert (302, b"") == (answer.status, answer.body)
    assert {"Location": location, **REDIRECT_HEADERS} == sent


async def test_head_is_answered_like_get(edge: Edge) -> None:
    got, headed = await edge.get(POSTER), await edge.get(POSTER, "HEAD")

    assert (got.status, got.location, got.headers["Cache-Control"], b"") == (
        headed.status,
        headed.location,
        headed.headers["Cache-Control"],
        headed.body,
    )


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("imdb/poster-default/tt0903747", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/0903747.jpg", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/TT0903747.jpeg", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/tt0903747.JPG", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/tt0903747.png", "imdb/poster-default/tt0903747.png"),
        ("imdb/poster-default/tt0903747.webp", "imdb/poster-default/tt0903747.webp"),
        ("imdb/poster-default/tt0903747%2Ejpg", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/%74t0903747.jpg", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/poster-default/tt0903747:1:2.jpg", "imdb/poster-default/tt0903747.jpg"),
        ("imdb/episode-default/tt0903747:1:2", "imdb/episode-default/episode-tt0903747-S1E2.jpg"),
        ("imdb/episode-default/tt0903747%3A1%3A2.jpg", "imdb/episode-default/episode-tt0903747-S1E2.jpg"),
        ("imdb/episode-default/episode-tt0903747-s01e02", "imdb/episode-default/episode-tt0903747-S1E2.jpg"),
        ("imdb/episode-default/tt0959621", "imdb/episode-default/tt0959621.jpg"),
        ("tmdb/poster-default/movie-278", "tmdb/poster-default/movie-278.jpg"),
        ("tmdb/poster-default/tv-1396", "tmdb/poster-default/series-1396.jpg"),
        ("tmdb/poster-default/series-1396.png", "tmdb/poster-default/series-1396.png"),
        ("tmdb/poster-default/278", "tmdb/poster-default/278.jpg"),
        ("tmdb/poster-default/episode-1396-S1E1", "tmdb/poster-default/series-1396.jpg"),
        ("imdb/poster-default/season-tt0903747-s02.webp", "imdb/poster-default/season-tt0903747-S2.webp"),
        ("imdb/backdrop-default/season-tt0903747-S2", "imdb/backdrop-default/tt0903747.jpg"),
        ("tmdb/poster-default/season-1396-S0", "tmdb/poster-default/season-1396-S0.jpg"),
        ("tmdb/logo-default/season-1396-S2.png", "tmdb/logo-default/series-1396.png"),
        ("tmdb/poster-default/collection-1241-harry-potter", "tmdb/poster-default/collection-1241.jpg"),
        ("tmdb/background-default/collection-1241", "tmdb/backdrop-default/collection-1241.jpg"),
        ("tvdb/poster-default/season-81189-S2", "tvdb/poster-default/season-81189-S2.jpg"),
        ("tvdb/poster-default/season-30272", "tvdb/poster-default/season-30272.jpg"),
        ("tmdb/episode-default/episode-1396-S1E1", "tmdb/episode-default/episode-1396-S1E1.jpg"),
        ("tvdb/poster-default/81189", "tvdb/poster-default/81189.jpg"),
        ("tvdb/poster-default/episode-81189-S1E1", "tvdb/poster-default/series-81189.jpg"),
        ("tvdb/episode-default/349232", "tvdb/episode-default/349232.jpg"),
        ("kitsu/poster-default/7442", "kitsu/poster-default/7442.jpg"),
        ("kitsu/poster-default/kitsu:7442.png", "kitsu/poster-default/7442.png"),
        ("anilist/poster-default/series-7442.jpg", "anilist/poster-default/7442.jpg"),
        ("mal/poster-default/movie-7442", "mal/poster-default/7442.jpg"),
        ("anidb/backdrop-default/anidb%3A7442", "anidb/backdrop-default/7442.jpg"),
        ("kitsu/poster-default/7442:2:3", "kitsu/poster-default/7442.jpg"),
        ("kitsu/episode-default/7442:3", "kitsu/episode-default/episode-7442-S1E3.jpg"),
        ("mal/episode-default/mal:7442:2:3.webp", "mal/episode-default/episode-7442-S2E3.webp"),
        ("imdb/backdrop-default/tt0903747", "imdb/backdrop-default/tt0903747.jpg"),
        ("imdb/background-default/tt0903747", "imdb/backdrop-default/tt0903747.jpg"),
        ("imdb/logo-default/tt0903747", "imdb/logo-default/tt0903747.png"),
        ("imdb/logo-default/tt0903747.jpg", "imdb/logo-default/tt0903747.png"),
        ("imdb/logo-default/tt0903747.webp", "imdb/logo-default/tt0903747.webp"),
    ],
)
async def test_every_form_of_an_address_leads_to_its_one_canonical_spelling(edge: Edge, asked: str, title: str) -> None:
    location = await edge.location(f"/{KEY}/{asked}")

    assert re.fullmatch(rf"{re.escape(CONTENT)}/c/[0-9a-f]{{32}}/{re.escape(title)}", location)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "?lang="),
        ("", "?unknown=1&fallback=false"),
        ("", "?ratings_limit=3&badge_style=d&imageSize=medium"),
        ("?lang=PT-br", "?lang=pt-BR"),
        ("?imageSize=verylarge", "?imageSize=very-large"),
        ("?ratings_order=imdb,rt", "?ratings_order=imdb%2Crt"),
        ("?direction=v", "?badge_direction=v"),
        ("?ratings_limit=2&ratings_limit=7", "?ratings_limit=7"),
        ("?ratings_limit=nonsense&ratings_limit=7", "?ratings_limit=7"),
        ("?position=tl&lang=de", "?lang=de&position=tl"),
    ],
)
async def test_equal_looks_have_equal_addresses(edge: Edge, one: str, other: str) -> None:
    assert await edge.location(POSTER + one) == await edge.location(POSTER + other)


async def test_different_looks_have_different_addresses(edge: Edge) -> None:
    queries = ["", "?lang=de", "?ratings_limit=4", "?imageSize=large", "?awards=no", "?textless=1", "?label_style=t"]

    locations = {await edge.location(POSTER + query) for query in queries}

    assert len(queries) == len(locations)


@pytest.mark.parametrize("spelling", ["true", "1", "YES"])
async def test_fallback_is_carried_and_changes_no_hash(edge: Edge, spelling: str) -> None:
    plain = await edge.location(POSTER)

    assert f"{plain}?fallback=true" == await edge.location(f"{POSTER}?fallback={spelling}&fallback={spelling}")


@pytest.mark.parametrize("key", [KEY, SHARE, SHARE.replace(".", "-"), SHARE.replace(".", "%2E"), "t0-free-rpdb"])
async def test_every_form_of_a_key_opens(edge: Edge, key: str) -> None:
    answer = await edge.get(f"/{key}/imdb/poster-default/tt0111161.jpg")

    assert 302 == answer.status


async def test_a_look_is_kept_for_ever_before_its_redirect_leaves(edge: Edge, stores: MemoryStores) -> None:
    location = await edge.location(f"{POSTER}?lang=de")

    assert {location.split("/")[4]: parse(Kind.POSTER, Format.JPG, {"lang": "de"})} == stores.settings_store.stored


@pytest.mark.parametrize("address", [POSTER, f"/{KEY}/kitsu/poster-default/7442.jpg"])
async def test_a_warm_redirect_asks_nobody(edge: Edge, stores: MemoryStores, address: str) -> None:
    await edge.location(address)
    await edge.flush()
    before = stores.calls

    await edge.location(address)

    assert before == stores.calls


async def test_an_unknown_look_without_postgres_is_refused_and_never_stored(edge: Edge, stores: MemoryStores) -> None:
    await edge.location(POSTER)
    stores.postgres.is_down = True

    answer = await edge.get(f"{POSTER}?lang=de")

    assert (503, "no-store", "5") == (answer.status, answer.headers["Cache-Control"], answer.headers["Retry-After"])


async def test_a_look_that_takes_too_long_to_store_is_refused(
    edge: Edge, stores: MemoryStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> SettingsHash:
        await asyncio.Event().wait()
        raise AssertionError

    with monkeypatch.context() as slow:
        slow.setattr(handler, "SAVE_DEADLINE_S", 0.01)
        slow.setattr(stores.settings_store, "remember", never)
        answer = await edge.get(POSTER)
    later = await edge.get(POSTER)

    assert (503, "no-store", 302) == (answer.status, answer.headers["Cache-Control"], later.status)
    assert {DEFAULT_POSTER} == set(stores.settings_store.stored)


async def test_a_look_is_noted_as_in_use_once_in_each_term(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[tuple[SettingsUsage, SettingsHash]] = []
    by_free_key: list[bool] = []

    def note(asked: SettingsUsage, settings_hash: SettingsHash, _: Settings, *, is_free_only: bool) -> bool:
        notes.append((asked, settings_hash))
        by_free_key.append(is_free_only)
        return True

    monkeypatch.setattr(SettingsUsage, "note", note)

    await edge.location(POSTER)
    await edge.location(POSTER)
    in_one_term = [name for _, name in notes]
    notes[0][0].term += 1
    await edge.location(POSTER)

    assert [DEFAULT_POSTER] == in_one_term
    assert [DEFAULT_POSTER] * 2 == [name for _, name in notes]
    assert [False, False] == by_free_key


async def test_a_look_of_the_free_key_is_noted_again_when_another_key_uses_it(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_free_key: list[bool] = []

    def note(_: SettingsUsage, _hash: SettingsHash, _settings: Settings, *, is_free_only: bool) -> bool:
        by_free_key.append(is_free_only)
        return True

    monkeypatch.setattr(SettingsUsage, "note", note)

    for key in (FREE_KEY, FREE_KEY, KEY, KEY, FREE_KEY):
        await edge.location(POSTER.replace(KEY, key))

    assert [True, False] == by_free_key
    assert {DEFAULT_POSTER} == edge.stores.settings_store.free_only


async def test_known_looks_go_on_without_postgres_and_without_redis(edge: Edge, stores: MemoryStores) -> None:
    await edge.location(POSTER)
    stores.postgres.is_down = stores.redis.is_down = True

    location = await edge.location(POSTER.replace("tt0111161", "tt0068646"))

    assert location.endswith("/imdb/poster-default/tt0068646.jpg")


async def test_pictures_are_counted_for_their_key_however_it_is_shown(edge: Edge, stores: MemoryStores) -> None:
    for key in (KEY, KEY, SHARE, "t0-free-rpdb"):
        await edge.get(f"/{key}/imdb/poster-default/tt0111161.jpg")
    await edge.get(f"/{KEY}/imdb/poster-default/nonsense.jpg")

    await edge.flush()

    assert {KEY_ID: 3, FREE_ID: 1} == {key_id: number for (key_id, _), number in stores.usage.stored.items()}


async def test_redirects_are_numbered_by_outcome(edge: Edge) -> None:
    await edge.get(POSTER)
    await edge.get(f"{POSTER}?lang=nonsense")

    assert (1, 1, 1) == (
        edge.count("gateway_requests_total", route="picture", outcome="ok"),
        edge.count("gateway_requests_total", route="picture", outcome="bad_request"),
        edge.count("gateway_redirect_seconds_count"),
    )


async def test_the_free_key_opens_nothing_unless_the_operator_allows_it(stores: MemoryStores) -> None:
    async with running(stores, FREE_KEY_ENABLED="false") as edge:
        answer = await edge.get("/t0-free-rpdb/imdb/poster-default/tt0111161.jpg")

    assert (401, 0) == (answer.status, stores.calls)
