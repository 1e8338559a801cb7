"""A purge through the API of a running pair: no replica, and no edge, goes on serving what was removed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import msgspec
import pytest

from renderer.content.last_access import MOST_WAITING
from renderer.storage.base import Picture
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation
from shared.stores.redis import connect
from tests.stack.admin import purge
from tests.stack.caller import Answer, fetch
from tests.stack.cloudflare import TOKEN, Cloudflare
from tests.stack.pair import Pair
from tests.stack.services import SECRETS
from tests.stack.sources import Copy, Sources
from tests.stack.stores import Stores

OLD = b"\xff\xd8an earlier drawing"
LOOKS = ("", "?position=tl")


@pytest.fixture(scope="module")
def cloudflare() -> Iterator[Cloudflare]:
    with Cloudflare() as cloudflare:
        yield cloudflare


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources, cloudflare: Cloudflare
) -> Iterator[Pair]:
    settings = {"RENDER_WAIT_MS": "20000", "FREE_KEY_HOUSEKEEPING_DAYS": "0", **cloudflare.settings}
    folder = tmp_path_factory.mktemp("purge")
    with Pair(folder, stores, sources, settings, renderer_count=2) as pair:
        pair.secrets.append(TOKEN)
        yield pair


@asynccontextmanager
async def bucket(stores: Stores) -> AsyncIterator[S3Storage]:
    secret = SECRETS["AWS_SECRET_ACCESS_KEY"]
    async with S3Storage.open(
        endpoint_url=stores.s3_url, region="us-east-1", bucket=stores.bucket, access_key="e2e", secret_key=secret
    ) as s3:
        yield s3


async def grow_old(pair: Pair, keys: list[str]) -> None:
    """Put earlier drawings in the place of these pictures, and have every replica drop its copies."""
    async with bucket(pair.stores) as s3, connect(pair.stores.redis_url) as redis:
        for key in keys:
            drawn = await s3.get(key)
            assert drawn is not None
            etag = hashlib.sha256(OLD).hexdigest()[:32]
            await s3.put(key, Picture(OLD, msgspec.structs.replace(drawn.metadata, etag=etag)))
        await publish_invalidation(redis, InvalidationMessage(keys=tuple(keys)))


async def ask_every_replica(pair: Pair, http: aiohttp.ClientSession, url: str) -> list[Answer]:
    """Ask for a picture until each renderer has served it from its store."""
    before = [hits(pair, nth) for nth in (0, 1)]
    answers: list[Answer] = []
    async with asyncio.timeout(60):
        while any(hits(pair, nth) == before[nth] for nth in (0, 1)):
            answers += await asyncio.gather(*(fetch(http, url) for _ in range(10)))
    return answers


def hits(pair: Pair, nth: int) -> float:
    return pair.number("renderer_content_total", pair.renderers[nth], status="200", cache="HIT")


async def drawn_and_grown_old(pair: Pair, http: aiohttp.ClientSession, copy: Copy) -> list[Answer]:
    """Have both looks of a film drawn, and every replica hold an earlier drawing of each."""
    answers = [await fetch(http, pair.picture(f"{copy.imdb}.jpg", query)) for query in LOOKS]
    await fetch(http, pair.picture(f"{copy.tmdb}.jpg", id_type="tmdb"))
    await pair.quiet()
    await grow_old(pair, [key_of(answer, copy) for answer in answers])
    for answer in answers:
        warm = await ask_every_replica(pair, http, pair.content(look_of(answer), f"{copy.imdb}.jpg"))
        assert {OLD} == {each.body for each in warm[-10:]}
    return answers


def look_of(answer: Answer) -> SettingsHash:
    return SettingsHash(answer.headers["x-elements-hash"])


def key_of(answer: Answer, copy: Copy) -> str:
    return storage_key(look_of(answer), MediaId.parse(copy.tmdb), Format.JPG)


async def test_after_the_purge_of_a_title_every_replica_has_it_drawn_anew(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources, cloudflare: Cloudflare
) -> None:
    film, other = sources.film(), sources.film()
    kept = (await drawn_and_grown_old(pair, http, other))[0]
    drawn = await drawn_and_grown_old(pair, http, film)
    cloudflare.told.clear()

    done = await purge(pair, http, {"title": film.imdb})

    assert ("done", 2, "done", None) == (done["state"], done["removed"], done["edge"], done["error"])
    for before in drawn:
        url = pair.content(look_of(before), f"{film.imdb}.jpg")
        first = await fetch(http, url)
        later = await ask_every_replica(pair, http, url)
        assert (200, "MISS", before.body) == (first.status, first.cache, first.body)
        assert {before.body} == {answer.body for answer in later}
    untouched = await fetch(http, pair.content(look_of(kept), f"{other.imdb}.jpg"))
    assert ("HIT", OLD) == (untouched.cache, untouched.body)
    place = f"{pair.content_url}/c"
    assert {
        f"{place}/{look_of(before)}/{name}.jpg{query}"
        for before in drawn
        for name in (f"imdb/poster-default/{film.imdb}", f"tmdb/poster-default/{film.tmdb}")
        for query in ("", "?fallback=true")
    } <= {url for told in cloudflare.told for url in told.get("files", ())}
    assert [] == cloudflare.wrong


@pytest.mark.parametrize("scope", ["look", "all"])
async def test_after_the_purge_of_a_look_or_of_all_no_replica_holds_a_copy(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources, cloudflare: Cloudflare, scope: str
) -> None:
    film = sources.film()
    drawn = await drawn_and_grown_old(pair, http, film)
    gone = drawn[:1] if scope == "look" else drawn
    cloudflare.told.clear()

    done = await purge(pair, http, {"look": look_of(drawn[0])} if scope == "look" else {"all": True})

    assert ("done", "done", None) == (done["state"], done["edge"], done["error"])
    for before in drawn:
        url = pair.content(look_of(before), f"{film.imdb}.jpg")
        first = await fetch(http, url)
        later = await ask_every_replica(pair, http, url)
        wanted = before.body if before in gone else OLD
        assert ("MISS" if before in gone else "HIT", wanted) == (first.cache, first.body)
        assert {wanted} == {answer.body for answer in later}
    host = pair.content_url.partition("://")[2]
    folder = f"{host}/c/{look_of(drawn[0])}/" if scope == "look" else f"{host}/c/"
    assert [{"prefixes": [folder]}] == cloudflare.told
    assert [] == cloudflare.wrong


def test_notes_of_what_is_asked_for_are_taken_only_where_housekeeping_is_on(pair: Pair) -> None:
    plain = list(pair.renderers)

    keeper = replace(pair, settings={**pair.settings, "HOUSEKEEPING_DAYS": "7"}).another_renderer()
    try:
        limits = [pair.number("renderer_asked_waiting_limit", part) for part in (*plain, keeper)]
    finally:
        keeper.close()

    assert [0, 0, MOST_WAITING] == limits
