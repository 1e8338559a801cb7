"""The worker settles every job it claims, and loses none."""

import asyncio

import pytest
from structlog.testing import capture_logs

from renderer.jobs.worker import JOBS_PER_THREAD
from renderer.storage.storage_key import storage_key
from shared.domain.errors import Cause, SourceDown
from shared.domain.pictures import Format
from shared.queue.messages import Priority
from shared.queue.protocol import MAX_ATTEMPTS, Depth
from tests.renderer.studio import ART, IMDB, MOVIE, TMDB, Studio, art_bytes
from tests.waiting import until


async def test_a_job_becomes_a_stored_picture(working: Studio) -> None:
    job = await working.job()

    await working.queue.enqueue([job])
    await until(lambda: working.settled("drawn") == 1)

    picture = await working.storage.get(storage_key(job.settings_hash, MOVIE, Format.JPG))
    assert picture is not None
    assert picture.body.startswith(b"\xff\xd8")
    assert "movie-19" == picture.metadata.media
    assert Depth(0, 0) == (await working.queue.depth())[Priority.INTERACTIVE]


async def test_two_ids_of_one_title_are_drawn_once(working: Studio) -> None:
    by_imdb, by_tmdb = await working.job(IMDB), await working.job(TMDB)

    await working.queue.enqueue([by_imdb, by_tmdb])
    await until(lambda: working.settled("drawn") + working.settled("fresh") == 2)

    assert 1 == working.settled("drawn")
    assert 1 == working.sources.calls["fetch"]


async def test_a_permanent_error_ends_the_job_and_reaches_the_waiting_callers(studio: Studio) -> None:
    studio.sources.title_known = None
    messages = studio.queue.subscribe()
    received = asyncio.ensure_future(anext(messages))
    work = asyncio.create_task(studio.worker.run())

    await studio.queue.enqueue([await studio.job()])
    done = await asyncio.wait_for(received, 5)
    studio.worker.stop()
    await work

    assert Cause.TITLE_NOT_FOUND is done.cause
    assert 1 == studio.settled("fact")
    assert Depth(0, 0) == (await studio.queue.depth())[Priority.INTERACTIVE]


async def test_a_transient_error_leaves_the_job_for_a_retry(working: Studio) -> None:
    working.sources.title_error = SourceDown("tmdb", "status 500")

    await working.queue.enqueue([await working.job()])
    await until(lambda: working.settled("retried") == 1)

    assert Depth(0, 1) == (await working.queue.depth())[Priority.INTERACTIVE]


async def test_a_job_that_always_fails_becomes_a_dead_letter_with_its_reason(studio: Studio) -> None:
    studio.sources.title_error = SourceDown("tmdb", "status 500")
    await studio.queue.enqueue([await studio.job()])
    (delivery,) = await studio.queue.claim(1, 1)

    for attempts in range(1, MAX_ATTEMPTS + 1):
        await studio.worker.process_job(type(delivery)(job=delivery.job, receipt=delivery.receipt, attempts=attempts))

    assert 1 == studio.settled("dead")
    assert ["source_down: tmdb: status 500"] == [dead.reason for dead in studio.queue.dead]


async def test_a_crash_in_a_step_is_not_the_end_of_the_worker(working: Studio) -> None:
    working.sources.art = {}  # the source has a bug: KeyError
    await working.queue.enqueue([await working.job(ratings_limit="1")])
    await until(lambda: working.settled("retried") == 1)

    working.sources.art = {ART.path: art_bytes()}
    await working.queue.enqueue([await working.job(ratings_limit="2")])

    await until(lambda: working.settled("drawn") == 1)


async def test_a_stopping_worker_finishes_its_claimed_jobs(studio: Studio) -> None:
    studio.sources.hold = asyncio.Event()
    work = asyncio.create_task(studio.worker.run())
    await studio.queue.enqueue([await studio.job()])
    await until(lambda: studio.sources.calls.get("ratings", 0) == 1)

    studio.worker.stop()
    studio.sources.hold.set()
    await work

    assert 1 == studio.settled("drawn")


async def test_a_worker_claims_no_more_jobs_than_its_limit(working: Studio) -> None:
    working.sources.hold = asyncio.Event()
    jobs = [await working.job(ratings_limit=str(1 + n % 10), edge_inset=str(n)) for n in range(2 * JOBS_PER_THREAD + 5)]

    await working.queue.enqueue(jobs)
    await until(lambda: working.registry.get_sample_value("renderer_jobs_held") == 2 * JOBS_PER_THREAD)

    assert Depth(5, 2 * JOBS_PER_THREAD) == (await working.queue.depth())[Priority.INTERACTIVE]
    working.sources.hold.set()
    await until(lambda: working.settled("drawn") == len(jobs))


async def test_unknown_settings_end_the_job(working: Studio) -> None:
    job = await working.job()

    await working.queue.enqueue([type(job)(settings_hash=type(job.settings_hash)("0" * 32), title=IMDB)])

    await until(lambda: working.settled("fact") == 1)


async def test_a_crash_while_a_job_is_settled_is_logged(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(studio.queue, "ack", crash)
    work = asyncio.create_task(studio.worker.run())
    with capture_logs() as logs:
        await studio.queue.enqueue([await studio.job()])
        await until(lambda: any(line["event"] == "job_crashed" for line in logs))
    studio.worker.stop()

    await work


async def test_claimed_jobs_outlast_a_crash_of_the_claiming(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.sources.hold = asyncio.Event()
    claiming = asyncio.create_task(studio.worker.claim())
    await studio.queue.enqueue([await studio.job()])
    await until(lambda: studio.sources.calls.get("ratings", 0) == 1)

    async def crash(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(studio.queue, "claim", crash)
    with pytest.raises(KeyError):
        await claiming
    studio.sources.hold.set()
    await studio.worker.drain()

    assert 1 == studio.settled("drawn")
