"""Rows b, h to k, u, v and x: the cost of drawing relative to the codecs, for each kind of picture and its extras."""

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import simplejpeg
from PIL import Image

from deploy.dev.bench.harness import Bench, pinned
from deploy.dev.bench.results import KINDS, Pair, Row, compared
from deploy.dev.bench.rounds import until_told
from deploy.dev.demo import mdblist
from deploy.dev.demo.catalogue import FILMS, Title
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import FORM_OF, DemoPicture
from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.encoder import encode_picture
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.kept_memory import ask_for_huge_pages
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from renderer.memory_limits import return_freed_memory
from services.mdblist.reader import read_mdblist_ratings
from shared.designs.as_settings import design_settings
from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument
from shared.designs.elements import AgeSystem
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import MOST_BADGES, Heading, SashWord, Settings
from shared.settings.parameters import parse

QUALITY: Final = 85
LOOK: Final = Settings(kind=Kind.POSTER, format=Format.JPG)
_ART_WIDTH: Final = 780
_ARTS: Final = 6
_ROUNDS: Final = 7
_TEN: Final[Ratings] = {site: Rating(8.7 if site in {RatingSite.IMDB, RatingSite.MAL} else 3.9) for site in RatingSite}
_LABELLED: Final = {
    "sash": "new",
    "age_rating": "official",
    "ratings_limit": "5",
    "badges": "4k,dolbyvision,remux,atmos",
    "badgePos": "right",
}
_CHIPS: Final[Chips] = {
    ChipRole.SASH: (Chip("Season 3, 4 Mar"),),
    ChipRole.AGE: (Chip("TV-MA"),),
    ChipRole.QUALITY: tuple(map(Chip, ("4K", "DV", "REMUX", "ATMOS"))),
}
_TEN_ELEMENTS: Final = Path(__file__).with_name("ten_elements.json")
_FACTS: Final = DesignFacts(
    sashes={(SashWord.NEW,): Chip("Just released")},
    ages={AgeSystem.OFFICIAL: "PG-13"},
    quality=_CHIPS[ChipRole.QUALITY][:2],
)

Job = Callable[[], object]


class Order(msgspec.Struct, frozen=True):
    """Everything that a picture is drawn from."""

    art: bytes
    ratings: Ratings
    look: Settings = LOOK
    chips: Chips = {}
    overlay: TitleOverlay | None = None
    award: Award | None = None
    facts: DesignFacts | None = None

    def draw(self) -> bytes:
        """Draw it as the renderer does."""
        return draw_picture(
            self.look, self.art, self.ratings, self.award, self.chips, self.overlay, self.facts, quality=QUALITY
        )


class Task(msgspec.Struct, frozen=True):
    """One kind of picture that is drawn repeatedly, to be compared with its codecs."""

    look: Settings
    art_width: int
    arts: int = 3
    times: int = 3


TASKS: Final = {
    "b": Task(LOOK, _ART_WIDTH, _ARTS, times=6),
    "h": Task(parse(Kind.POSTER, Format.JPG, {"imageSize": "large"}), 2000),
    "i": Task(parse(Kind.BACKDROP, Format.JPG, {}), 1920),
    "j": Task(parse(Kind.LOGO, Format.PNG, {}), _ART_WIDTH, times=6),
}
"""By the name of the row that compares a kind of picture with the codecs alone."""


class Turns(msgspec.Struct, frozen=True):
    """The jobs of one row. Each job of ours is followed by the bare job it is compared with."""

    ours: Sequence[Job]
    bare: Sequence[Job]
    note: str = ""
    times: int = 3
    """How often each job runs in one round."""


def orders(number: int = _ARTS, look: Settings = LOOK, width: int = _ART_WIDTH) -> list[Order]:
    """Return jobs for some of the demo's films, with artwork as wide as TMDB sends it for those settings."""
    extension = "png" if look.kind is Kind.LOGO else "jpg"
    return [
        Order(render(DemoPicture(film.slug, FORM_OF[look.kind], "en"), width, extension), _ratings(film), look)
        for film in FILMS[:number]
    ]


def _ratings(film: Title) -> Ratings:
    media = MediaId(TitleKind.MOVIE, film.tmdb)
    body = msgspec.json.decode(msgspec.json.encode(mdblist.media(film, "")))
    return read_mdblist_ratings(media, body).ratings


async def measure(bench: Bench, wanted: frozenset[str]) -> AsyncIterator[Row]:
    """Measure the requested ones of these rows, one thread on its own core."""
    rows: dict[str, Callable[[], Turns]] = {
        **{name: partial(_against_codecs, task) for name, task in TASKS.items()},
        "k": _badges,
        "u": _labels,
        "v": _cards,
        "x": _design,
        "x logo": partial(_design, has_logo=True),
    }
    return_freed_memory()  # as a renderer begins, and each of its threads
    ask_for_huge_pages()
    with pinned(bench.cores.server):
        for name, prepared in rows.items():
            if name[0] in wanted:
                turns = prepared()
                yield compared(name, await _taken(name, turns), turns.note)


