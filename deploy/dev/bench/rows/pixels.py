"""Rows b and h to k: the cost of drawing relative to the codecs, for every kind of picture, and the cost of badges."""

import os
import time
from collections.abc import Callable
from io import BytesIO
from itertools import cycle
from statistics import median
from typing import Final

import msgspec
import simplejpeg
from PIL import Image

from deploy.dev.bench.harness import Cores, pinned
from deploy.dev.bench.results import Pair, Row, compared
from deploy.dev.demo import mdblist
from deploy.dev.demo.catalogue import FILMS, Title
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture, Form
from renderer.drawing.encoder import encode_picture
from renderer.drawing.picture import draw_picture
from services.mdblist.reader import read_mdblist_ratings
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import MOST_BADGES, Settings
from shared.settings.parameters import parse

QUALITY: Final = 85
LOOK: Final = Settings(kind=Kind.POSTER, format=Format.JPG)
_ART_WIDTH: Final = 780
_ARTS: Final = 6
_FORMS: Final[dict[Kind, Form]] = {Kind.POSTER: "poster", Kind.BACKDROP: "backdrop", Kind.LOGO: "logo"}
_TEN: Final[Ratings] = {site: Rating(8.7 if site in {RatingSite.IMDB, RatingSite.MAL} else 3.9) for site in RatingSite}


class Order(msgspec.Struct, frozen=True):
    """Everything that a picture is drawn from."""

    art: bytes
    ratings: Ratings
    look: Settings = LOOK

    def draw(self) -> bytes:
        """Draw it as the renderer does."""
        return draw_picture(self.look, self.art, self.ratings, quality=QUALITY)


class Task(msgspec.Struct, frozen=True):
    """One kind of picture that is drawn repeatedly, and its maximum cost relative to its codecs."""

    letter: str
    what: str
    look: Settings
    art_width: int
    at_most: float
    arts: int = 3
    jobs: int = 9  # of one round
    rounds: int = 7


TASKS: Final = (
    Task("b", "medium poster", LOOK, _ART_WIDTH, 1.45, arts=_ARTS, jobs=36, rounds=9),
    Task("h", "large poster", parse(Kind.POSTER, Format.JPG, {"imageSize": "large"}), 2000, 1.6),
    Task("i", "1080p backdrop", parse(Kind.BACKDROP, Format.JPG, {}), 1920, 1.5),
    Task("j", "logo PNG", parse(Kind.LOGO, Format.PNG, {}), _ART_WIDTH, 1.5, jobs=18),
)
_FLOOR_OF: Final = {
    Format.JPG: "simplejpeg's decode of that artwork and Pillow's encode of the finished picture, quality 85, 4:2:0",
    Format.PNG: "Pillow's decode of that artwork and the renderer's own PNG encoder, which is faster than Pillow's, "
    "on the finished picture",
}


def orders(number: int = _ARTS, look: Settings = LOOK, width: int = _ART_WIDTH) -> list[Order]:
    """Return jobs for some of the demo's films, with artwork as wide as TMDB sends it for those settings."""
    extension = "png" if look.kind is Kind.LOGO else "jpg"
    return [
        Order(render(DemoPicture(film.slug, _FORMS[look.kind], "en"), width, extension), _ratings(film), look)
        for film in FILMS[:number]
    ]


def _ratings(film: Title) -> Ratings:
    media = MediaId(TitleKind.MOVIE, film.tmdb)
    body = msgspec.json.decode(msgspec.json.encode(mdblist.media(film, "")))
    return read_mdblist_ratings(media, body).ratings


def measure(cores: Cores, wanted: frozenset[str]) -> list[Row]:
    """Measure the requested ones of these rows, one thread on its own core."""
    with pinned(cores.server):
        rows = [_cost(task) for task in TASKS if task.letter in wanted]
        if "k" in wanted:
            rows.append(_badges())
    return rows


def _cost(task: Task) -> Row:
    ordered = orders(task.arts, task.look, task.art_width)
    finished = [(order.art, _pixels(order.draw(), task.look.format)) for order in ordered]
    endless_orders, endless_finished = cycle(ordered), cycle(finished)

    def codecs_only() -> None:
        art, picture = next(endless_finished)
        if task.look.format is Format.JPG:
            simplejpeg.decode_jpeg(art, "RGBX")
            _encode(picture)
        else:
            _opened(art)
            encode_picture(picture, task.look.format, QUALITY)

    width, height = _opened(ordered[0].art).size
    return compared(
        task.letter,
        f"{task.what} job, against decode + encode alone",
        "ms",
        _turns(lambda: next(endless_orders).draw(), codecs_only, 2 * task.arts, task.jobs, task.rounds),
        at_most=task.at_most,
        note=f"One thread. {task.arts} of the demo's films, {width}×{height}, {len(ordered[0].art) >> 10} KiB and "
        f"alike; bare is {_FLOOR_OF[task.look.format]}.",
    )


def _badges() -> Row:
    none, ten = (parse(Kind.POSTER, Format.JPG, {"ratings_limit": str(limit)}) for limit in (0, MOST_BADGES))
    pairs = [_turns(Order(o.art, _TEN, ten).draw, Order(o.art, _TEN, none).draw, 2, 36, 2) for o in orders()]
    return compared(
        "k",
        "medium poster with ten badges, against one with none",
        "ms",
        [pair for of_film in pairs for pair in of_film],
        at_most=1.1,
        note="One thread; the whole job on both sides, film by film, with the sprites of the badges in memory. Where "
        "the badges take a poster above 100,000 bytes it is encoded twice, and that film's ratio is the largest.",
    )


def _opened(art: bytes) -> Image.Image:
    with Image.open(BytesIO(art)) as opened:
        opened.load()
        return opened


def _pixels(finished: bytes, fmt: Format) -> Image.Image:
    """Return a finished picture in the memory layout in which it was drawn."""
    if fmt is not Format.JPG:
        return _opened(finished)
    array = simplejpeg.decode_jpeg(finished, "RGBX")
    height, width = array.shape[:2]
    return Image.frombuffer("RGBX", (width, height), array, "raw", "RGBX", 0, 1)


def _encode(picture: Image.Image) -> bytes:
    """Encode with the options of the product, into a memory file as well."""
    with os.fdopen(os.memfd_create("picture"), "w+b") as file:
        picture.save(file, "JPEG", quality=QUALITY, subsampling=2)
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _turns(
    ours: Callable[[], object], bare: Callable[[], object], warm: int, jobs: int, rounds: int
) -> tuple[Pair, ...]:
    """Measure rounds of jobs, alternating after each job; before that both have run ``warm`` times."""
    for _ in range(warm):  # sprites are drawn, memory is allocated
        ours()
        bare()
    return tuple(_one_after_the_other(ours, bare, jobs) for _ in range(rounds))


def _one_after_the_other(ours: Callable[[], object], bare: Callable[[], object], jobs: int) -> Pair:
    """Return the median times of a round of jobs."""
    mine: list[float] = []
    base: list[float] = []
    for _ in range(jobs):
        for work, times in ((ours, mine), (bare, base)):
            started = time.thread_time()  # of the processor: other programs may be using it too
            work()
            times.append((time.thread_time() - started) * 1000)
    return Pair(median(mine), median(base))
