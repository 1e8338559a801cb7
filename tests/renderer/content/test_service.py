"""The responses of the content server in each case, through real HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from renderer.content.app import content_app
from renderer.content.placeholders import AT_ONCE, Placeholders
from renderer.drawing.placeholder import KnownTitle, placeholder, titled_placeholder
from renderer.storage.storage_key import storage_key
from shared.domain.errors import Busy, DeadlineExceeded, MarqueeError, SourceDown, SourceTimeout, StoreDown
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.observability.health import Probes
from shared.queue.messages import Priority, RenderDone
from shared.stores.postgres import Pool, connection
from tests.renderer.pictures import size_of
from tests.renderer.studio import IMDB, MOVIE, TMDB, Studio, a_title, art_bytes
from tests.waiting import until

Ask = Callable[..., Awaitable[ClientResponse]]


async def client_of(studio: Studio) -> TestClient:  # type: ignore[type-arg]
    app = content_app(content=studio.content, dependencies=studio.dependencies, metrics=studio.metrics, probes=Probes())
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


@pytest.fixture
async def ask(studio: Studio) -> AsyncIterator[Ask]:
    """Request a picture by its settings and external id."""
    client = await client_of(studio)

    async def ask(
        title: ExternalId = IMDB, *, method: str = "GET", fallback: bool = False, headers: dict[str, str] | None = None,
        **query: str,
    ) -> ClientResponse:  # fmt: skip
        job = await studio.job(title, **query)
        path = f"/c/{job.settings_hash}/{title.id_type}/poster-default/{title}.jpg"
        asked = await client.request(method, path + ("?fallback=true" if fallback else ""), headers=headers)
        await asked.read()
        return asked

    yield ask
    await client.close()


async def test_the_first_caller_waits_for_the_drawing_and_the_second_gets_a_hit(working: Studio, ask: Ask) -> None:
    first = await ask()
    second = await ask()

    assert (200, "MISS") == (first.status, first.headers["X-Cache-Status"])
    assert (200, "HIT") == (second.status, second.headers["X-Cache-Status"])
    assert await first.read() == await second.read()
    assert 1 == working.sources.calls["fetch"]


async def test_every_picture_carries_its_headers(working: Studio, ask: Ask) -> None:
    answer = await ask()

    body = await answer.read()
    headers = answer.headers
    assert "image/jpeg" == headers["Content-Type"]
    assert str(len(body)) == headers["Content-Length"]
    assert f'"{hashlib.sha256(body).hexdigest()[:32]}"' == headers["ETag"]
    assert "Sat, 21 Nov 2026 12:00:00 GMT" == headers["Last-Modified"]
    assert (await working.job()).settings_hash == headers["X-Elements-Hash"]
    assert "bytes" == headers["Accept-Ranges"]
    assert "*" == headers["Access-Control-Allow-Origin"]
    assert "X-Cache-Status, X-Elements-Hash, ETag, Content-Length" == headers["Access-Control-Expose-Headers"]
    assert "public, max-age=31536000, stale-while-revalidate=220752000" == headers["Cache-Control"]
    assert (580, 859) == size_of(body)


async def test_another_id_of_the_title_is_a_hit(working: Studio, ask: Ask) -> None:
    await ask(IMDB)

    answer = await ask(TMDB)

    assert "HIT" == answer.headers["X-Cache-Status"]
    assert 1 == working.settled("drawn")


async def test_concurrent_callers_cause_one_drawing(working: Studio, ask: Ask) -> None:
    answers = await asyncio.gather(*(ask(IMDB if n % 2 else TMDB) for n in range(30)))

    assert {200} == {answer.status for answer in answers}
    assert 1 == len({answer.headers["ETag"] for answer in answers})
    assert 1 == working.settled("drawn")


async def test_a_stale_picture_is_served_at_once_and_refreshed_once(working: Studio, ask: Ask) -> None:
    working.sources.title_known = a_title(film_date=None)
    await ask()
    working.clock.advance(90_000)

    answers = await asyncio.gather(*(ask() for _ in range(5)))
    await until(lambda: working.settled("unchanged", Priority.REFRESH) == 1)

    assert {"STALE"} == {answer.headers["X-Cache-Status"] for answer in answers}
    assert {"public, max-age=300"} == {answer.headers["Cache-Control"] for answer in answers}


async def test_fallback_artwork_is_served_while_the_drawing_takes_too_long(working: Studio, ask: Ask) -> None:
    working.sources.hold = asyncio.Event()

    fallback = await ask()
    working.sources.hold.set()
    await until(lambda: working.settled("drawn") == 1)
    rated = await ask()

    assert (200, "MISS-FALLBACK") == (fallback.status, fallback.headers["X-Cache-Status"])
    assert "public, max-age=60" == fallback.headers["Cache-Control"]
    assert (580, 859) == size_of(await fallback.read())
    assert "HIT" == rated.headers["X-Cache-Status"]
    assert await fallback.read() != await rated.read()


async def test_fallback_artwork_is_served_at_once_when_the_ratings_fail(working: Studio, ask: Ask) -> None:
    working.sources.title_known = a_title().__class__(media=a_title().media, gallery=a_title().gallery)
    working.sources.answer = SourceDown("mdblist", "status 500")

    answer = await ask()

    assert (200, "MISS-FALLBACK") == (answer.status, answer.headers["X-Cache-Status"])


async def test_a_degraded_picture_is_cacheable_for_20_minutes(working: Studio, ask: Ask) -> None:
    working.sources.answer = SourceDown("mdblist", "status 500")

    answer = await ask()

    assert "public, max-age=1200, stale-while-revalidate=1200" == answer.headers["Cache-Control"]


async def test_an_unknown_title_is_a_permanent_error_and_looked_up_once(working: Studio, ask: Ask) -> None:
    first = await ask(ExternalId(IdType.IMDB, 9_999_999))
    second = await ask(ExternalId(IdType.IMDB, 9_999_999))

    assert 404 == first.status == second.status
    assert "public, max-age=300" == first.headers["Cache-Control"]
    assert {"error": "No source knows this title."} == await first.json()
    assert 1 == working.sources.calls["find"]


async def test_a_source_that_is_down_is_a_transient_error_and_not_cacheable(working: Studio, ask: Ask) -> None:
    working.sources.title_error = SourceDown("tmdb", "status 500")

    answer = await ask()

    assert (503, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert int(answer.headers["Retry-After"]) > 0


async def test_art_that_is_broken_is_a_bad_gateway(working: Studio, ask: Ask) -> None:
    working.sources.art = {path: art_bytes()[:150] for path in working.sources.art}

    answer = await ask()

    assert (502, "no-store") == (answer.status, answer.headers["Cache-Control"])


async def test_a_full_queue_refuses(studio: Studio, ask: Ask) -> None:
    jobs = [await studio.job(edge_inset=str(n % 50), imageSize="large" if n < 50 else "medium") for n in range(100)]
    await studio.queue.enqueue(jobs)

    answer = await ask(lang="de")

    assert (503, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert "Retry-After" in answer.headers


async def test_without_the_queue_fallback_artwork_is_served(studio: Studio, ask: Ask) -> None:
    async def lost(*_: object, **__: object) -> None:
        raise StoreDown("redis: gone")

    studio.queue.enqueue = lost  # type: ignore[method-assign, assignment]

    answer = await ask()

    assert (200, "MISS-FALLBACK") == (answer.status, answer.headers["X-Cache-Status"])


@pytest.mark.parametrize("error", [SourceTimeout("tmdb", "no answer"), DeadlineExceeded("the drawing"), Busy("plain")])
async def test_what_is_late_is_a_neutral_picture_for_clients_of_pictures(
    studio: Studio, ask: Ask, error: MarqueeError
) -> None:
    async def late(*_: object) -> None:
        raise error

    studio.fallback.get = late  # type: ignore[method-assign, assignment]
    studio.fallback.begin = lambda *_: None  # type: ignore[method-assign]
    studio.content._wait_s = 0.05

    pictures = [await ask(headers={"Accept": accept}) for accept in ("image/avif,image/webp,*/*;q=0.8", "*/*")]
    script = await ask(headers={"Accept": "application/json"})

    assert {(200, "image/jpeg", "public, max-age=60")} == {
        (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) for answer in pictures
    }
    assert (580, 859) == size_of(await pictures[0].read())
    assert (503, "no-store") == (script.status, script.headers["Cache-Control"])


@pytest.mark.usefixtures("working")
async def test_a_placeholder_replaces_an_error(ask: Ask) -> None:
    answer = await ask(ExternalId(IdType.IMDB, 9_999_999), fallback=True, imageSize="large")

    assert (200, "MISS-FALLBACK") == (answer.status, answer.headers["X-Cache-Status"])
    assert "public, max-age=60" == answer.headers["Cache-Control"]
    assert (1280, 1896) == size_of(await answer.read())


async def test_a_placeholder_names_a_title_that_is_known(working: Studio, ask: Ask) -> None:
    working.sources.title_known = a_title().__class__(
        media=a_title().media, refs=a_title().refs, name="Metropolis", film_date=date(1927, 2, 6)
    )
    await working.dependencies.index_writer.record_title(working.sources.title_known, IMDB, source="tmdb")

    answer = await ask(fallback=True)
    body = await answer.read()

    assert (200, "MISS-FALLBACK") == (answer.status, answer.headers["X-Cache-Status"])
    assert titled_placeholder(Kind.POSTER, Size.MEDIUM, Format.JPG, KnownTitle("Metropolis", 1927)) == body
    assert placeholder(Kind.POSTER, Size.MEDIUM, Format.JPG) != body


async def test_a_placeholder_without_a_name_is_served_while_the_index_is_lost(studio: Studio, pool: Pool) -> None:
    placeholders = Placeholders(studio.dependencies)
    await studio.dependencies.index_writer.record_title(a_title(), IMDB, source="tmdb")
    look = Kind.POSTER, Size.MEDIUM, Format.JPG

    named, _ = await placeholders.get(IMDB, *look)
    async with connection(pool) as db, db.transaction():
        await db.execute("LOCK TABLE titles")
        nameless, etag = await placeholders.get(IMDB, *look)

    assert placeholder(*look) == nameless != named
    assert hashlib.sha256(nameless).hexdigest().startswith(etag)


async def test_few_placeholders_with_a_name_are_drawn_at_once(studio: Studio) -> None:
    placeholders, memory = Placeholders(studio.dependencies), studio.render_pool.memory
    await studio.dependencies.index_writer.record_title(a_title(), IMDB, source="tmdb")
    looks = [(Kind.EPISODE, size, fmt) for size in (Size.SMALL, Size.MEDIUM) for fmt in Format]
    plain = {look: await placeholders.get(ExternalId(IdType.IMDB, 9_999_999), *look) for look in looks}

    async with memory.share(memory.limit):
        asked = [asyncio.create_task(placeholders.get(IMDB, *look)) for look in looks]
        await until(lambda: sum(each.done() for each in asked) == len(looks) - AT_ONCE)
    drawn = dict(zip(looks, await asyncio.gather(*asked), strict=True))

    assert AT_ONCE == sum(drawn[look] != plain[look] for look in looks)


@pytest.mark.usefixtures("working")
async def test_fallback_does_not_change_a_good_picture(ask: Ask) -> None:
    assert await (await ask()).read() == await (await ask(fallback=True)).read()


@pytest.mark.usefixtures("working")
async def test_a_caller_with_a_current_copy_gets_304(ask: Ask) -> None:
    etag = (await ask()).headers["ETag"]

    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await ask(headers={"If-None-Match": tags})
        assert (304, b"", etag) == (answer.status, await answer.read(), answer.headers["ETag"])
    assert 200 == (await ask(headers={"If-None-Match": '"other"'})).status
    assert 304 == (await ask(headers={"If-Modified-Since": "Sat, 21 Nov 2026 12:00:00 GMT"})).status


@pytest.mark.usefixtures("working")
async def test_a_failed_condition_is_412(ask: Ask) -> None:
    answer = await ask(headers={"If-Match": '"other"'})

    assert (412, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert "If-Match" in (await answer.json())["error"]


@pytest.mark.usefixtures("working")
async def test_a_range_of_head_is_ignored(ask: Ask) -> None:
    answer = await ask(method="HEAD", headers={"Range": "bytes=0-9"})

    assert (200, False) == (answer.status, "Content-Range" in answer.headers)


@pytest.mark.usefixtures("working")
async def test_head_is_get_without_a_body(ask: Ask) -> None:
    whole = await ask()

    answer = await ask(method="HEAD")

    assert (200, b"") == (answer.status, await answer.read())
    assert whole.headers["Content-Length"] == answer.headers["Content-Length"]
    assert whole.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=0-9,20-29", 200, 0, None),
        ("bytes=9-0", 200, 0, None),
        ("bytes=a-b", 200, 0, None),
        ("items=0-9", 200, 0, None),
    ],
)
@pytest.mark.usefixtures("working")
async def test_a_range_is_a_part(ask: Ask, asked: str, status: int, start: int, stop: int | None) -> None:
    whole = await (await ask()).read()

    answer = await ask(headers={"Range": asked})

    assert (status, whole[start:stop]) == (answer.status, await answer.read())


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("asked", ["bytes=9999999-", "bytes=-0"])
async def test_a_range_without_bytes_is_refused(ask: Ask, asked: str) -> None:
    whole = await (await ask()).read()

    answer = await ask(headers={"Range": asked})

    assert (416, f"bytes */{len(whole)}") == (answer.status, answer.headers["Content-Range"])


@pytest.mark.usefixtures("working")
async def test_a_range_of_another_version_returns_the_whole_picture(ask: Ask) -> None:
    await ask()

    answer = await ask(headers={"Range": "bytes=0-9", "If-Range": '"other"'})

    assert 200 == answer.status


@pytest.mark.parametrize(
    ("path", "status", "cache_control"),
    [
        ("/c/{hash}/imdb/poster-default/tt12.jpg", 400, "no-store"),
        ("/c/{hash}/tmdb/poster-default/movie-9223372036854775808.jpg", 404, "public, max-age=300"),
        ("/c/{hash}/tvdb/poster-default/series-" + "9" * 300 + ".jpg", 404, "public, max-age=300"),
        ("/c/{hash}/tmdb/episode-default/episode-9223372036854775808-S1E1.jpg", 404, "public, max-age=300"),
        ("/c/{hash}/imdb/poster-default/tt0017136", 400, "no-store"),
        ("/c/{hash}/imdb/poster-default/tt0017136.gif", 400, "no-store"),
        ("/c/{hash}/imdb/poster-default/tt0017136.jpg.jpg", 400, "no-store"),
        ("/c/{hash}/imdb/poster-default/%00tt0017136.jpg", 400, "no-store"),
        ("/c/{hash}/other/poster-default/tt0017136.jpg", 400, "no-store"),
        ("/c/{hash}/imdb/poster/tt0017136.jpg", 400, "no-store"),
        ("/c/{hash}/imdb/logo-default/tt0017136.jpg", 404, "no-store"),
        ("/c/{hash}/imdb/poster-default/tt0017136.png", 404, "no-store"),
        ("/c/00000000000000000000000000000000/imdb/poster-default/tt0017136.jpg", 404, "no-store"),
        ("/c/xyz/imdb/poster-default/tt0017136.jpg", 404, "no-store"),
        ("/c/{hash}/imdb/poster-default/tt0017136.jpg?fallback=maybe", 400, "no-store"),
    ],
)
async def test_bad_addresses_are_refused_before_a_source_is_asked(
    studio: Studio, path: str, status: int, cache_control: str
) -> None:
    client = await client_of(studio)
    job = await studio.job()

    answer = await client.get(path.format(hash=job.settings_hash))

    assert (status, cache_control) == (answer.status, answer.headers["Cache-Control"])
    assert (await answer.json())["error"].endswith(".")
    assert {} == studio.sources.calls
    await client.close()


@pytest.mark.parametrize("kind", list(Kind))
async def test_unknown_settings_with_fallback_give_a_medium_placeholder_of_the_kind(studio: Studio, kind: Kind) -> None:
    client = await client_of(studio)

    answer = await client.get(f"/c/{'0' * 32}/imdb/{kind}-default/tt0017136.png?fallback=true")

    assert 200 == answer.status
    assert CANVAS[kind][Size.MEDIUM] == size_of(await answer.read())
    await client.close()


async def test_what_another_replica_drew_is_not_served_from_an_old_copy(studio: Studio, ask: Ask) -> None:
    job = await studio.job()
    key = storage_key(job.settings_hash, MOVIE, Format.JPG)
    await studio.queue.enqueue([job])
    (delivery,) = await studio.queue.claim(1, 1)
    await studio.worker.process_job(delivery)
    assert "HIT" == (await ask()).headers["X-Cache-Status"]
    assert await studio.storage.head(key) is not None

    await studio.queue.enqueue([job])
    (again,) = await studio.queue.claim(1, 1)
    news = RenderDone(settings_hash=job.settings_hash, title=job.title, media=str(MOVIE), etag="drawn elsewhere")
    await studio.queue.ack(again, news)

    async with asyncio.timeout(30):
        while await studio.storage.head(key) is not None:  # noqa: ASYNC110 - nothing signals the condition
            await asyncio.sleep(0.005)
