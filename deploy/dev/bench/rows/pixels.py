"""Rows b, h to k, u to w: the cost of drawing relative to the codecs, for every kind of picture and what is on it."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from io import BytesIO
from statistics import median
from typing import Final

import msgspec
import simplejpeg
from PIL import Image

from deploy.dev.bench.harness import Bench, pinned
from deploy.dev.bench.results import Bound, Pair, Row, compared
from deploy.dev.bench.rounds import until_told
from deploy.dev.demo import mdblist
from deploy.dev.demo.catalogue import FILMS, Title
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import FORM_OF, DemoPicture
from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.encoder import encode_picture
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
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
_TEN_ELEMENTS: Final = """{"kind": "poster", "elements": [
    {"type": "scrim", "height": 500},
    {"type": "ratings", "anchor": "bc", "x": 0, "limit": 3},
    {"type": "rating", "site": "avg", "scale": 140},
    {"type": "award"},
    {"type": "sash", "words": ["new"], "y": 300},
    {"type": "age", "anchor": "mr"},
    {"type": "box", "anchor": "bc", "width": 920, "height": 200, "y": 140, "radius": 30},
    {"type": "text", "text": "{title} ({year})", "y": 180, "width": 880},
    {"type": "bar", "site": "imdb"},
    {"type": "quality", "y": 600}]}"""
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
    """One kind of picture that is drawn repeatedly, and its maximum cost relative to its codecs."""

    letter: str
    what: str
    look: Settings
    art_width: int
    at_most: float
    arts: int = 3
    times: int = 3  # that each is drawn in one round


TASKS: Final = (
    Task("b", "medium poster", LOOK, _ART_WIDTH, 1.45, arts=_ARTS, times=6),
    Task("h", "large poster", parse(Kind.POSTER, Format.JPG, {"imageSize": "large"}), 2000, 1.6),
    Task("i", "1080p backdrop", parse(Kind.BACKDROP, Format.JPG, {}), 1920, 1.5),
    Task("j", "logo PNG", parse(Kind.LOGO, Format.PNG, {}), _ART_WIDTH, 1.5, times=6),
)


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
    rows: dict[str, tuple[Callable[[], Awaitable[Row]], ...]] = {
        **{task.letter: (partial(_cost, task),) for task in TASKS},
        "k": (_badges,),
        "u": (_labels,),
        "v": (_cards,),
        "x": (_design, partial(_design, has_logo=True)),
    }
    with pinned(bench.cores.server):
        for letter, measures in rows.items():
            for measure_row in measures if letter in wanted else ():
                yield await measure_row()


async def _cost(task: Task) -> Row:
    ordered = orders(task.arts, task.look, task.art_width)
    alone = [codecs(order.art, order.draw(), task.look.format) for order in ordered]
    width, height = _opened(ordered[0].art).size
    bound = Bound(at_most=task.at_most)
    return compared(
        task.letter,
        f"{task.what} job, against decode + encode alone",
        "ms",
        await _turns([order.draw for order in ordered], alone, task.times, bound),
        bound,
        note=f"{task.arts} of the demo's films, {width}×{height}, {len(ordered[0].art) >> 10} KiB and alike.",
    )


async def _badges() -> Row:
    """Measure what it costs to draw ten badges.

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
    what, bound = "medium poster with ten badges, against one with none, encoded as often", Bound(at_most=1.1)
    pairs = await _turns([with_ten.draw for with_ten, _ in both], bare, 3, bound)
    second = f", which takes {median(again_ms):.1f} ms" if again_ms else ""
    note = f"{len(again_ms)} of {len(both)} films exceed 100,000 bytes with badges and are encoded twice{second}."
    return compared("k", what, "ms", pairs, bound, note=note)


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


async def _labels() -> Row:
    look = parse(Kind.POSTER, Format.JPG, _LABELLED)
    ours = [Order(each.art, _TEN, look, _CHIPS).draw for each in orders()]
    bare = [Order(each.art, _TEN).draw for each in orders()]
    what, bound = "medium poster with sash, age, quality and five ratings, against the default", Bound(at_most=1.15)
    return compared("u", what, "ms", await _turns(ours, bare, 3, bound), bound)


async def _cards() -> Row:
    plain, card = (parse(Kind.BACKDROP, Format.JPG, {"imageSize": "small", "title": title}) for title in Heading)
    ordered = orders(3, plain, plain.canvas[0])
    logos = [render(DemoPicture(film.slug, "logo", "en"), 500, "png") for film in FILMS[:3]]
    ours = [Order(each.art, _TEN, card, {}, TitleOverlay(logo)).draw for each, logo in zip(ordered, logos, strict=True)]
    bare = [Order(each.art, _TEN, plain).draw for each in ordered]
    what, bound = "card with its title's logo, against a backdrop of its size", Bound(at_most=1.6)
    return compared("v", what, "ms", await _turns(ours, bare, 3, bound), bound)


async def _design(*, has_logo: bool = False) -> Row:
    """Measure a design of ten elements, with another title's name in each picture; a logo is decoded in each, too."""
    elements = msgspec.json.decode(_TEN_ELEMENTS)
    if has_logo:
        elements["elements"][-1] = {"type": "logo", "y": 340}
    look = design_settings(msgspec.convert(elements, DesignDocument), Format.JPG, {})
    ours, bare = [], []
    for film, each in zip(FILMS, orders(), strict=False):
        logo = TitleOverlay(render(DemoPicture(film.slug, "logo", "en"), 500, "png")) if has_logo else None
        facts = msgspec.structs.replace(_FACTS, words={Fact.TITLE: film.name, Fact.YEAR: f"{film.released.year}"})
        ours.append(Order(each.art, _TEN, look, overlay=logo, award=Award.OSCAR, facts=facts).draw)
        bare.append(Order(each.art, _TEN).draw)
    among, bound = ", the logo among them" if has_logo else "", Bound(at_most=1.5)
    what = f"medium poster with a design of ten elements{among}, against the default"
    return compared("x", what, "ms", await _turns(ours, bare, 3, bound), bound)


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


async def _turns(ours: Sequence[Job], bare: Sequence[Job], times: int, bound: Bound) -> list[Pair]:
    """Measure rounds in which every job runs this number of times, alternating after each job."""

    async def pair(_: int) -> Pair:
        sums_ms = [0.0, 0.0]
        for both in list(zip(ours, bare, strict=True)) * times:
            for side, work in enumerate(both):
                started = time.thread_time()  # of the processor: other programs may be using it too
                work()
                sums_ms[side] += (time.thread_time() - started) * 1000
        return Pair(*(each / len(ours) / times for each in sums_ms))

    await pair(0)  # sprites are drawn, memory is allocated
    return await until_told(pair, bound, _ROUNDS)
