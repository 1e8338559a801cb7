"""What the cache must show: each state in its own words, one drawing for many callers, and links that work for ever."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import aiohttp
import asyncpg
import msgspec
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from renderer.content.app import content_app
from renderer.storage.base import Picture
from renderer.storage.s3 import S3Storage
from services.titles import SourceRatings
from shared.domain.errors import SourceDown
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.observability.health import Probes
from shared.queue.messages import Priority
from shared.stores.postgres import Pool
from shared.stores.redis import connect
from tests.renderer.studio import IMDB, RATINGS, Studio, a_title
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.waiting import until

YOUNG = date(2026, 5, 21)
YOUNG_KEPT = "public, max-age=15983526, stale-while-revalidate=111884682"  # 184.5 days old: half-way to a year
SETTLED = "public, max-age=31536000, stale-while-revalidate=220752000"
DEGRADED = "public, max-age=1200, stale-while-revalidate=1200"
STALE = "public, max-age=300"
FACT = "public, max-age=300"
FALLBACK = "public, max-age=60"
NO_STORE = "no-store"
MOST_ASKED = 2000  # until both renderers were chosen by the kernel
UNKNOWN = ExternalId(IdType.IMDB, 9_999_999)
WEEK = timedelta(days=7)
OF_BYTES = "the bytes"
QUEUE_MAX = 8
WAIT_S = 4.0  # a busy machine may take long to draw one
SETTINGS = {"RENDER_WAIT_MS": "60000", "RATE_LIMITS_ENABLED": "false", "IMAGE_STALE_SECS": "0"}


class Said(NamedTuple):
    """The four things that an answer says to a cache; ``etag`` is what the header names."""

    status: int
    cache: str
    kept: str
    etag: str


@dataclass
class Table:
    """Asks one renderer in state after state, and puts what it says beside what product.md says."""

    studio: Studio
    client: TestClient  # type: ignore[type-arg]  # of any server
    expected: dict[str, Said] = field(default_factory=dict)
    met: dict[str, Said] = field(default_factory=dict)

    async def ask(self, title: ExternalId = IMDB, tail: str = "", *, look: str = "", **query: str) -> ClientResponse:
        """Ask for a poster with these settings, or of the hash ``look``."""
        look = look or (await self.studio.job(title, **query)).settings_hash
        answer = await self.client.get(f"/c/{look}/{title.id_type}/poster-default/{title}.jpg{tail}")
        await answer.read()
        return answer

    async def note(self, state: str, answer: ClientResponse, status: int, cache: str, kept: str) -> None:
        """Write an answer down. Every picture has the ETag of its bytes, and nothing else has one."""
        etag, body = answer.headers.get("ETag"), await answer.read()
        of_bytes = etag == f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        named = "none" if etag is None else OF_BYTES if of_bytes else etag
        self.expected[state] = Said(status, cache, kept, OF_BYTES if status == 200 else "none")
        headers = answer.headers
        self.met[state] = Said(
            answer.status, headers.get("X-Cache-Status", "none"), headers.get("Cache-Control", "none"), named
        )

    def show(self) -> None:
        """Print it."""
        head = ("state", "status", "X-Cache-Status", "Cache-Control", "ETag of")
        show("What the content server says", [head, *((state, *said) for state, said in self.met.items())])


@pytest.fixture
async def studio(pool: Pool, redis: Redis) -> AsyncIterator[Studio]:
    """A renderer in this process, whose worker does not run yet."""
    async with Studio(pool, redis, queue_max=QUEUE_MAX, wait_s=WAIT_S).listening() as studio:
        yield studio


@pytest.fixture
async def table(studio: Studio) -> AsyncIterator[Table]:
    """An empty table of its answers."""
    app = content_app(content=studio.content, dependencies=studio.dependencies, metrics=studio.metrics, probes=Probes())
    async with TestClient(TestServer(app)) as client:
        yield Table(studio, client)


async def test_each_state_says_to_caches_what_product_md_says(studio: Studio, table: Table) -> None:
    work = asyncio.create_task(studio.worker.run())
    await degraded_pictures(table)
    await whole_pictures(table)
    await plain_pictures(table)
    await facts_and_bad_addresses(table)
    await accidents(table)
    studio.worker.stop()
    await work
    await a_full_queue(table)

    table.show()
    assert table.expected == table.met
    assert 17 == len(table.met)


async def degraded_pictures(table: Table) -> None:
    """Come first: once a source has spoken of the title, its last word makes every picture whole."""
    studio = table.studio
    studio.sources.answer = SourceDown("mdblist", "status 500")
    await table.note("degraded, drawn while the caller waits", await table.ask(), 200, "MISS", DEGRADED)
    await table.note("degraded, stored", await table.ask(), 200, "HIT", DEGRADED)
    studio.clock.advance(1200)
    await table.note("degraded, 20 minutes later", await table.ask(), 200, "STALE", STALE)
    studio.clock.advance(-1200)
    studio.sources.answer = SourceRatings(RATINGS)


async def whole_pictures(table: Table) -> None:
    studio = table.studio
    await table.note("settled, drawn while the caller waits", await table.ask(lang="de"), 200, "MISS", SETTLED)
    await table.note("settled, stored", await table.ask(lang="de"), 200, "HIT", SETTLED)
    studio.sources.title_known = a_title(film_date=YOUNG)
    await table.ask(lang="fr")
    await table.note("fresh, of a young film", await table.ask(lang="fr"), 200, "HIT", YOUNG_KEPT)
    studio.sources.title_known = a_title(film_date=None)
    await table.ask(lang="sv")
    studio.clock.advance(86_400)
    await table.note("stale", await table.ask(lang="sv"), 200, "STALE", STALE)
    await until(lambda: studio.settled("unchanged", Priority.REFRESH) == 1)
    by_another_id = ExternalId(IdType.TMDB, 19, TitleKind.MOVIE)
    one_day = "public, max-age=86400, stale-while-revalidate=604800"
    await table.note("stale, found unchanged", await table.ask(by_another_id, lang="sv"), 200, "HIT", one_day)
    studio.sources.title_known = a_title()


async def plain_pictures(table: Table) -> None:
    studio = table.studio
    studio.sources.hold = asyncio.Event()
    drawn = studio.settled("drawn")
    await table.note("not drawn in time", await table.ask(lang="it"), 200, "MISS-FALLBACK", FALLBACK)
    studio.sources.hold.set()
    await until(lambda: studio.settled("drawn") == drawn + 1)
    await table.note("the same, a moment later", await table.ask(lang="it"), 200, "HIT", SETTLED)


async def facts_and_bad_addresses(table: Table) -> None:
    await table.note("title does not exist", await table.ask(UNKNOWN), 404, "none", FACT)
    placeholder = await table.ask(UNKNOWN, "?fallback=true")
    await table.note("title does not exist, fallback=true", placeholder, 200, "MISS-FALLBACK", FALLBACK)
    await table.note("unknown hash", await table.ask(look="0" * 32), 404, "none", NO_STORE)
    await table.note("malformed hash", await table.ask(look="xyz"), 404, "none", NO_STORE)


async def accidents(table: Table) -> None:
    table.studio.sources.title_error = SourceDown("tmdb", "status 500")
    answer = await table.ask(lang="ru")
    await table.note("source down and nothing stored", answer, 503, "none", NO_STORE)
    table.studio.sources.title_error = None
    assert int(answer.headers["Retry-After"]) > 0


async def a_full_queue(table: Table) -> None:
    studio = table.studio
    await studio.queue.enqueue([await studio.job(edge_inset=str(nth)) for nth in range(QUEUE_MAX)])
    answer = await table.ask(lang="ja")
    await table.note("queue full", answer, 503, "none", NO_STORE)
    assert int(answer.headers["Retry-After"]) > 0
    placeholder = await table.ask(tail="?fallback=true", lang="ja")
    await table.note("queue full, fallback=true", placeholder, 200, "MISS-FALLBACK", FALLBACK)


@pytest.fixture
def pair(tmp_path: Path, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run two of each, and let callers wait long enough for a picture on a busy machine."""
    with Pair(tmp_path, stores, sources, SETTINGS, gateway_count=2, renderer_count=2) as pair:
        yield pair


