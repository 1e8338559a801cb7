"""What happens when a part of the stack is lost while everything runs, and when it comes back.

Longer than most, because each test both proves something and shows a table of what callers met.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from tests.stack.caller import Answer, fetch, show, until
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.parts import moto, running_stack
from tests.stack.sources import Copy, Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import held

TAKEN_OVER_S = 60.0
BACK_WITHIN_S = 60.0
IN_TIME_S = 8.0  # a caller waits for two seconds; without a deadline it would be for as long as the part is lost
AT_ONCE_S = 1.5  # and twice what the same takes while nothing is lost, on a busy machine
ROUND_S = 0.1
DRAINED_WITHIN_S = 25.0
A_JOB_AND_A_BIT_S = 15.0  # less than a renderer is given to finish
REDIRECT = "public, max-age=300, stale-while-revalidate=3600"


@dataclass
class Ground:
    """Stores of our own, which may be lost: each can be ended and started again on its port."""

    valkey: Part
    postgres: Part
    s3: Part
    stores: Stores


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Run one Valkey, one Postgres and one S3 for this module alone."""
    with running_stack() as stack:
        valkey_url, postgres_url, s3_url = stack.valkey(), stack.postgres(), stack.s3()
        stores = Stores.fresh(postgres_url, valkey_url, s3_url)
        yield Ground(stack.part("valkey"), stack.part("postgres"), stack.part("s3"), stores)


@pytest.fixture
def pair(tmp_path: Path, ground: Ground, sources: Sources) -> Iterator[Pair]:
    """Run two renderers on them, anew for each test, so that nothing is left of the loss before."""
    with Pair(tmp_path, ground.stores, sources, renderer_count=2) as pair:
        yield pair
    sources.heal()


@contextmanager
def lost(part: Part, how: str) -> Iterator[None]:
    """Take a part away while the block lasts: ended or killed, it refuses calls; frozen, it takes them in silence."""
    if how == "frozen":
        part.freeze()
    else:
        part.kill() if how == "killed" else part.stop()
    try:
        yield
    finally:
        if how == "frozen":
            part.thaw()
        else:
            part.begin()


async def drawn(http: aiohttp.ClientSession, pair: Pair, title: Copy, *, seconds: float = BACK_WITHIN_S) -> Answer:
    """Ask for a title until its picture is finished, or time is up; return the last answer."""
    return await asked(http, pair.picture(title.imdb), lambda answer: answer.cache in {"HIT", "MISS"}, seconds=seconds)


async def asked(http: aiohttp.ClientSession, url: str, is_right: Callable[[Answer], bool], *, seconds: float) -> Answer:
    """Ask again and again until the answer is right, or time is up; return the last answer."""
    deadline = time.monotonic() + seconds
    answer = await fetch(http, url)
    while not is_right(answer) and time.monotonic() < deadline:
        await asyncio.sleep(ROUND_S)
        answer = await fetch(http, url)
    return answer


async def location(http: aiohttp.ClientSession, pair: Pair, title: Copy) -> str:
    """Return where the gateway sends a caller."""
    return (await fetch(http, pair.picture(title.imdb), follow=False)).headers["location"]


async def known_everywhere(http: aiohttp.ClientSession, pair: Pair, title: Copy) -> Answer:
    """Have a title drawn and served from the memory of both renderers."""
    answer = await drawn(http, pair, title)
    url = await location(http, pair, title)
    for _ in range(16):  # the kernel deals connections out: all but surely both renderers serve some
        answer = await fetch(http, url)
    assert "HIT" == answer.cache
    return answer


async def round_of(
    http: aiohttp.ClientSession, pair: Pair, title: Copy, count: int = 12
) -> tuple[list[Answer], list[Answer]]:
    """Ask for redirects and for the picture itself, many at once."""
    url = await location(http, pair, title)
    redirects = await asyncio.gather(*(fetch(http, pair.picture(title.imdb), follow=False) for _ in range(count)))
    pictures = await asyncio.gather(*(fetch(http, url) for _ in range(count)))
    return redirects, pictures


def slowest(*answers: list[Answer]) -> float:
    """Return the seconds that the slowest answer took."""
    return max(each.seconds for group in answers for each in group)


def check_round(stored: Answer, redirects: list[Answer], pictures: list[Answer], *, calm_s: float) -> None:
    """Check that warm redirects and stored pictures go on as if nothing had happened.

    ``calm_s`` is what the slowest of such a round took before.
    """
    assert {(302, REDIRECT)} == {(each.status, each.cache_control) for each in redirects}
    assert {(200, "HIT", stored.body)} == {(each.status, each.cache, each.body) for each in pictures}
    assert slowest(redirects, pictures) < AT_ONCE_S + 2 * calm_s


