from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from redis.asyncio import Redis

from shared.stores.daily_metrics import STEP_S, STEPS, ChartSeries, DailyMetrics, last_day
from tests.clock import Clock

NOW = 1_700_000_000.0
LINES = (
    ChartSeries("ok", "requests_total", {"outcome": "ok"}),
    ChartSeries("refused", "requests_total", {"outcome": frozenset({"key_refused", "too_many"})}),
    ChartSeries("seconds", "draw_seconds_sum"),
)


class Process:
    """A process that counts."""

    def __init__(self, redis: Redis, name: str, clock: Clock) -> None:
        registry = CollectorRegistry()
        self.requests = Counter("requests_total", "Requests.", ["outcome"], registry=registry)
        self.draws = Histogram("draw_seconds", "Time.", registry=registry)
        self.waiting = Gauge("waiting", "Jobs.", ["lane"], registry=registry)
        self.history = DailyMetrics(redis, registry, LINES, process=name, gauges={"waiting"}, clock=clock)


async def test_all_processes_add_to_one_step(redis: Redis) -> None:
    clock = Clock(NOW)
    one, two = Process(redis, "one", clock), Process(redis, "two", clock)
    one.requests.labels("ok").inc(3)
    one.requests.labels("key_refused").inc()
    two.requests.labels("ok").inc(4)
    two.requests.labels("too_many").inc(2)
    two.draws.observe(0.5)

    for process in (one, two, one):
        await process.history.flush()
    day = await last_day(redis, clock=clock)

    assert (STEPS, STEP_S) == (len(day.series["ok"]), day.step_s)
    assert (7, 3, 0.5) == (day.series["ok"][-1], day.series["refused"][-1], day.series["seconds"][-1])
    assert 0 == sum(day.series["ok"][:-1])


async def test_what_is_counted_later_is_in_a_later_step(redis: Redis) -> None:
    clock = Clock(NOW)
    process = Process(redis, "one", clock)
    process.requests.labels("ok").inc(3)
    await process.history.flush()
    clock.now += STEP_S
    process.requests.labels("ok").inc(2)
    await process.history.flush()

    day = await last_day(redis, clock=clock)

    assert [3, 2] == day.series["ok"][-2:]
    assert day.began + STEPS * STEP_S > clock.now >= day.began + (STEPS - 1) * STEP_S


async def test_of_what_several_measure_the_greatest_counts_and_silence_is_forgotten(redis: Redis) -> None:
    clock = Clock(NOW)
    one, two = Process(redis, "one", clock), Process(redis, "two", clock)
    one.waiting.labels("refresh").set(3)
    two.waiting.labels("refresh").set(5)
    await one.history.flush()
    await two.history.flush()
    before = (await last_day(redis, clock=clock)).now
    clock.now += 61
    await one.history.flush()

    assert ({"waiting:refresh": 5}, {"waiting:refresh": 3}) == (before, (await last_day(redis, clock=clock)).now)


async def test_a_process_that_says_nothing_leaves_nothing(redis: Redis) -> None:
    await DailyMetrics(redis, CollectorRegistry(), LINES, process="idle").flush()

    assert [] == await redis.keys("marquee:history:*")
