"""The promise of every job queue."""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Cause
from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.protocol import HEAVIEST_HINT, HINTS_MAX, MAX_ATTEMPTS, Delivery, Depth, EnqueueResult, JobQueue, Room
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from tests.shared.queue.memory import MemoryQueue

LOOK = SettingsHash("0" * 32)
SHORT_LEASE_S = 0.1


def job(number: int = 1, lane: Priority = Priority.INTERACTIVE, work: int = 1) -> RenderJob:
    return RenderJob(settings_hash=LOOK, title=ExternalId(IdType.IMDB, number), lane=lane, work=work)


async def numbers(queue: JobQueue, limit: int, room: Room | None = None) -> list[int]:
    """Claim jobs, and return their numbers."""
    return [delivery.job.title.number for delivery in await queue.claim(limit, 0, room)]


def done(job: RenderJob, media: str = "movie-278") -> RenderDone:
    return RenderDone(settings_hash=job.settings_hash, title=job.title, media=media, etag="e" * 32)


async def take_one(queue: JobQueue) -> Delivery:
    (delivery,) = await queue.claim(1, 5)
    return delivery


@asynccontextmanager
async def listening(queue: JobQueue) -> AsyncIterator["asyncio.Queue[RenderDone]"]:
    """Hear news; ready when the first has come through."""
    heard: asyncio.Queue[RenderDone] = asyncio.Queue()

    async def subscribe() -> None:
        async for word in queue.subscribe():
            heard.put_nowait(word)

    task = asyncio.create_task(subscribe())
    while heard.empty():
        knock = job(999_999)
        await queue.ack(Delivery(job=knock, receipt="interactive/0-1", attempts=1), done(knock))
        await asyncio.sleep(0.01)
    while not heard.empty():
        heard.get_nowait()
    try:
        yield heard
    finally:
        await cancel_and_wait(task)


async def next_word(heard: "asyncio.Queue[RenderDone]", about: RenderJob) -> RenderDone:
    async with asyncio.timeout(30):
        while (word := await heard.get()).picture != about.picture:
            pass
    return word