def _against_codecs(task: Task) -> Turns:
    ordered = orders(task.arts, task.look, task.art_width)
    alone = [codecs(order.art, order.draw(), task.look.format) for order in ordered]
    width, height = _opened(ordered[0].art).size
    note = f"{task.arts} of the demo's films, {width}×{height}, {len(ordered[0].art) >> 10} KiB and alike."
    return Turns([order.draw for order in ordered], alone, note, task.times)


def _badges() -> Turns:
    """Compare a poster with ten badges with the same one without.

    Badges make a file larger, and one above 100,000 bytes is encoded a second time, at a lower quality. That is the
    price of the limit and not of badges: whatever is in the artwork may bring it about, and it is as large as one
    encoding of the codecs, whatever was drawn. So where a poster with badges is encoded twice, the other side encodes
    it once more, too, and the note says of how many films that is and what it takes.
    """
    none, ten = (parse(Kind.POSTER, Format.JPG, {"ratings_limit": str(limit)}) for limit in (0, MOST_BADGES))
    both = [(Order(each.art, _TEN, ten), Order(each.art, _TEN, none)) for each in orders()]
    bare: list[Job] = []
    again_ms: list[float] = []
    for with_ten, without in both:
        finished, plain = with_ten.draw(), without.draw()
        if _tables(finished) == _tables(plain):  # the quality is the same
            bare.append(without.draw)
        else:
            again = partial(_encode, _pixels(finished, Format.JPG))
            bare.append(partial(_one_after_another, without.draw, again))
            again_ms.append(_thread_ms(again))
    second = f", which takes {median(again_ms):.1f} ms" if again_ms else ""
    note = f"{len(again_ms)} of {len(both)} films exceed 100,000 bytes with badges and are encoded twice{second}."
    return Turns([with_ten.draw for with_ten, _ in both], bare, note)


def _tables(finished: bytes) -> object:
    """Return the quantization tables of a JPEG, which its quality chooses."""
    with Image.open(BytesIO(finished)) as opened:
        return getattr(opened, "quantization", None)


def _one_after_another(*jobs: Job) -> None:
    for job in jobs:
        job()


def _thread_ms(job: Job) -> float:
    """Return the milliseconds of processor time that a job usually takes."""
    times = []
    for _ in range(_ROUNDS):
        started = time.thread_time()
        job()
        times.append(time.thread_time() - started)
    return median(times) * 1000


def _labels() -> Turns:
    look = parse(Kind.POSTER, Format.JPG, _LABELLED)
    ours = [Order(each.art, _TEN, look, _CHIPS).draw for each in orders()]
    return Turns(ours, [Order(each.art, _TEN).draw for each in orders()])


def _cards() -> Turns:
    plain, card = (parse(Kind.BACKDROP, Format.JPG, {"imageSize": "small", "title": title}) for title in Heading)
    ordered = orders(3, plain, plain.canvas[0])
    both = zip(ordered, FILMS, strict=False)
    ours = [Order(each.art, _TEN, card, {}, _logo(film)).draw for each, film in both]
    return Turns(ours, [Order(each.art, _TEN, plain).draw for each in ordered])


def _design(*, has_logo: bool = False) -> Turns:
    """Compare a design of ten elements, with another title's name in each picture; a logo is decoded in each, too."""
    elements = msgspec.json.decode(_TEN_ELEMENTS.read_bytes())
    if has_logo:
        elements["elements"][-1] = {"type": "logo", "y": 340}
    look = design_settings(msgspec.convert(elements, DesignDocument), Format.JPG, {})
    ours, bare = [], []
    for film, each in zip(FILMS, orders(), strict=False):
        logo = _logo(film) if has_logo else None
        facts = msgspec.structs.replace(_FACTS, words={Fact.TITLE: film.name, Fact.YEAR: f"{film.released.year}"})
        ours.append(Order(each.art, _TEN, look, overlay=logo, award=Award.OSCAR, facts=facts).draw)
        bare.append(Order(each.art, _TEN).draw)
    return Turns(ours, bare)


def _logo(film: Title) -> TitleOverlay:
    return TitleOverlay(render(DemoPicture(film.slug, "logo", "en"), 500, "png"))


def codecs(art: bytes, finished: bytes, fmt: Format) -> Job:
    """Return what decodes artwork and encodes the finished picture, and does nothing else."""
    picture = _pixels(finished, fmt)

    def alone() -> None:
        if fmt is Format.JPG:
            simplejpeg.decode_jpeg(art, "RGBX")
            _encode(picture)
        else:
            _opened(art)
            encode_picture(picture, fmt, QUALITY)

    return alone


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


async def _taken(name: str, turns: Turns) -> list[Pair]:
    """Measure rounds in which every job runs as often as it should, alternating after each job."""

    async def pair(_: int) -> Pair:
        sums_ms = [0.0, 0.0]
        for both in list(zip(turns.ours, turns.bare, strict=True)) * turns.times:
            for side, work in enumerate(both):
                started = time.thread_time()  # of the processor: other programs may be using it too
                work()
                sums_ms[side] += (time.thread_time() - started) * 1000
        return Pair(*(each / len(turns.ours) / turns.times for each in sums_ms))

    await pair(0)  # sprites are drawn, memory is allocated
    return await until_told(pair, KINDS[name], _ROUNDS)
