"""The stated memory of a drawing is above what a fresh process takes for it, and below what would be wasteful."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image

from renderer.drawing.memory_need import drawing_bytes
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse

MB: Final = 1 << 20
ROOT: Final = Path(__file__).parents[3]
SIDE: Final = 2600
PROGRAM: Final = """
import os
import sys
from pathlib import Path

from renderer.drawing.picture import draw_picture
from renderer.memory_limits import return_freed_memory
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.parameters import parse

def of(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) * 1024

def measure(art, kind, fmt, size):
    return_freed_memory()
    draw_picture(parse(Kind.POSTER, Format(fmt), {}), small, ratings)
    raw = Path(art).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    before = of("VmRSS")
    draw_picture(parse(Kind(kind), Format(fmt), {"imageSize": size}), raw, ratings)
    print(of("VmHWM") - before, flush=True)

small = Path(sys.argv[1]).read_bytes()
ratings = {RatingSite.IMDB: Rating(8.3, 190_000)}
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        measure(*line.rstrip("\\n").split("\\t"))
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("the drawing failed", flush=True)
"""
"""Imports what a drawing needs, and makes each drawing in a process of its own, which has drawn nothing else."""


def plain(mode: str, fmt: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (SIDE, SIDE), 90 if len(mode) == 1 else tuple(range(40, 40 + 30 * len(mode), 30))).save(
        file, fmt, **options
    )
    return file.getvalue()


def noisy(fmt: str, side: int, **options: object) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(file, fmt, **options)
    return file.getvalue()


ARTS: Final = {
    "webp": lambda: plain("RGB", "WEBP", quality=50),
    "webp with alpha": lambda: plain("RGBA", "WEBP", quality=50),
    "webp, lossless": lambda: plain("RGB", "WEBP", lossless=True),
    "webp, lossless with alpha": lambda: plain("RGBA", "WEBP", lossless=True),
    "webp, lossless noise": lambda: noisy("WEBP", 2400, lossless=True, method=0),
    "png": lambda: plain("RGB", "PNG"),
    "png with alpha": lambda: plain("RGBA", "PNG"),
    "png, grey": lambda: plain("L", "PNG"),
    "png, palette": lambda: plain("P", "PNG"),
    "png, transparent colour": lambda: plain("RGB", "PNG", transparency=(40, 70, 100)),
    "png, turned": lambda: plain("RGB", "PNG", exif=turned()),
    "jpeg": lambda: plain("RGB", "JPEG"),
    "jpeg, progressive": lambda: plain("RGB", "JPEG", progressive=True, subsampling=0),
    "jpeg, progressive cmyk": lambda: plain("CMYK", "JPEG", progressive=True),
    "jpeg, turned": lambda: plain("RGB", "JPEG", exif=turned()),
    "jpeg, noise": lambda: noisy("JPEG", 2600, quality=90),
}
TARGETS: Final = [
    (Kind.POSTER, Format.JPG, "medium"),
    (Kind.BACKDROP, Format.PNG, "large"),
    (Kind.POSTER, Format.WEBP, "verylarge"),
    (Kind.LOGO, Format.PNG, "verylarge"),
]


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


class Drawings:
    """A process that draws in children of its own: to start one from nothing costs more than to draw."""

    def __init__(self, folder: Path) -> None:
        small = io.BytesIO()
        Image.new("RGB", (300, 450), (40, 60, 110)).save(small, "JPEG")
        (folder / "small").write_bytes(small.getvalue())
        command = [sys.executable, "-c", PROGRAM, str(folder / "small")]
        self._folder = folder
        self.process = subprocess.Popen(  # noqa: S603 - this program
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def peak(self, art: bytes, kind: Kind, fmt: Format, size: str) -> int:
        (self._folder / "art").write_bytes(art)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{self._folder / 'art'}\t{kind}\t{fmt}\t{size}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawings]:
    drawings = Drawings(tmp_path_factory.mktemp("drawings"))
    with drawings.process:
        yield drawings


@pytest.mark.parametrize("art", ARTS)
def test_a_drawing_takes_no_more_memory_than_stated(drawings: Drawings, art: str) -> None:
    raw = ARTS[art]()
    kind, fmt, size = TARGETS[list(ARTS).index(art) % len(TARGETS)]

    peak = drawings.peak(raw, kind, fmt, size)

    assert peak <= drawing_bytes(raw, parse(kind, fmt, {"imageSize": size}))


@pytest.mark.stress
@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("art", ARTS)
def test_every_drawing_takes_no_more_memory_than_stated(
    drawings: Drawings, art: str, target: tuple[Kind, Format, str]
) -> None:
    raw = ARTS[art]()
    kind, fmt, size = target

    peak = drawings.peak(raw, kind, fmt, size)

    assert peak <= drawing_bytes(raw, parse(kind, fmt, {"imageSize": size}))


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"RIFF1234WEBPVP8X", b"<"]
)
def test_what_is_no_picture_takes_little(raw: bytes) -> None:
    assert drawing_bytes(raw, parse(Kind.POSTER, Format.JPG, {})) < 24 * MB


def test_a_usual_poster_takes_a_small_part_of_the_memory() -> None:
    file = io.BytesIO()
    Image.new("RGB", (780, 1170), (40, 60, 110)).save(file, "JPEG")

    assert drawing_bytes(file.getvalue(), parse(Kind.POSTER, Format.JPG, {})) < 24 * MB


def test_an_animated_webp_counts_as_what_its_decoder_takes() -> None:
    frames = [Image.new("RGBA", (64, 64), (each, 60, 110, 255)) for each in (0, 200)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    still = io.BytesIO()
    frames[0].save(still, "WEBP", lossless=True)

    settings = parse(Kind.POSTER, Format.JPG, {})
    assert drawing_bytes(still.getvalue(), settings) < drawing_bytes(file.getvalue(), settings)