class QueueContract(ABC):
    @abstractmethod
    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60, hint_s: int = 60) -> JobQueue:
        """One more member of the same queue."""

    @pytest.fixture
    def queue(self) -> JobQueue:
        return self.another()

    async def test_a_job_comes_out_as_it_went_in(self, queue: JobQueue) -> None:
        offered = await queue.enqueue([job()])

        delivery = await take_one(queue)

        assert [EnqueueResult.QUEUED] == offered
        assert (job(), 1) == (delivery.job, delivery.attempts)

    async def test_nothing_to_do_is_an_empty_answer_after_the_wait(self, queue: JobQueue) -> None:
        assert [] == await queue.claim(1, 0.05)
        assert [] == await queue.claim(1, 0)

    async def test_a_waiting_taker_is_woken(self, queue: JobQueue) -> None:
        taker = asyncio.create_task(queue.claim(1, 30))
        await asyncio.sleep(0.05)

        await queue.enqueue([job()])

        async with asyncio.timeout(3):
            assert [job()] == [delivery.job for delivery in await taker]

    async def test_one_picture_is_one_job_however_many_ask(self, queue: JobQueue) -> None:
        asked = await asyncio.gather(*(queue.enqueue([job()]) for _ in range(20)))

        answers = sorted(answer for (answer,) in asked)

        assert [EnqueueResult.PENDING] * 19 + [EnqueueResult.QUEUED] == answers
        assert 1 == len(await queue.claim(100, 0))

    async def test_a_batch_is_answered_in_order(self, queue: JobQueue) -> None:
        answers = await queue.enqueue([job(1), job(2), job(1)])

        assert [EnqueueResult.QUEUED, EnqueueResult.QUEUED, EnqueueResult.PENDING] == answers
        assert [] == await queue.enqueue([])

    async def test_a_job_in_hand_is_pending_still(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        await take_one(queue)

        assert [EnqueueResult.PENDING] == await queue.enqueue([job()])

    async def test_a_settled_picture_may_be_asked_for_again(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        await queue.ack(await take_one(queue), done(job()))

        assert [EnqueueResult.QUEUED] == await queue.enqueue([job()])

    async def test_a_mark_does_not_outlive_its_time(self) -> None:
        queue = self.another(mark_s=1)
        await queue.enqueue([job()])

        async with asyncio.timeout(30):
            while await queue.enqueue([job()]) == [EnqueueResult.PENDING]:  # noqa: ASYNC110 - only the store's clock ends it
                await asyncio.sleep(0.05)

        assert 2 == (await queue.depth())[Priority.INTERACTIVE].waiting

    async def test_a_full_lane_refuses_and_leaves_no_mark(self) -> None:
        queue = self.another(queue_max=2)

        answers = await queue.enqueue([job(1), job(2), job(3)])
        await queue.ack(await take_one(queue), done(job(1)))

        assert [EnqueueResult.QUEUED, EnqueueResult.QUEUED, EnqueueResult.FULL] == answers
        assert [EnqueueResult.QUEUED] == await queue.enqueue([job(3)])

    async def test_jobs_in_hand_count_against_the_bound(self) -> None:
        queue = self.another(queue_max=1)
        await queue.enqueue([job(1)])
        await take_one(queue)

        assert [EnqueueResult.FULL] == await queue.enqueue([job(2)])

    async def test_a_full_lane_does_not_close_the_other(self) -> None:
        queue = self.another(queue_max=1)

        answers = await queue.enqueue([job(1, Priority.REFRESH), job(2, Priority.REFRESH), job(3)])

        assert [EnqueueResult.QUEUED, EnqueueResult.FULL, EnqueueResult.QUEUED] == answers

    async def test_interactive_jobs_come_first(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, Priority.REFRESH), job(2, Priority.REFRESH), job(3), job(4)])

        taken = [delivery.job.title.number for delivery in await queue.claim(3, 0)]

        assert [3, 4, 1] == taken

    async def test_no_more_is_taken_than_asked_for(self, queue: JobQueue) -> None:
        takers = [asyncio.create_task(queue.claim(1, 5)) for _ in range(2)]
        await asyncio.sleep(0.05)
        await queue.enqueue([job(1), job(2, Priority.REFRESH), job(3)])

        taken = [await taker for taker in takers]

        assert [1, 1] == [len(deliveries) for deliveries in taken]

    async def test_depth_tells_waiting_from_taken(self, queue: JobQueue) -> None:
        assert {lane: Depth(0, 0) for lane in Priority} == await queue.depth()

        await queue.enqueue([job(1), job(2), job(3, Priority.REFRESH)])
        await take_one(queue)

        held = {Priority.INTERACTIVE: Depth(1, 1), Priority.REFRESH: Depth(1, 0), Priority.PREFETCH: Depth(0, 0)}
        assert held == await queue.depth()

    async def test_settling_empties_the_queue(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        await queue.ack(await take_one(queue), done(job()))

        assert Depth(0, 0) == (await queue.depth())[Priority.INTERACTIVE]

    async def test_an_abandoned_job_goes_to_another_worker(self) -> None:
        dead, alive = self.another(lease_s=SHORT_LEASE_S), self.another(lease_s=SHORT_LEASE_S)
        await dead.enqueue([job()])
        await take_one(dead)

        again = await take_one(alive)

        assert (job(), 2) == (again.job, again.attempts)

    async def test_a_kept_job_is_not_abandoned_and_not_tried_again(self) -> None:
        queue = self.another(lease_s=0.4)
        await queue.enqueue([job()])
        delivery = await take_one(queue)

        for _ in range(8):
            assert [] == await queue.claim(1, 0.1)
            await queue.extend_lease([delivery])

        assert 2 == (await take_one(queue)).attempts

    async def test_a_job_whose_workers_are_lost_too_often_is_buried(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.enqueue([job()])

        async with listening(queue) as heard:
            attempts = [(await take_one(queue)).attempts for _ in range(MAX_ATTEMPTS)]
            nothing = await queue.claim(1, 1)
            word = await next_word(heard, job())

        assert [1, 2, 3] == attempts
        assert [] == nothing
        assert Cause.CRASHED is word.cause
        assert Depth(0, 0) == (await queue.depth())[Priority.INTERACTIVE]
        assert [EnqueueResult.QUEUED] == await queue.enqueue([job()])

    async def test_a_job_given_back_comes_again_and_holds_off_a_second(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.enqueue([job()])

        again = await queue.retry(await take_one(queue), Cause.SOURCE_DOWN, "tmdb is down")
        offered = await queue.enqueue([job()])
        delivery = await take_one(queue)

        assert again
        assert [EnqueueResult.PENDING] == offered
        assert 2 == delivery.attempts

    async def test_a_job_given_back_too_often_is_buried(self) -> None:
        queue = self.another(lease_s=SHORT_LEASE_S)
        await queue.enqueue([job()])

        again = [await queue.retry(await take_one(queue), Cause.CRASHED, "it crashed") for _ in range(MAX_ATTEMPTS)]

        assert [True, True, False] == again
        assert [] == await queue.claim(1, 0.5)
        assert [EnqueueResult.QUEUED] == await queue.enqueue([job()])

    async def test_a_prefetch_comes_after_everything_else(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, Priority.PREFETCH)], hint=True)
        await queue.enqueue([job(2, Priority.REFRESH), job(3)])

        assert [3, 2, 1] == await numbers(queue, 5)

    async def test_a_pending_prefetch_keeps_no_caller_out_and_is_then_dropped(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, Priority.PREFETCH)], hint=True)

        answers = await queue.enqueue([job(1), job(1)]) + await queue.enqueue([job(1, Priority.PREFETCH)], hint=True)
        taken = await queue.claim(5, 0)

        assert [EnqueueResult.QUEUED, EnqueueResult.PENDING, EnqueueResult.PENDING] == answers
        assert [Priority.INTERACTIVE] == [delivery.job.lane for delivery in taken]
        assert Depth(0, 0) == (await queue.depth())[Priority.PREFETCH]

    async def test_a_prefetch_in_hand_is_waited_for(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, Priority.PREFETCH)], hint=True)
        await take_one(queue)

        assert [EnqueueResult.PENDING] == await queue.enqueue([job(1)])

    async def test_a_prefetch_expires_and_its_picture_may_be_prefetched_again(self) -> None:
        queue = self.another(hint_s=1)
        await queue.enqueue([job(1, Priority.PREFETCH)], hint=True)

        async with asyncio.timeout(5):
            while await queue.enqueue([job(1, Priority.PREFETCH)], hint=True) == [EnqueueResult.PENDING]:  # noqa: ASYNC110 - only the store's clock ends it
                await asyncio.sleep(0.05)

        assert [1] == await numbers(queue, 5)
        assert Depth(0, 1) == (await queue.depth())[Priority.PREFETCH]

    async def test_an_expired_prefetch_is_not_drawn(self) -> None:
        queue, later = self.another(hint_s=1), job(2, Priority.PREFETCH)
        await queue.enqueue([job(1, Priority.PREFETCH), later], hint=True)

        async with asyncio.timeout(5):
            while await queue.enqueue([later], hint=True) == [EnqueueResult.PENDING]:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.05)

        assert [2] == await numbers(queue, 5)

    async def test_prefetches_are_dropped_long_before_jobs(self) -> None:
        queue = self.another(queue_max=10 * HINTS_MAX)
        hints = [job(number, Priority.PREFETCH) for number in range(1, HINTS_MAX + 2)]

        answers = await queue.enqueue(hints, hint=True)

        assert [EnqueueResult.QUEUED] * HINTS_MAX + [EnqueueResult.FULL] == answers
        assert [EnqueueResult.QUEUED] == await queue.enqueue([job(HINTS_MAX + 1)])

    async def test_a_large_picture_is_announced_and_not_prefetched(self, queue: JobQueue) -> None:
        heavy = job(1, Priority.PREFETCH, HEAVIEST_HINT + 1)

        before = await queue.is_announced(heavy.picture)
        answers = await queue.enqueue([heavy, job(2, Priority.PREFETCH)], hint=True)

        assert [EnqueueResult.HEAVY, EnqueueResult.QUEUED] == answers
        assert (False, True) == (before, await queue.is_announced(heavy.picture))
        assert [2] == await numbers(queue, 5)

    async def test_what_is_pending_counts_as_announced(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, Priority.REFRESH)])

        assert (True, False) == (await queue.is_announced(job(1).picture), await queue.is_announced(job(2).picture))

    async def test_a_client_with_much_work_waiting_does_not_delay_one_with_little(self, queue: JobQueue) -> None:
        for number in range(1, 11):
            await queue.enqueue([job(number, work=100)], client="203.0.113.7")
        await queue.enqueue([job(50), job(51)], client="203.0.113.8")

        assert [50, 51] == (await numbers(queue, 20))[:2]

    async def test_a_client_with_much_work_waiting_gets_its_share(self, queue: JobQueue) -> None:
        for number in range(1, 11):
            await queue.enqueue([job(number, work=100)], client="203.0.113.7")
        for number in range(101, 161):  # each from a client of its own
            await queue.enqueue([job(number, work=16)], client=f"198.51.100.{number}")
        await queue.enqueue([job(90, Priority.REFRESH)])

        taken = [number for _ in range(30) for number in await numbers(queue, 1)]

        assert 101 == taken[0]
        assert 90 in taken
        assert 1 in taken
        assert 20 <= sum(number > 100 for number in taken) < 30

    async def test_a_client_is_served_at_once_again_when_its_work_is_done(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1, work=60)], client="203.0.113.7")
        streams = [(await take_one(queue)).receipt.partition("/")[0]]

        async with asyncio.timeout(5):
            while streams[-1] != "interactive":
                await queue.enqueue([job(1 + len(streams))], client="203.0.113.7")
                streams.append((await take_one(queue)).receipt.partition("/")[0])
                await asyncio.sleep(0.1)

        assert "interactive-2" == streams[0] == streams[1]

    async def test_jobs_are_claimed_by_their_work(self, queue: JobQueue) -> None:
        await queue.enqueue([job(number, work=100) for number in range(1, 6)], client="203.0.113.7")
        await queue.enqueue([job(10), job(11)], client="203.0.113.8")
        room = Room(jobs=16, others=12, work=150)

        taken = await numbers(queue, 16, room)

        assert [10, 11, 1, 3] == taken  # of each level one, and the second exceeds what is left

    async def test_room_is_kept_for_clients_with_little_work(self, queue: JobQueue) -> None:
        await queue.enqueue([job(number, Priority.REFRESH) for number in range(1, 6)])
        await queue.enqueue([job(10), job(11)])

        assert [10, 11, 1] == await numbers(queue, 4, Room(jobs=4, others=1, work=100))

    async def test_those_who_wait_hear_of_success_and_of_failure(self, queue: JobQueue) -> None:
        await queue.enqueue([job(1), job(2)])
        good, bad = await queue.claim(2, 5)

        async with listening(self.another()) as heard:
            await queue.ack(good, done(good.job))
            success = await next_word(heard, good.job)
            await queue.retry(bad, Cause.SOURCE_DOWN, "down")
            failure = await next_word(heard, bad.job)

        assert done(good.job) == success
        assert (None, Cause.SOURCE_DOWN) == (failure.media, failure.cause)

    async def test_a_fresh_picture_drops_hints_and_no_others(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        await queue.ack(await take_one(queue), done(job()), fresh_for_s=60)

        hinted = await queue.enqueue([job()], hint=True)
        asked = await queue.enqueue([job()])

        assert ([EnqueueResult.KNOWN], [EnqueueResult.QUEUED]) == (hinted, asked)

    async def test_a_picture_is_fresh_under_both_of_its_names(self, queue: JobQueue) -> None:
        name = f"{LOOK}:movie-278"
        before = await queue.is_fresh(name)
        await queue.enqueue([job()])
        await queue.ack(await take_one(queue), done(job()), fresh_for_s=60)

        assert (False, True, True) == (before, await queue.is_fresh(name), await queue.is_fresh(job().picture))

    async def test_a_picture_is_not_fresh_without_being_called_so(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        await queue.ack(await take_one(queue), done(job()))

        assert not await queue.is_fresh(job().picture)

    async def test_settling_twice_does_no_harm(self, queue: JobQueue) -> None:
        await queue.enqueue([job()])
        delivery = await take_one(queue)

        await queue.ack(delivery, done(job()))
        await queue.ack(delivery, done(job()))
        await queue.extend_lease([delivery])

        assert [] == await queue.claim(1, 0)
        assert [EnqueueResult.QUEUED] == await queue.enqueue([job()])


class TestMemoryQueue(QueueContract):
    @pytest.fixture(autouse=True)
    def _one(self) -> None:
        self.shared: MemoryQueue | None = None

    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60, hint_s: int = 60) -> JobQueue:
        if self.shared is None:
            self.shared = MemoryQueue(lease_s=lease_s, queue_max=queue_max, mark_s=mark_s, hint_s=hint_s)
        return self.shared


class TestRedisStreamQueue(QueueContract):
    @pytest.fixture(autouse=True)
    def _client(self, redis: Redis) -> None:
        self.redis = redis

    def another(self, *, lease_s: float = 15, queue_max: int = 100, mark_s: int = 60, hint_s: int = 60) -> JobQueue:
        return RedisStreamQueue(
            self.redis,
            consumer=uuid.uuid4().hex,
            lease_s=lease_s,
            queue_max=queue_max,
            mark_s=mark_s,
            sweep_s=SHORT_LEASE_S / 2,
            hint_s=hint_s,
        )
