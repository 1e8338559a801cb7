"""The promise of every job queue."""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from shared.domain.errors import Cause
from shared.domain.ids import IdType, TitleRef
from shared.queue.memory import MemoryQueue
from shared.queue.messages import Lane, RenderDone, RenderJob
from shared.queue.protocol import MOST_TRIES, Delivery, Depth, JobQueue, Offer
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash

LOOK = SettingsHash("0" * 32)
SHORT_LEASE_S = 0.1


def job(number: int = 1, lane: Lane = Lane.INTERACTIVE) -> RenderJob:
    return RenderJob(settings_hash=LOOK, title=TitleRef(IdType.IMDB, number), lane=lane)


def done(job: RenderJob, media: str = "movie-278") -> RenderDone:
    return RenderDone(settings_hash=job.settings_hash, title=job.title, media=media, etag="e" * 32)


async def take_one(queue: JobQueue) -> Delivery:
    (delivery,) = await queue.take(1, 5)
    return delivery


@asynccontextmanager
async def listening(queue: JobQueue) -> AsyncIterator["asyncio.Queue[RenderDone]"]:
    """Hear news; ready when the first has come through."""
    heard: asyncio.Queue[RenderDone] = asyncio.Queue()

    async def hear() -> None:
        async for word in queue.listen():
            heard.put_nowait(word)

    task = asyncio.create_task(hear())
    while heard.empty():
        knock = job(999_999)
        await queue.settle(Delivery(job=knock, receipt="interactive/0-1", tries=1), done(knock))
        await asyncio.sleep(0.01)
    while not heard.empty():
        heard.get_nowait()
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])


async def next_word(heard: "asyncio.Queue[RenderDone]", about: RenderJob) -> RenderDone:
    async with asyncio.timeout(5):
        while (word := await heard.get()).picture != about.picture:
            pass
    return word


