"""What a key may use: its month, its switch, and how news of both comes to a gateway."""

from datetime import date

import msgspec
import pytest

from gateway.app_keys import CHANGE_FEED, KEYS
from gateway.db.global_settings import GlobalRow
from tests.gateway.doubles import KEY, KEY_ID, MemoryStores, digest
from tests.gateway.edge import POSTER, TODAY, Edge, running

FREE_POSTER = "/t0-free-rpdb/imdb/poster-default/tt0111161.jpg"
LIMIT = 10_000


def use(stores: MemoryStores, requests: int, day: date | None = None) -> None:
    stores.usage.stored[KEY_ID, (day or TODAY).replace(day=1)] = requests


async def test_a_spent_key_is_refused_in_a_sentence_that_nobody_may_store(edge: Edge, stores: MemoryStores) -> None:
    use(stores, LIMIT - 1)

    last = await edge.get(POSTER)
    await edge.flush()
    refused = await edge.get(POSTER)

    assert (302, 403, "no-store") == (last.status, refused.status, refused.headers["Cache-Control"])
    assert "This API key has used up its requests for this month." == refused.json["error"]


async def test_a_refused_request_is_not_counted(edge: Edge, stores: MemoryStores) -> None:
    use(stores, LIMIT - 1)

    for _ in range(3):
        await edge.get(POSTER)
        await edge.flush()

    assert LIMIT == stores.usage.stored[KEY_ID, TODAY.replace(day=1)]


async def test_the_shape_of_the_address_is_looked_at_before_the_quota(edge: Edge, stores: MemoryStores) -> None:
    use(stores, LIMIT)
    await edge.get(POSTER)
    await edge.flush()

    assert 400 == (await edge.get(f"/{KEY}/imdb/poster-default/nonsense.jpg")).status


async def test_a_spent_key_is_good_all_the_same(edge: Edge, stores: MemoryStores) -> None:
    use(stores, LIMIT)

    answer = await edge.get(f"/{KEY}/isValid")

    assert {"valid": True, "validity": True, "limit": LIMIT, "requestCount": LIMIT} == answer.json


async def test_a_key_that_is_taken_away_stops_with_the_next_news(edge: Edge, stores: MemoryStores) -> None:
    before = await edge.get(POSTER)
    del stores.keys.api_keys[digest(KEY)]
    stores.changes.told.append(KEY_ID)

    await edge.app[CHANGE_FEED].poll()

    assert (302, 401) == (before.status, (await edge.get(POSTER)).status)


async def test_a_key_that_was_refused_works_with_the_next_news(edge: Edge, stores: MemoryStores) -> None:
    holder = stores.keys.api_keys.pop(digest(KEY))
    before = await edge.get(POSTER)
    stores.keys.api_keys[digest(KEY)] = holder
    stores.changes.told.append(KEY_ID)

    await edge.app[CHANGE_FEED].poll()

    assert (401, 302) == (before.status, (await edge.get(POSTER)).status)


async def test_without_postgres_a_key_goes_on_as_it_was(edge: Edge, stores: MemoryStores) -> None:
    await edge.get(POSTER)
    stores.changes.told.append(KEY_ID)
    await edge.app[CHANGE_FEED].poll()
    stores.postgres.is_down = True

    await edge.app[CHANGE_FEED].poll()

    assert 302 == (await edge.get(POSTER)).status


async def test_a_change_while_a_key_is_being_read_is_not_lost(edge: Edge, stores: MemoryStores) -> None:
    keys = edge.app[KEYS]
    find = stores.keys.find

    async def changed_meanwhile(tokens: list[object]) -> object:
        found = await find(tokens)  # type: ignore[arg-type]  # as it is called
        del stores.keys.api_keys[digest(KEY)]
        keys.invalidate({KEY_ID})
        return found

    stores.keys.find = changed_meanwhile  # type: ignore[method-assign, assignment]  # for one reading
    first = await edge.get(POSTER)
    stores.keys.find = find  # type: ignore[method-assign]  # as it was

    assert (302, 401) == (first.status, (await edge.get(POSTER)).status)


@pytest.mark.parametrize(("locked", "chosen", "status"), [("", True, 302), ("", False, 401), ("false", True, 401)])
async def test_the_free_key_has_a_switch_and_a_lock(
    stores: MemoryStores, *, locked: str, chosen: bool, status: int
) -> None:
    stores.changes.chosen = GlobalRow("{}", free_key_enabled=chosen)
    async with running(stores, FREE_KEY_ENABLED=locked) as edge:
        await edge.app[CHANGE_FEED].poll()

        answer = await edge.get(FREE_POSTER)

    assert status == answer.status


async def test_everybodys_choices_change_with_the_news(edge: Edge, stores: MemoryStores) -> None:
    before = await edge.location(POSTER)
    stores.changes.chosen = GlobalRow('{"poster":{"ratings_limit":1}}', free_key_enabled=True)
    stores.changes.told.append(None)
    await edge.app[CHANGE_FEED].poll()

    after, asked = await edge.location(POSTER), await edge.location(f"{POSTER}?ratings_limit=3")

    assert (before, True) == (asked, before != after)


async def test_a_profile_is_a_style_of_its_key(edge: Edge, stores: MemoryStores) -> None:
    profiles = msgspec.json.encode({"wide": ["backdrop", '{"ratings_limit":2}']}).decode()
    stores.keys.api_keys[digest(KEY)] = msgspec.structs.replace(stores.keys.api_keys[digest(KEY)], profiles=profiles)

    of_profile = await edge.location(f"/{KEY}/imdb/wide/tt0111161.jpg")
    same = await edge.location(f"/{KEY}/imdb/backdrop-default/tt0111161.jpg?ratings_limit=2")

    assert same == of_profile
    assert 422 == (await edge.get(f"/{KEY}/imdb/other/tt0111161.jpg")).status
    assert 400 == (await edge.get(f"/{KEY}/imdb/wide/tt0111161.jpg?ratings_limit=11")).status
