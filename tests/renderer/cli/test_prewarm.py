"""The command as a program, on a real Valkey and Postgres, with a worker that draws nothing."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Cause
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import Pool
from shared.stores.settings_rows import load_settings
from tests.stack.command import command
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
UNKNOWN = "imdb:tt0000404"
QUICK = ("--pace", "500")


class Worker:
    """Settles every job that it is given; it knows all titles but one."""

    def __init__(self, redis: Redis) -> None:
        self.queue = RedisStreamQueue(redis, consumer="fake", queue_max=10_000)
        self.drawn: list[RenderJob] = []
        self.most = 10_000

    async def work(self) -> None:
        while True:
            room = min(20, self.most - len(self.drawn))
            for delivery in await self.queue.claim(room, 0.05) if room else []:
                job = delivery.job
                self.drawn.append(job)
                known = job.title.alias != UNKNOWN
                cause, media = (None, "movie-1") if known else (Cause.TITLE_NOT_FOUND, None)
                done = RenderDone(settings_hash=job.settings_hash, title=job.title, media=media, cause=cause)
                await self.queue.ack(delivery, done)
            await asyncio.sleep(0.005)


@pytest.fixture
async def worker(redis: Redis) -> AsyncIterator[Worker]:
    worker = Worker(redis)
    task = asyncio.create_task(worker.work())
    yield worker
    await cancel_and_wait(task)


class Command:
    """Runs the command as a newcomer does, in a folder of the test's."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.ids = folder / "ids.txt"
        self._env = env

    def write(self, *lines: str) -> None:
        self.ids.write_text("\n".join(lines))

    async def __call__(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        """Run it to its end: status, output, complaints."""
        return await command("renderer.cli", "prewarm", *words, env=self._env, cwd=self.folder, typed=stdin)

    @asynccontextmanager
    async def started(self, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "renderer.cli", "prewarm", *words,
            cwd=self.folder, env=self._env, stdin=pipe, stdout=pipe, stderr=pipe,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
def prewarm(tmp_path: Path, valkey_url: str, postgres_url: str, pool: Pool) -> Command:  # noqa: ARG001 - a clean database
    return Command(tmp_path, {"PYTHONPATH": str(ROOT), "DATABASE_URL": postgres_url, "REDIS_URL": valkey_url})


def films(count: int) -> list[str]:
    return [f"tt{number:07d}" for number in range(1, count + 1)]


async def test_every_title_is_drawn_in_every_look_that_is_kept_for_ever(
    prewarm: Command, worker: Worker, pool: Pool
) -> None:
    prewarm.write("# mine", *films(30), "", "tmdb:278")

    status, out, err = await prewarm(str(prewarm.ids), *QUICK, "--kind", "poster", "--kind", "logo")

    looks = {job.settings_hash: await load_settings(pool, job.settings_hash) for job in worker.drawn}
    assert (0, "62 drawn or fresh, 0 without such a picture, 0 failed\n") == (status, out)
    assert "62/62" in err
    assert {"poster", "logo"} == {look.kind for look in looks.values() if look}
    assert (62, {Priority.REFRESH}) == (len(worker.drawn), {job.lane for job in worker.drawn})


async def test_a_second_run_has_nothing_left_to_do_unless_told_to_restart(prewarm: Command, worker: Worker) -> None:
    prewarm.write(*films(5), UNKNOWN)
    await prewarm(str(prewarm.ids), *QUICK)

    again = await prewarm(str(prewarm.ids), *QUICK, "--depth", "7")
    restarted = await prewarm(str(prewarm.ids), *QUICK, "--restart")

    assert 0 == again[0]
    assert again[1].startswith("all 6 were finished by earlier runs, according to .local/prewarm-")
    assert (0, "5 drawn or fresh, 1 without such a picture, 0 failed\n") == restarted[:2]
    assert 12 == len(worker.drawn)


async def test_bad_lines_are_named_and_the_status_says_so(prewarm: Command, worker: Worker) -> None:
    prewarm.write("tt0000001", "278", "tt0000002")

    status, _, err = await prewarm(str(prewarm.ids), *QUICK)

    assert 3 == status
    assert f"{prewarm.ids}, line 2: '278' is not an id" in err
    assert "1 lines are not ids" in err
    assert 2 == len(worker.drawn)


async def test_ids_come_from_standard_input_too(prewarm: Command, worker: Worker) -> None:
    status, _, _ = await prewarm("-", *QUICK, stdin="tt0000001\ntt0903747:1:1\n")

    assert (0, ["imdb:tt0000001", "imdb:tt0903747"]) == (status, sorted(job.title.alias for job in worker.drawn))


async def test_an_interrupt_ends_it_cleanly_and_the_next_run_goes_on(prewarm: Command, worker: Worker) -> None:
    prewarm.write(*films(40))
    worker.most = 15

    async with prewarm.started(str(prewarm.ids), *QUICK, "--depth", "10") as process:
        await until(lambda: len(logged(prewarm)) == 15, within_s=20)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    worker.most = 10_000
    await until_empty(worker)
    first = [job.title for job in worker.drawn[:15]]
    worker.drawn.clear()
    status, _, shown = await prewarm(str(prewarm.ids), *QUICK)

    assert 130 == process.returncode
    assert b"To resume, run the same command again:" in out
    assert b"Traceback" not in err
    assert 0 == status
    assert "before 15" in shown
    assert 40 == len(logged(prewarm))
    assert set() == {job.title for job in worker.drawn} & set(first)


async def test_a_full_lane_only_takes_longer(prewarm: Command, worker: Worker) -> None:
    prewarm.write(*films(16))
    prewarm._env["RENDER_QUEUE_MAX"] = "5"

    status, _, _ = await prewarm(str(prewarm.ids), *QUICK)

    assert (0, 16) == (status, len({job.title for job in worker.drawn}))


async def test_without_waiting_it_returns_when_all_are_queued(prewarm: Command, redis: Redis) -> None:
    prewarm.write(*films(25))

    status, out, _ = await prewarm(str(prewarm.ids), *QUICK, "--no-wait")

    queue = RedisStreamQueue(redis, consumer="test")
    assert (0, "25 are queued\n") == (status, out)
    assert 25 == (await queue.depth())[Priority.REFRESH].waiting


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.txt"], "nowhere.txt: No such file"),
        (["--list", "tmdb:trending/movie/day"], "TMDB_API_KEY is not set"),
        (["-"], "REDIS_URL"),
    ],
)
async def test_what_cannot_start_says_why(prewarm: Command, words: list[str], sentence: str) -> None:
    if words == ["-"]:
        del prewarm._env["REDIS_URL"]

    status, _, err = await prewarm(*words)

    assert 2 == status
    assert sentence in err


@pytest.mark.usefixtures("redis")
async def test_a_store_that_cannot_be_reached_is_named_without_its_address(prewarm: Command) -> None:
    prewarm._env["DATABASE_URL"] = "postgresql://me:hidden@127.0.0.1:1/x"

    status, _, err = await prewarm("-", stdin="tt0000001")

    assert 1 == status
    assert "a store cannot be used" in err
    assert "hidden" not in err


def logged(prewarm: Command) -> list[str]:
    files = list((prewarm.folder / ".local").glob("prewarm-*.jsonl"))
    return files[0].read_text().splitlines() if files else []


async def until_empty(worker: Worker) -> None:
    async with asyncio.timeout(20):
        while (await worker.queue.depth())[Priority.REFRESH].waiting:  # noqa: ASYNC110 - the queue sets no event
            await asyncio.sleep(0.01)