async def test_fifty_cold_requests_at_once_are_one_drawing_and_one_fetch_of_the_art(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    title = sources.film()

    answers = await asyncio.gather(*(fetch(http, pair.picture(title.imdb)) for _ in range(50)))

    await pair.quiet()
    drawn, stored = drawings(pair)
    by_gateway, by_renderer = shares(pair)
    show(
        "50 callers at once for a picture that nobody has drawn",
        [
            ("redirects of each gateway", by_gateway),
            ("content answers of each renderer", by_renderer),
            ("answers", dict(Counter(f"{each.status} {each.cache}" for each in answers))),
            ("drawings", drawn),
            ("fetches of the art", sources.count(Source.IMAGES, title)),
            ("questions to TMDB, MDBList", [sources.count(each, title) for each in (Source.TMDB, Source.MDBLIST)]),
            ("slowest answer", f"{max(each.seconds for each in answers):.2f} s"),
        ],
    )
    assert {(200, answers[0].body, answers[0].headers["etag"], SETTLED)} == {
        (each.status, each.body, each.headers["etag"], each.cache_control) for each in answers
    }
    assert {"MISS", "HIT"} >= {each.cache for each in answers}
    assert (1, 1) == (drawn, stored)
    assert 1 == sources.count(Source.IMAGES, title)
    assert all([*by_gateway, *by_renderer])


async def test_five_hundred_requests_for_a_hundred_pictures_are_a_hundred_drawings(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    titles = [sources.film() for _ in range(50)]
    wanted = [(title, query) for title in titles for query in ("", "?badge_shape=p")]

    answers = await asyncio.gather(
        *(fetch(http, pair.picture(title.imdb, query)) for _ in range(5) for title, query in wanted)
    )

    await pair.quiet()
    drawn, stored = drawings(pair)
    fetched = [sources.count(Source.IMAGES, title) for title in titles]
    finished = [each for each in answers if each.cache != "MISS-FALLBACK"]
    plain = [each for each in answers if each.cache == "MISS-FALLBACK"]
    bodies = {(each.url, each.body) for each in finished}
    again = [await fetch(http, pair.picture(title.imdb, query)) for title, query in wanted]
    show(
        "500 callers at once for 100 pictures: 50 titles in two looks",
        [
            ("answers", dict(Counter(f"{each.status} {each.cache}" for each in answers))),
            ("drawings", drawn),
            ("fetches of the art", f"{sum(fetched)}, at most {max(fetched)} for a title (one for each renderer)"),
            ("slowest answer", f"{max(each.seconds for each in answers):.2f} s"),
        ],
    )
    assert {200} == {each.status for each in answers}
    assert len(plain) < len(answers) / 10  # those whose picture was not read within a second, on a busy machine
    assert {FALLBACK} >= {each.cache_control for each in plain}
    assert bodies <= {(each.url, each.body) for each in again}
    assert 100 == len({each.url for each in again})
    assert {"HIT"} == {each.cache for each in again}
    assert (100, 100) == (drawn, stored)
    assert max(fetched) <= len(pair.renderers)


def test_a_link_of_a_week_ago_is_a_hit_after_a_restart_with_an_empty_redis(
    tmp_path: Path, stores: Stores, sources: Sources
) -> None:
    title = sources.film()
    with Pair(tmp_path, stores, sources, SETTINGS, gateway_count=2, renderer_count=2) as before:
        first = asyncio.run(asked(before.picture(title.imdb), 1))[0]
        link = asyncio.run(asked(before.picture(title.imdb), 1, follow=False))[0].headers["location"]
    asyncio.run(a_week_passes(stores))
    asked_before = sources.count()

    with Pair(tmp_path, stores, sources, SETTINGS, gateway_count=2, renderer_count=2) as after:
        answers: list[Answer] = []
        while not all(shares(after)[1]) and len(answers) < MOST_ASKED:  # the kernel chooses who answers
            answers += asyncio.run(asked(link.replace(before.content_url, after.content_url), 20))
        drawn, stored = drawings(after)
        by_renderer = shares(after)[1]

    show(
        "A link of a week ago, every process new, Redis empty",
        [
            ("answers", dict(Counter(f"{each.status} {each.cache}" for each in answers))),
            ("of each renderer", by_renderer),
            ("drawings, questions to sources", (drawn, sources.count() - asked_before)),
            ("slowest answer", f"{max(each.seconds for each in answers):.2f} s"),
        ],
    )
    assert {(200, "HIT", first.body, SETTLED)} == {
        (each.status, each.cache, each.body, each.cache_control) for each in answers
    }
    assert (0, 0) == (drawn, stored)
    assert asked_before == sources.count()
    assert all(by_renderer)


def drawings(pair: Pair) -> tuple[float, float]:
    """Return how many jobs ended with a new picture, and how many pictures jobs stored.

    Neither counts plain artwork, which renderers also begin to draw while a store is slow.
    """
    return (
        pair.number("renderer_jobs_total", outcome="drawn"),
        pair.number("renderer_step_seconds_count", step="store"),
    )


def shares(pair: Pair) -> tuple[list[int], list[int]]:
    """Return how many requests each gateway and each renderer answered."""
    gateways = [int(pair.number("gateway_requests_total", part)) for part in pair.gateways]
    return gateways, [int(pair.number("renderer_content_total", part)) for part in pair.renderers]


async def asked(url: str, times: int, *, follow: bool = True) -> list[Answer]:
    """Ask so often, one after the other and each time on a new connection."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        return [await fetch(http, url, follow=follow) for _ in range(times)]


async def a_week_passes(stores: Stores) -> None:
    """Make everything that is kept a week older, and empty Redis."""
    async with connect(stores.redis_url) as redis:
        await redis.flushdb()
    db = await asyncpg.connect(stores.database_url)
    await db.execute("UPDATE images SET drawn_at = drawn_at - $1::interval, checked_at = checked_at - $1", WEEK)
    await db.execute("UPDATE titles SET checked_at = checked_at - $1::interval", WEEK)
    await db.close()
    storage = S3Storage.open(
        endpoint_url=stores.s3_url, region="us-east-1", bucket=stores.bucket, access_key="e2e", secret_key="e2e"
    )
    async with storage as s3:
        for key in [stored.key async for stored in s3.names("c/")]:
            picture = await s3.get(key)
            assert picture is not None
            older = msgspec.structs.replace(picture.metadata, drawn_at=picture.metadata.drawn_at - WEEK)
            await s3.put(key, Picture(picture.body, older))