async def test_the_jobs_of_a_killed_renderer_are_finished_by_another(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    titles = [sources.film() for _ in range(12)]
    sources.break_down(Source.IMAGES, held)
    for title in titles:
        await fetch(http, pair.picture(title.imdb), follow=False)  # the gateway's hint is all that queues them
    assert await until(lambda: sum(sources.count(Source.IMAGES, title) > 0 for title in titles) == 12, seconds=60)
    victim, other = sorted(pair.renderers, key=lambda part: -pair.number("renderer_jobs_held", part))
    held_by = [int(pair.number("renderer_jobs_held", part)) for part in (victim, other)]

    began = time.monotonic()
    victim.kill()
    sources.heal()
    finished = await asyncio.gather(*(drawn(http, pair, title, seconds=TAKEN_OVER_S) for title in titles))
    took_s = time.monotonic() - began

    show(
        "kill -9 of a renderer that holds jobs",
        [
            ("jobs held by the killed one", held_by[0]),
            ("jobs held by the other", held_by[1]),
            ("all finished after", f"{took_s:.1f} s"),
        ],
    )
    assert held_by[0] >= 2
    assert {200} == {answer.status for answer in finished}
    assert {"HIT", "MISS"} >= {answer.cache for answer in finished}
    assert 1 == len({answer.body for answer in finished})
    assert took_s < TAKEN_OVER_S
    assert 0 == pair.number("renderer_jobs_total", outcome="dead")


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_without_valkey_stored_pictures_and_warm_redirects_go_on_and_work_resumes_with_it(
    pair: Pair, ground: Ground, sources: Sources, http: aiohttp.ClientSession, how: str
) -> None:
    warm, stored_only, new, later = (sources.film() for _ in range(4))
    stored = await known_everywhere(http, pair, warm)
    calm_s = slowest(*await round_of(http, pair, warm))
    await drawn(http, pair, stored_only)
    cold_url = await location(http, pair, stored_only)

    with lost(ground.valkey, how):
        redirects, pictures = await round_of(http, pair, warm)
        await asyncio.gather(*(asyncio.to_thread(restart, part) for part in pair.renderers))
        from_s3 = await fetch(http, cold_url)
        unseen = await fetch(http, pair.picture(new.imdb))
        alive = [part.process.poll() is None for part in pair.parts]
    began = time.monotonic()
    resumed = await drawn(http, pair, new)
    took_s = time.monotonic() - began
    first = await drawn(http, pair, later)

    show(
        f"Valkey {how}",
        [
            ("warm redirect", redirects[0].status, f"{max(each.seconds for each in redirects):.2f} s"),
            ("stored picture, from memory", pictures[0].cache, f"{max(each.seconds for each in pictures):.2f} s"),
            ("stored picture, by a new process", from_s3.status, f"{from_s3.cache} {from_s3.seconds:.2f} s"),
            ("picture nobody drew yet", unseen.status, f"{unseen.cache_control} {unseen.seconds:.2f} s"),
            ("the same, when Valkey is back", resumed.status, f"{resumed.cache} after {took_s:.1f} s"),
        ],
    )
    check_round(stored, redirects, pictures, calm_s=calm_s)
    assert (200, "HIT", stored.body) == (from_s3.status, from_s3.cache, from_s3.body)
    assert unseen.seconds < IN_TIME_S
    assert is_no_kept_accident(unseen)
    assert all(alive)
    assert {(200, stored.body)} == {(each.status, each.body) for each in (resumed, first)}


@pytest.mark.parametrize("how", ["ended", "frozen"])
async def test_without_postgres_stored_pictures_and_warm_redirects_go_on_and_all_works_with_it(
    pair: Pair, ground: Ground, sources: Sources, http: aiohttp.ClientSession, how: str
) -> None:
    warm, new, later = sources.film(), sources.film(), sources.film()
    stored = await known_everywhere(http, pair, warm)
    calm_s = slowest(*await round_of(http, pair, warm))
    look = {"ended": "?badge_size=xl", "frozen": "?badge_size=xs"}[how]

    with lost(ground.postgres, how):
        redirects, pictures = await round_of(http, pair, warm)
        unseen = await fetch(http, pair.picture(new.imdb))
        new_look = await fetch(http, pair.picture(warm.imdb, look), follow=False)
        alive = [part.process.poll() is None for part in pair.parts]
    began = time.monotonic()
    resumed = await asked(
        http,
        pair.picture(warm.imdb, look),
        lambda each: each.cache in {"HIT", "MISS"},
        seconds=BACK_WITHIN_S,
    )
    took_s = time.monotonic() - began
    finished = [await drawn(http, pair, title) for title in (new, later)]

    show(
        f"Postgres {how}",
        [
            ("warm redirect", redirects[0].status, f"{max(each.seconds for each in redirects):.2f} s"),
            ("stored picture", pictures[0].cache, f"{max(each.seconds for each in pictures):.2f} s"),
            ("picture nobody drew yet", unseen.status, f"{unseen.cache} {unseen.cache_control} {unseen.seconds:.2f} s"),
            ("look nobody asked for yet", new_look.status, f"{new_look.cache_control} {new_look.seconds:.2f} s"),
            ("the same, when Postgres is back", resumed.status, f"{resumed.cache} after {took_s:.1f} s"),
        ],
    )
    check_round(stored, redirects, pictures, calm_s=calm_s)
    assert is_no_kept_accident(unseen)
    assert unseen.seconds < IN_TIME_S
    assert (503, "no-store") == (new_look.status, new_look.cache_control)
    assert all(alive)
    assert 200 == resumed.status
    assert {(200, stored.body)} == {(each.status, each.body) for each in finished}


@pytest.mark.parametrize("how", ["ended", "frozen"])
async def test_without_s3_what_is_in_memory_goes_on(
    pair: Pair, ground: Ground, sources: Sources, http: aiohttp.ClientSession, how: str
) -> None:
    warm, new, later = sources.film(), sources.film(), sources.film()
    stored = await known_everywhere(http, pair, warm)
    calm_s = slowest(*await round_of(http, pair, warm))

    with lost(ground.s3, how):
        redirects, pictures = await round_of(http, pair, warm)
        unseen = await fetch(http, pair.picture(new.imdb))
        alive = [part.process.poll() is None for part in pair.parts]
    await asyncio.to_thread(bucket_is_there, ground)
    resumed = await drawn(http, pair, later)

    show(
        f"S3 {how}",
        [
            ("warm redirect", redirects[0].status, f"{max(each.seconds for each in redirects):.2f} s"),
            ("picture in memory", pictures[0].cache, f"{max(each.seconds for each in pictures):.2f} s"),
            ("picture nobody drew yet", unseen.status, f"{unseen.cache} {unseen.cache_control} {unseen.seconds:.2f} s"),
            ("another, when S3 is back", resumed.status, resumed.cache),
        ],
    )
    check_round(stored, redirects, pictures, calm_s=calm_s)
    assert is_no_kept_accident(unseen)
    assert unseen.seconds < IN_TIME_S
    assert all(alive)
    assert (200, stored.body) == (resumed.status, resumed.body)


async def test_a_renderer_told_to_stop_finishes_what_it_holds(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    titles = [sources.film() for _ in range(8)]
    sources.break_down(Source.IMAGES, held)
    for title in titles:
        await fetch(http, pair.picture(title.imdb), follow=False)
    assert await until(lambda: pair.number("renderer_jobs_held") == len(titles), seconds=60)
    held_by = [int(pair.number("renderer_jobs_held", part)) for part in pair.renderers]

    for part in (*pair.renderers, *pair.gateways):
        part.send(signal.SIGTERM)
    gateway_code = await asyncio.to_thread(pair.gateways[0].process.wait, DRAINED_WITHIN_S)
    still_there = [part.process.poll() is None for part in pair.renderers]
    sources.heal()
    began = time.monotonic()
    codes = [await asyncio.to_thread(part.process.wait, DRAINED_WITHIN_S) for part in pair.renderers]
    took_s = time.monotonic() - began
    settled = [part.said().count('"job_settled"') for part in pair.renderers]

    show(
        "SIGTERM",
        [
            ("gateway's exit code", gateway_code),
            ("renderers' exit codes", codes),
            ("jobs in hand", held_by),
            ("jobs settled", settled),
            ("after the sources answered", f"{took_s:.1f} s"),
        ],
    )
    assert [True, True] == still_there  # neither leaves while it holds jobs
    assert (0, [0, 0]) == (gateway_code, codes)
    assert held_by == settled
    assert took_s < A_JOB_AND_A_BIT_S


async def test_a_gateway_told_to_stop_answers_who_is_there(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    title = sources.film()
    asking = [asyncio.create_task(fetch(http, pair.picture(title.imdb), follow=False)) for _ in range(50)]
    await asking[0]

    pair.gateways[0].send(signal.SIGTERM)
    code = await asyncio.to_thread(pair.gateways[0].process.wait, DRAINED_WITHIN_S)
    answers = await asyncio.gather(*asking, return_exceptions=True)

    met = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert 0 == code
    assert {302} == set(met)
    assert all(isinstance(each, Answer | aiohttp.ClientConnectionError) for each in answers)


def is_no_kept_accident(answer: Answer) -> bool:
    """Tell whether an answer given in trouble is kept by nobody, or for a minute when it is plain art."""
    if answer.status == 200:
        return answer.cache in {"HIT", "MISS"} or answer.cache_control == "public, max-age=60"
    return answer.status in {502, 503} and answer.cache_control == "no-store"


def restart(part: Part) -> None:
    """End a process and start it again."""
    part.kill()
    part.start()


def bucket_is_there(ground: Ground) -> None:
    """Wait for S3, and make the bucket that it lost with its memory."""
    port = int(ground.stores.s3_url.rpartition(":")[2])
    program = moto(port, ground.stores.bucket, ground.s3.log)
    ground.s3.program = replace(ground.s3.program, is_ready=program.is_ready)
    ground.s3.until_ready()