class QueueContract(ABC):
    @abstractmethod
    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60) -> JobQueue:
        """One more member of the same queue."""

    @pytest.fixture
    def queue(self) -> JobQueue:
        return self.another()

    async def test_a_job_comes_out_as_it_went_in(self, queue: JobQueue) -> None:
        offered = await queue.offer([job()])

        delivery = await take_one(queue)

        assert [Offer.QUEUED] == offered
        assert (job(), 1) == (delivery.job, delivery.tries)

    async def test_nothing_to_do_is_an_empty_answer_after_the_wait(self, queue: JobQueue) -> None:
        assert [] == await queue.take(1, 0.05)
        assert [] == await queue.take(1, 0)

    async def test_a_waiting_taker_is_woken(self, queue: JobQueue) -> None:
        taker = asyncio.create_task(queue.take(1, 30))
        await asyncio.sleep(0.05)

        await queue.offer([job()])

        async with asyncio.timeout(3):
            assert [job()] == [delivery.job for delivery in await taker]

    async def test_one_picture_is_one_job_however_many_ask(self, queue: JobQueue) -> None:
        asked = await asyncio.gather(*(queue.offer([job()]) for _ in range(20)))

        answers = sorted(answer for (answer,) in asked)

        assert [Offer.PENDING] * 19 + [Offer.QUEUED] == answers
        assert 1 == len(await queue.take(100, 0))

    async def test_a_batch_is_answered_in_order(self, queue: JobQueue) -> None:
        answers = await queue.offer([job(1), job(2), job(1)])

        assert [Offer.QUEUED, Offer.QUEUED, Offer.PENDING] == answers
        assert [] == await queue.offer([])

    async def test_a_job_in_hand_is_pending_still(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        await take_one(queue)

        assert [Offer.PENDING] == await queue.offer([job()])

    async def test_a_settled_picture_may_be_asked_for_again(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        await queue.settle(await take_one(queue), done(job()))

        assert [Offer.QUEUED] == await queue.offer([job()])

    async def test_a_mark_does_not_outlive_its_time(self) -> None:
        queue = self.another(mark_s=1)
        await queue.offer([job()])

        async with asyncio.timeout(5):
            while await queue.offer([job()]) == [Offer.PENDING]:  # noqa: ASYNC110 - only the store's clock ends it
                await asyncio.sleep(0.05)

        assert 2 == (await queue.depth())[Lane.INTERACTIVE].waiting

    async def test_a_full_lane_refuses_and_leaves_no_mark(self) -> None:
        queue = self.another(queue_max=2)

        answers = await queue.offer([job(1), job(2), job(3)])
        await queue.settle(await take_one(queue), done(job(1)))

        assert [Offer.QUEUED, Offer.QUEUED, Offer.FULL] == answers
        assert [Offer.QUEUED] == await queue.offer([job(3)])

    async def test_jobs_in_hand_count_against_the_bound(self) -> None:
        queue = self.another(queue_max=1)
        await queue.offer([job(1)])
        await take_one(queue)

        assert [Offer.FULL] == await queue.offer([job(2)])

    async def test_a_full_lane_does_not_close_the_other(self) -> None:
        queue = self.another(queue_max=1)

        answers = await queue.offer([job(1, Lane.REFRESH), job(2, Lane.REFRESH), job(3)])

        assert [Offer.QUEUED, Offer.FULL, Offer.QUEUED] == answers

    async def test_interactive_jobs_come_first(self, queue: JobQueue) -> None:
        await queue.offer([job(1, Lane.REFRESH), job(2, Lane.REFRESH), job(3), job(4)])

        taken = [delivery.job.title.number for delivery in await queue.take(3, 0)]

        assert [3, 4, 1] == taken

    async def test_no_more_is_taken_than_asked_for(self, queue: JobQueue) -> None:
        takers = [asyncio.create_task(queue.take(1, 5)) for _ in range(2)]
        await asyncio.sleep(0.05)
        await queue.offer([job(1), job(2, Lane.REFRESH), job(3)])

        taken = [await taker for taker in takers]

        assert [1, 1] == [len(deliveries) for deliveries in taken]

    async def test_depth_tells_waiting_from_taken(self, queue: JobQueue) -> None:
        assert {lane: Depth(0, 0) for lane in Lane} == await queue.depth()

        await queue.offer([job(1), job(2), job(3, Lane.REFRESH)])
        await take_one(queue)

        assert {Lane.INTERACTIVE: Depth(1, 1), Lane.REFRESH: Depth(1, 0)} == await queue.depth()

    async def test_settling_empties_the_queue(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        await queue.settle(await take_one(queue), done(job()))

        assert Depth(0, 0) == (await queue.depth())[Lane.INTERACTIVE]

    async def test_an_abandoned_job_goes_to_another_worker(self) -> None:
        dead, alive = self.another(lease_s=SHORT_LEASE_S), self.another(lease_s=SHORT_LEASE_S)
        await dead.offer([job()])
        await take_one(dead)

        again = await take_one(alive)

        assert (job(), 2) == (again.job, again.tries)

    async def test_a_kept_job_is_not_abandoned_and_not_tried_again(self) -> None:
        queue = self.another(lease_s=0.4)
        await queue.offer([job()])
        delivery = await take_one(queue)

        for _ in range(8):
            assert [] == await queue.take(1, 0.1)
            await queue.keep([delivery])

        assert 2 == (await take_one(queue)).tries

    async def test_a_job_whose_workers_are_lost_too_often_is_buried(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.offer([job()])

        async with listening(queue) as heard:
            tries = [(await take_one(queue)).tries for _ in range(MOST_TRIES)]
            nothing = await queue.take(1, 1)
            word = await next_word(heard, job())

        assert [1, 2, 3] == tries
        assert [] == nothing
        assert Cause.CRASHED is word.cause
        assert Depth(0, 0) == (await queue.depth())[Lane.INTERACTIVE]
        assert [Offer.QUEUED] == await queue.offer([job()])

    async def test_a_job_given_back_comes_again_and_holds_off_a_second(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.offer([job()])

        again = await queue.give_back(await take_one(queue), Cause.SOURCE_DOWN, "tmdb is down")
        offered = await queue.offer([job()])
        delivery = await take_one(queue)

        assert again
        assert [Offer.PENDING] == offered
        assert 2 == delivery.tries

    async def test_a_job_given_back_too_often_is_buried(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.offer([job()])

        again = [await queue.give_back(await take_one(queue), Cause.CRASHED, "it crashed") for _ in range(MOST_TRIES)]

        assert [True, True, False] == again
        assert [] == await queue.take(1, 0.5)
        assert [Offer.QUEUED] == await queue.offer([job()])

    async def test_those_who_wait_hear_of_success_and_of_failure(self, queue: JobQueue) -> None:
        await queue.offer([job(1), job(2)])
        good, bad = await queue.take(2, 5)

        async with listening(self.another()) as heard:
            await queue.settle(good, done(good.job))
            success = await next_word(heard, good.job)
            await queue.give_back(bad, Cause.SOURCE_DOWN, "down")
            failure = await next_word(heard, bad.job)

        assert done(good.job) == success
        assert (None, Cause.SOURCE_DOWN) == (failure.media, failure.cause)

    async def test_a_fresh_picture_drops_hints_and_no_others(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        await queue.settle(await take_one(queue), done(job()), fresh_for_s=60)

        hinted = await queue.offer([job()], hint=True)
        asked = await queue.offer([job()])

        assert ([Offer.KNOWN], [Offer.QUEUED]) == (hinted, asked)

    async def test_a_picture_is_fresh_under_both_of_its_names(self, queue: JobQueue) -> None:
        name = f"{LOOK}:movie-278"
        before = await queue.is_fresh(name)
        await queue.offer([job()])
        await queue.settle(await take_one(queue), done(job()), fresh_for_s=60)

        assert (False, True, True) == (before, await queue.is_fresh(name), await queue.is_fresh(job().picture))

    async def test_a_picture_is_not_fresh_without_being_called_so(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        await queue.settle(await take_one(queue), done(job()))

        assert not await queue.is_fresh(job().picture)

    async def test_settling_twice_does_no_harm(self, queue: JobQueue) -> None:
        await queue.offer([job()])
        delivery = await take_one(queue)

        await queue.settle(delivery, done(job()))
        await queue.settle(delivery, done(job()))
        await queue.keep([delivery])

        assert [] == await queue.take(1, 0)
        assert [Offer.QUEUED] == await queue.offer([job()])


class TestMemoryQueue(QueueContract):
    @pytest.fixture(autouse=True)
    def _one(self) -> None:
        self.shared: MemoryQueue | None = None

    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60) -> JobQueue:
        if self.shared is None:
            self.shared = MemoryQueue(lease_s=lease_s, queue_max=queue_max, mark_s=mark_s)
        return self.shared


class TestRedisStreamQueue(QueueContract):
    @pytest.fixture(autouse=True)
    def _client(self, redis: Redis) -> None:
        self.redis = redis

    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60) -> JobQueue:
        return RedisStreamQueue(
            self.redis,
            consumer=uuid.uuid4().hex,
            lease_s=lease_s,
            queue_max=queue_max,
            mark_s=mark_s,
            sweep_s=SHORT_LEASE_S / 2,
        )
