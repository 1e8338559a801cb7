"""Pictures are enqueued at the given pace and followed until they are settled."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import pairwise

import pytest

from shared.domain.errors import BadRequest, Cause, StoreDown
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.prewarm import (
    MOST_PICTURES,
    QUIET_S,
    SILENT_S,
    Pace,
    PictureOutcome,
    Prewarm,
    Progress,
    Settled,
    pictures,
)
from shared.queue.protocol import MAX_ATTEMPTS, Delivery, Depth, EnqueueResult
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.shared.queue.memory import MemoryQueue

LOOK = SettingsHash("0" * 32)
FAST = Pace(per_s=1000, depth=1000)


def jobs(count: int, first: int = 1) -> list[RenderJob]:
    titles = [ExternalId(IdType.IMDB, number) for number in range(first, first + count)]
    return [RenderJob(settings_hash=LOOK, title=title, lane=Priority.REFRESH) for title in titles]


def done(job: RenderJob, cause: Cause | None = None) -> RenderDone:
    media = None if cause else "movie-1"
    return RenderDone(settings_hash=job.settings_hash, title=job.title, media=media, cause=cause)


class World:
    """A clock that moves only during sleeps, and a worker that works meanwhile."""

    def __init__(self, queue: MemoryQueue | None = None, *, workers: int = 1000) -> None:
        self.seconds = 0.0
        self.queue = queue or MemoryQueue(queue_max=5000, mark_s=10_000, clock=self.now)
        self.workers = workers
        self.drawn: list[tuple[float, RenderJob]] = []
        self.causes: dict[str, Cause] = {}

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        for delivery in await self.queue.claim(self.workers, 0) if self.workers else []:
            await self._work(delivery)
        for _ in range(5):  # subscribers get it before the sleeper wakes
            await asyncio.sleep(0)

    async def _work(self, delivery: Delivery) -> None:
        self.drawn.append((self.seconds, delivery.job))
        cause = self.causes.get(delivery.job.picture)
        if cause in {None, Cause.TITLE_NOT_FOUND, Cause.ART_NOT_FOUND}:
            await self.queue.ack(delivery, done(delivery.job, cause))
        else:
            await self.queue.retry(delivery, cause or Cause.CRASHED, "as planned")

    def warming(
        self, wanted: list[RenderJob], pace: Pace = FAST, *, before: frozenset[str] = frozenset(), follow: bool = True
    ) -> Prewarm:
        return Prewarm(self.queue, wanted, pace, settled_before=before, follow=follow, now=self.now, sleep=self.sleep)


async def to_the_end(
    warming: Prewarm, meanwhile: Callable[[Progress], Awaitable[None]] | None = None
) -> tuple[Progress, list[Settled]]:
    told: list[Progress] = []
    async for progress in warming.run():
        told.append(progress)
        if meanwhile:
            await meanwhile(progress)
    return told[-1], [settled for progress in told for settled in progress.settled]


async def test_every_picture_is_drawn_and_reported_once() -> None:
    world = World()

    last, settled = await to_the_end(world.warming(jobs(250)))

    assert (250, 250, 250, False) == (last.asked, last.queued, last.drawn, last.stalled)
    assert {job.picture for job in jobs(250)} == {one.picture for one in settled if one.ending is PictureOutcome.DRAWN}
    assert 250 == len(world.drawn)


async def test_pictures_have_the_refresh_priority() -> None:
    world = World(workers=0)
    run = world.warming(jobs(3), follow=False).run()

    async for _ in run:
        pass

    assert dict.fromkeys(Priority, Depth(0, 0)) | {Priority.REFRESH: Depth(3, 0)} == await world.queue.depth()


@pytest.mark.parametrize("per_s", [0.5, 5.0, 20.0])
async def test_the_pace_limits_what_is_enqueued(per_s: float) -> None:
    world = World()
    queued_at: list[float] = []

    async for progress in world.warming(jobs(40), Pace(per_s=per_s)).run():
        queued_at += [world.seconds] * (progress.queued - len(queued_at))

    assert 40 / per_s - 1.5 / per_s <= queued_at[-1] <= 40 / per_s + 1
    for nth, at in enumerate(queued_at):
        assert nth + 1 <= 1 + at * per_s + 1e-6


async def test_a_delayed_run_does_not_catch_up_in_one_burst() -> None:
    world = World(workers=0)
    wanted, seen = jobs(100), []

    async for progress in world.warming(wanted, Pace(per_s=10, depth=20)).run():
        seen.append((world.seconds, progress.queued))
        if world.seconds > 30:  # 20 have waited long enough; from here on they are drawn
            world.workers = 1000

    at_once = max(later - sooner for (_, sooner), (_, later) in pairwise(seen))
    assert 10 >= at_once
    assert 100 == seen[-1][1]


async def test_the_depth_limits_what_waits() -> None:
    world = World(workers=2)
    deepest = 0

    async for _ in world.warming(jobs(200), Pace(per_s=1000, depth=30)).run():
        deepest = max(deepest, (await world.queue.depth())[Priority.REFRESH].waiting)

    assert (30, 200) == (deepest, len(world.drawn))


async def test_what_a_full_stream_refuses_is_enqueued_again() -> None:
    seconds = deque([0.0])
    world = World(MemoryQueue(queue_max=7, clock=lambda: seconds[0]), workers=3)

    last, _ = await to_the_end(world.warming(jobs(50)))

    assert (50, 50) == (last.drawn, len(world.drawn))


async def test_several_runs_share_the_depth() -> None:
    world = World(MemoryQueue(queue_max=20), workers=1)
    deepest = 0
    runs = [world.warming(jobs(40, first=1 + 100 * nth)) for nth in range(3)]

    async def measure(_: Progress) -> None:
        nonlocal deepest
        deepest = max(deepest, (await world.queue.depth())[Priority.REFRESH].waiting)

    ended = await asyncio.gather(*(to_the_end(run, measure) for run in runs))

    assert ([40, 40, 40], 20) == ([last.drawn for last, _ in ended], deepest)


async def test_an_unknown_title_and_one_without_art_are_permanent() -> None:
    world, wanted = World(), jobs(3)
    world.causes = {wanted[0].picture: Cause.TITLE_NOT_FOUND, wanted[1].picture: Cause.ART_NOT_FOUND}

    last, settled = await to_the_end(world.warming(wanted))

    assert (1, 2, 0) == (last.drawn, last.unknown, last.failed)
    assert Settled(wanted[0].picture, PictureOutcome.UNKNOWN, Cause.TITLE_NOT_FOUND) in settled


async def test_a_transient_error_is_a_failure_only_after_the_last_attempt() -> None:
    world, wanted = World(), jobs(1)
    world.causes = {wanted[0].picture: Cause.SOURCE_DOWN}

    failed = [progress.failed async for progress in world.warming(wanted).run()]

    assert (MAX_ATTEMPTS, 1, {0, 1}) == (len(world.drawn), failed[-1], set(failed))


async def test_a_transient_error_followed_by_success_is_no_failure() -> None:
    world, wanted = World(), jobs(1)
    world.causes = {wanted[0].picture: Cause.SOURCE_DOWN}

    async def heal(_: Progress) -> None:
        if world.drawn:
            world.causes.clear()

    last, _ = await to_the_end(world.warming(wanted), heal)

    assert (1, 0, 2) == (last.drawn, last.failed, len(world.drawn))


async def test_settled_pictures_are_not_enqueued_again() -> None:
    world, wanted = World(), jobs(10)
    before = frozenset(job.picture for job in wanted[:6])

    last, _ = await to_the_end(world.warming(wanted, before=before))

    assert (6, 4, 10) == (last.before, last.drawn, last.done)
    assert wanted[6:] == [job for _, job in world.drawn]


async def test_a_run_without_following_ends_when_all_are_queued() -> None:
    world = World(workers=0)

    last, settled = await to_the_end(world.warming(jobs(20), follow=False))

    assert (20, 0, [], False) == (last.queued, last.done, settled, last.stalled)


async def test_an_empty_run_ends_at_once() -> None:
    last, _ = await to_the_end(World().warming([]))

    assert (0, 0, False) == (last.asked, last.done, last.stalled)


async def test_a_run_ends_without_progress() -> None:
    world = World(workers=0)

    last, _ = await to_the_end(world.warming(jobs(3)))

    assert (True, 3, 0) == (last.stalled, last.queued, last.done)
    assert QUIET_S < world.seconds < QUIET_S + 5


async def test_a_run_ends_when_only_others_make_progress() -> None:
    world = World(workers=0)
    others = iter(jobs(100_000, first=1_000_000))

    async def offer_another(_: Progress) -> None:
        if world.seconds % 20 < 0.1:
            await world.queue.enqueue([next(others)])

    last, _ = await to_the_end(world.warming(jobs(3), Pace(per_s=100, depth=2)), offer_another)

    assert (True, 2) == (last.stalled, last.queued)
    assert SILENT_S < world.seconds < SILENT_S + 5


async def test_a_picture_enqueued_by_others_is_followed_too() -> None:
    world, wanted = World(workers=0), jobs(1)
    await world.queue.enqueue([RenderJob(settings_hash=LOOK, title=wanted[0].title, lane=Priority.INTERACTIVE)])

    async def begin_to_draw(_: Progress) -> None:
        world.workers = 10

    last, _ = await to_the_end(world.warming(wanted), begin_to_draw)

    assert (1, 1) == (last.drawn, len(world.drawn))


class Deaf(MemoryQueue):
    """A queue whose first results are lost."""

    deaf = True

    async def subscribe(self) -> AsyncIterator[RenderDone]:
        async for word in super().subscribe():
            if not self.deaf:
                yield word


async def test_a_picture_whose_result_was_lost_is_enqueued_again() -> None:
    queue = Deaf()
    world = World(queue)

    async def subscribe(_: Progress) -> None:
        queue.deaf = world.seconds < 1

    last, _ = await to_the_end(world.warming(jobs(3)), subscribe)

    assert (3, 3, 6) == (last.drawn, last.queued, len(world.drawn))


class Flaky(MemoryQueue):
    """A queue that is lost at times."""

    is_lost: Callable[[], bool] = staticmethod(lambda: False)

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        answers = await super().enqueue(jobs, hint=hint, client=client)
        if self.is_lost():
            raise StoreDown("lost after it was heard")
        return answers


async def test_a_run_survives_a_lost_queue() -> None:
    queue = Flaky(queue_max=5000)
    world = World(queue)
    queue.is_lost = lambda: world.seconds < 5

    told = [progress async for progress in world.warming(jobs(30)).run()]

    assert (30, 30) == (told[-1].drawn, told[-1].done)
    assert (True, False) == (told[0].queue_lost, told[-1].queue_lost)


async def test_rate_and_remaining_time_are_reported() -> None:
    world = World()
    warming = world.warming(jobs(100), Pace(per_s=10))

    told = [progress async for progress in warming.run() if progress.done == 50]

    assert told[0].per_s == pytest.approx(10, rel=0.1)
    assert told[0].left_s == pytest.approx(5, rel=0.1)


class Kept:
    """Settings in memory."""

    def __init__(self) -> None:
        self.looks: list[Settings] = []

    async def remember(self, settings: Settings) -> SettingsHash:
        self.looks.append(settings)
        return settings_hash(settings)


async def test_there_is_one_picture_for_each_title_and_settings_title_by_title() -> None:
    kept = Kept()
    looks = [parse(Kind.POSTER, Format.JPG, {}), parse(Kind.POSTER, Format.JPG, {"imageSize": "large"})]
    titles = [ExternalId(IdType.IMDB, 1), ExternalId(IdType.IMDB, 2), ExternalId(IdType.IMDB, 1)]

    made = await pictures(titles, looks, kept)

    names = [settings_hash(look) for look in looks]
    assert [(names[0], 1), (names[1], 1), (names[0], 2), (names[1], 2)] == [
        (job.settings_hash, job.title.number) for job in made
    ]
    assert (looks, {Priority.REFRESH}) == (kept.looks, {job.lane for job in made})


async def test_an_episodes_poster_is_its_series_and_its_still_its_own() -> None:
    looks = [parse(Kind.POSTER, Format.JPG, {}), parse(Kind.EPISODE, Format.JPG, {})]
    episode = ExternalId.parse(IdType.TMDB, "episode-1396-S1E1")

    poster, still = await pictures([episode], looks, Kept())

    assert (ExternalId(IdType.TMDB, 1396, TitleKind.SERIES), episode) == (poster.title, still.title)


async def test_too_many_pictures_are_refused() -> None:
    titles = (ExternalId(IdType.TMDB, number) for number in range(1, MOST_PICTURES + 2))

    with pytest.raises(BadRequest):
        await pictures(titles, [parse(Kind.POSTER, Format.JPG, {})], Kept())
