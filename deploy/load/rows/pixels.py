"""Rows b and c: what drawing a poster costs beside its codecs, and what a second thread brings."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from multiprocessing import get_context
from statistics import median
from typing import Final

import msgspec
import simplejpeg
from PIL import Image

from deploy.demo import mdblist
from deploy.demo.art import render
from deploy.demo.plate import Plate
from deploy.demo.titles import FILMS
from deploy.load.cores import Cores, pinned
from deploy.load.results import Pair, Ratio, Row
from deploy.load.rounds import in_pairs, in_quiet_pairs
from renderer.metrics import RendererMetrics
from renderer.painters import Painters
from renderer.pixels.draw import draw
from services.mdblist import read_ratings
from shared.ids import MediaId, TitleKind
from shared.ratings import Ratings
from shared.settings import Format, Kind, Settings
from shared.telemetry.metrics import new_registry

QUALITY: Final = 85
LOOK: Final = Settings(kind=Kind.POSTER, format=Format.JPG)
_ART_WIDTH: Final = 780
_POSTERS: Final = 6
_JOBS: Final = 36  # of one round
_ROUNDS: Final = 9
_THREAD_ROUNDS: Final = 6
_MOST_THREAD_ROUNDS: Final = 24
_THREAD_S: Final = 0.8
_CEILING_ROUNDS: Final = 3
_JOBS_PER_PAINTER: Final = 4


class Order(msgspec.Struct, frozen=True):
    """Everything that a poster is drawn from."""

    art: bytes
    ratings: Ratings

    def draw(self) -> bytes:
        """Draw it as the renderer does."""
        return draw(LOOK, self.art, self.ratings, quality=QUALITY)


def orders(number: int = _POSTERS) -> list[Order]:
    """Return orders of some of the demo's films, art as TMDB sends it for a medium poster: 780×1170."""
    made = []
    for film in FILMS[:number]:
        media = MediaId(TitleKind.MOVIE, film.tmdb)
        body = msgspec.json.decode(msgspec.json.encode(mdblist.media(film, "")))
        art = render(Plate(film.slug, "poster", "en"), _ART_WIDTH, "jpg")
        made.append(Order(art, read_ratings(media, body).ratings))
    return made


async def measure(cores: Cores) -> list[Row]:
    """Measure both rows."""
    posters = orders()
    with pinned(cores.server):
        cost = _cost(posters)
    return [cost, await _threads(posters, cores)]


def _cost(posters: list[Order]) -> Ratio:
    finished = [(order.art, _pixels(order.draw())) for order in posters]
    endless_orders, endless_finished = cycle(posters), cycle(finished)

    def codecs_only() -> None:
        art, picture = next(endless_finished)
        simplejpeg.decode_jpeg(art, "RGBX")
        _encode(picture)

    for _ in range(2 * len(posters)):  # sprites are drawn, memory is there
        next(endless_orders).draw()
        codecs_only()

    pairs = [_one_after_the_other(lambda: next(endless_orders).draw(), codecs_only) for _ in range(_ROUNDS)]
    return Ratio(
        letter="b",
        what="medium poster job, against decode + encode alone",
        unit="ms",
        pairs=tuple(pairs),
        at_most=1.5,
        note=f"One thread. {_POSTERS} of the demo's films, art 780×1170, {len(posters[0].art) >> 10} KiB and alike; "
        "bare is simplejpeg's decode of that art and Pillow's encode of the finished poster, quality "
        f"{QUALITY}, 4:2:0.",
    )


def _pixels(jpeg: bytes) -> Image.Image:
    """Return a finished poster in the memory layout in which it was drawn."""
    array = simplejpeg.decode_jpeg(jpeg, "RGBX")
    height, width = array.shape[:2]
    return Image.frombuffer("RGBX", (width, height), array, "raw", "RGBX", 0, 1)


def _encode(picture: Image.Image) -> bytes:
    """Encode with the options of the product, into a memory file as well."""
    with os.fdopen(os.memfd_create("picture"), "w+b") as file:
        picture.save(file, "JPEG", quality=QUALITY, subsampling=2)
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _one_after_the_other(ours: Callable[[], object], bare: Callable[[], object]) -> Pair:
    """Return the median times of a round of jobs, the two taking turns job by job."""
    mine: list[float] = []
    base: list[float] = []
    for _ in range(_JOBS):
        for work, times in ((ours, mine), (bare, base)):
            started = time.thread_time()  # of the processor: others may be using it too
            work()
            times.append((time.thread_time() - started) * 1000)
    return Pair(median(mine), median(base))


async def _threads(posters: list[Order], cores: Cores) -> Ratio:
    ceiling = await _ceiling(posters) if len(cores.every) > 1 else 1.0
    with _painters(1) as one, _painters(2) as two:
        await _draw(one, posters, 1, 0.3)
        await _draw(two, posters, 2, 0.3)
        pairs, disturbed = await in_quiet_pairs(
            lambda: _draw(two, posters, 2, _THREAD_S),
            lambda: _draw(one, posters, 1, _THREAD_S),
            _THREAD_ROUNDS,
            _MOST_THREAD_ROUNDS,
        )
    return Ratio(
        letter="c",
        what="poster jobs with 2 threads, against 1",
        unit="jobs/s",
        pairs=pairs,
        at_least=1.85,
        note=f"Through the renderer's own painters. Two processes, which share no lock, did {ceiling:.2f} times "
        f"the work of one on this machine a moment before: the most that two threads can reach; {disturbed}.",
    )


def _painters(number: int) -> Painters:
    return Painters(painters=number, quality=QUALITY, metrics=RendererMetrics(new_registry()))


async def _draw(painters: Painters, posters: list[Order], number: int, seconds: float) -> float:
    """Keep the painters busy; returns jobs per second."""
    endless = cycle(posters)
    started = time.perf_counter()

    async def go_on() -> int:
        done = 0
        while time.perf_counter() - started < seconds:
            order = next(endless)
            await painters.draw(LOOK, order.art, order.ratings)
            done += 1
        return done

    done = await asyncio.gather(*(go_on() for _ in range(number * _JOBS_PER_PAINTER)))
    return sum(done) / (time.perf_counter() - started)


async def _ceiling(posters: list[Order]) -> float:
    """Return how many times the work of one process two of them do now."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        async def rate(processes: int) -> float:
            works = (loop.run_in_executor(pool, draw_alone, posters, _THREAD_S / 2) for _ in range(processes))
            return sum(await asyncio.gather(*works))

        await rate(2)
        pairs = await in_pairs(lambda: rate(2), lambda: rate(1), _CEILING_ROUNDS)
    return median(pair.ours / pair.base for pair in pairs)


def draw_alone(posters: list[Order], seconds: float) -> float:
    """Draw in a process of its own; returns jobs per second."""
    endless, done, started = cycle(posters), 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        next(endless).draw()
        done += 1
    return done / (time.perf_counter() - started)
