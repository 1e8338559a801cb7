"""``CONTENT_DIRECT_URL``: what is stored and fresh is fetched from the bucket; no byte of it passes through here."""

from collections import Counter
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from renderer.content.app import content_app
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.memory import MemoryStorage
from shared.observability.health import Probes
from shared.stores.postgres import Pool
from tests.renderer.studio import IMDB, Studio
from tests.waiting import until_true

BUCKET = "https://pictures.example/base"
DAY_S = 86_400


class RemoteStorage(MemoryStorage):
    """Storage like S3: nothing of it is in the memory of this process. It counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(64 << 20)
        self.asked: Counter[str] = Counter()

    def peek(self, key: str) -> Picture | None:  # noqa: ARG002 - the protocol's
        return None

    async def get(self, key: str) -> Picture | None:
        self.asked["get"] += 1
        return await super().get(key)

    async def head(self, key: str) -> ImageMetadata | None:
        self.asked["head"] += 1
        return await super().head(key)


class Site:
    """A renderer that sends callers to the bucket."""

    def __init__(self, studio: Studio, storage: RemoteStorage, client: TestClient) -> None:  # type: ignore[type-arg]  # of any server
        self.studio, self.storage, self._client = studio, storage, client
        self.look = ""

    async def ask(self) -> tuple[int, str, str, str]:
        """Return the status, the kind of hit, the lifetime, and where the redirect leads."""
        self.look = self.look or (await self.studio.job()).settings_hash
        path = f"/c/{self.look}/imdb/poster-default/{IMDB}.jpg"
        async with self._client.get(path, allow_redirects=False) as answer:
            await answer.read()
            cache, kept = (answer.headers.get(name, "") for name in ("X-Cache-Status", "Cache-Control"))
            return answer.status, cache, kept, answer.headers.get("Location", "")

    async def draw(self) -> None:
        """Have the poster drawn as a caller does who waits."""
        assert (200, "MISS") == (await self.ask())[:2]

    async def settle(self) -> None:
        """Work off what is queued."""
        await until_true(self._is_done)

    async def _is_done(self) -> bool:
        return not any(depth.waiting + depth.taken for depth in (await self.studio.queue.depth()).values())

    @property
    def stored(self) -> ImageMetadata:
        (picture,) = self.storage._pictures.values()
        return picture.metadata


@pytest.fixture
async def site(pool: Pool, redis: Redis) -> AsyncIterator[Site]:
    storage = RemoteStorage()
    studio = Studio(pool, redis, storage=storage, wait_s=30)
    object.__setattr__(studio.dependencies, "serves_from_bucket", True)
    app = content_app(
        content=studio.content,
        dependencies=studio.dependencies,
        metrics=studio.metrics,
        probes=Probes(),
        bucket_url=BUCKET,
    )
    async with studio.listening(), studio.drawing(), TestClient(TestServer(app)) as client:
        yield Site(studio, storage, client)


async def test_a_stored_picture_is_fetched_from_the_bucket_and_its_bytes_are_not_read(site: Site) -> None:
    await site.draw()
    site.storage.asked.clear()

    answers = [await site.ask() for _ in range(3)]

    target = f"{BUCKET}/c/{site.look}/movie-19.jpg?v={site.stored.etag[:16]}"
    assert [(302, "HIT", "public, max-age=300", target)] * 3 == answers
    assert {"head": 1} == site.storage.asked


async def test_an_object_says_for_how_long_copies_of_it_may_be_kept(site: Site) -> None:
    await site.draw()

    assert "public, max-age=604800" == site.stored.cache_control


async def test_an_object_that_was_stored_without_a_lifetime_is_served_from_here(site: Site) -> None:
    await site.draw()
    (key,) = site.storage._pictures
    await site.storage.set_cache_control(key, "")

    assert (200, "HIT", "") == ((answer := await site.ask())[0], answer[1], answer[3])


async def test_a_picture_that_is_due_is_served_from_here_until_it_is_checked_and_gets_its_lifetime(site: Site) -> None:
    await site.draw()
    (key,) = site.storage._pictures
    due = msgspec.structs.replace(site.stored, film_date=None, cache_control="public, max-age=60")
    site.storage._pictures[key] = Picture(site.storage._pictures[key].body, due)
    site.studio.clock.advance(2 * DAY_S)
    site.studio.queue._fresh._until.clear()

    before = await site.ask()
    await site.settle()
    site.studio.content.invalidate()
    after = await site.ask()

    assert (200, "STALE", "public, max-age=300", "") == before
    assert due.etag == site.stored.etag, "it was checked, and not drawn"
    assert (302, "HIT") == after[:2]
    assert "public, max-age=86400" == site.stored.cache_control


async def test_a_redrawn_picture_has_another_target(site: Site) -> None:
    await site.draw()
    first = (await site.ask())[3]
    (key,) = site.storage._pictures
    await site.storage.put(key, Picture(b"other", msgspec.structs.replace(site.stored, etag="e" * 32)))

    await site.studio.content._drop_outdated(site.look, site.stored.media, "e" * 32)  # type: ignore[arg-type]  # its hash

    assert first != (await site.ask())[3]
    assert (await site.ask())[3].endswith(f"?v={'e' * 16}")


async def test_a_purged_picture_is_not_looked_for_in_the_bucket(site: Site) -> None:
    await site.draw()
    await site.ask()
    await site.storage.remove(list(site.storage._pictures))

    site.studio.content.invalidate()
    await site.draw()


async def test_settings_that_were_never_issued_are_no_picture(site: Site) -> None:
    site.look = "0" * 32

    assert (404, "") == ((answer := await site.ask())[0], answer[3])
