"""Icons: there is one for everything that can be shown, it fills its box, and it is sharp at every size."""

import importlib.resources
import re

import pytest
from PIL import Image, ImageChops

from renderer.drawing.icons import award_name, icon, icon_name
from renderer.drawing.rating_text import Verdict
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Label

FOLDER = importlib.resources.files("renderer.drawing").joinpath("icons")
GLYPHS = [f"mono/{site}" for site in RatingSite]
VERDICTS = [f"mark/{word}" for word in Verdict]
# Rotten Tomatoes' two sites have no marks other than their verdicts.
MARKS = [f"mark/{site}" for site in RatingSite if site not in {RatingSite.RT, RatingSite.RTA}] + VERDICTS
SQUARE = GLYPHS + MARKS
STATUETTES = [award_name(award) for award in Award]
SCALES = sorted({size[0] / 580 for size in CANVAS[Kind.POSTER].values()} | {720 / 1080, 3840 / 1920, 480 / 780})
SIDES = [round(48 * scale) for scale in SCALES]
STATURES = [(round(45 * scale), round(112 * scale)) for scale in SCALES]
UPSCALED_IS_SOFT = 0.8  # the steepest edge of a bitmap enlarged by n falls to 1/n


def steepest(drawn: Image.Image) -> int:
    """Return the largest step of opacity or brightness between neighbouring pixels, on middle grey."""
    ground = Image.new("RGBA", drawn.size, (128, 128, 128, 255))
    ground.alpha_composite(drawn)
    layers = (drawn.getchannel("A"), ground.convert("L"))
    steps = [
        ImageChops.difference(layer.crop((way[0], way[1], *layer.size)), layer.crop((0, 0, *_less(layer.size, way))))
        for layer in layers
        for way in ((1, 0), (0, 1))
    ]
    return max(level for step in steps for level, count in enumerate(step.histogram()) if count)


def _less(size: tuple[int, int], way: tuple[int, int]) -> tuple[int, int]:
    return size[0] - way[0], size[1] - way[1]


def filled(drawn: Image.Image) -> tuple[float, float]:
    """Return the fractions of width and height that are drawn on."""
    left, top, right, bottom = drawn.getchannel("A").getbbox() or (0, 0, 0, 0)
    return (right - left) / drawn.width, (bottom - top) / drawn.height


@pytest.mark.parametrize("label", [Label.ICON, Label.OFFICIAL])
@pytest.mark.parametrize("value", [1, 65, 90])
@pytest.mark.parametrize("site", list(RatingSite))
def test_every_rating_has_an_icon(site: RatingSite, value: float, label: Label) -> None:
    name = icon_name(site, Rating(value), label)

    assert name in SQUARE
    assert FOLDER.joinpath(f"{name}.svg").is_file()


def test_every_icon_is_used() -> None:
    found = {
        f"{folder.name}/{file.name[:-4]}" for folder in FOLDER.iterdir() if folder.is_dir() for file in folder.iterdir()
    }

    assert {*SQUARE, *STATUETTES} == found


@pytest.mark.parametrize("name", SQUARE + STATUETTES)
def test_an_icon_contains_vectors_only(name: str) -> None:
    words = FOLDER.joinpath(f"{name}.svg").read_text(encoding="utf-8")

    assert not re.search(r"<image|<text|<script|<foreignObject|data:|https?://(?!www\.w3\.org/2000/svg\")", words)


@pytest.mark.parametrize("name", SQUARE)
@pytest.mark.parametrize("side", SIDES)
def test_an_icon_fills_a_square_of_the_requested_size(name: str, side: int) -> None:
    drawn = icon(name, side)

    assert (side, side) == drawn.size
    assert max(filled(drawn)) >= 0.8


@pytest.mark.parametrize("name", STATUETTES)
@pytest.mark.parametrize("size", STATURES)
def test_an_award_fills_the_requested_height(name: str, size: tuple[int, int]) -> None:
    drawn = icon(name, *size)

    assert size == drawn.size
    assert filled(drawn)[1] >= 0.9


@pytest.mark.parametrize("name", SQUARE)
def test_an_icon_is_centred_in_its_square(name: str) -> None:
    left, top, right, bottom = icon(name, 480).getchannel("A").getbbox() or (0, 0, 0, 0)

    assert abs(left + right - 480) / 2 <= 0.03 * 480
    assert abs(top + bottom - 480) / 2 <= 0.03 * 480


@pytest.mark.parametrize("name", SQUARE)
def test_an_icon_is_equally_sharp_at_every_size(name: str) -> None:
    small, large = (steepest(icon(name, side)) for side in (min(SIDES), max(SIDES)))

    assert large >= UPSCALED_IS_SOFT * small


@pytest.mark.parametrize("name", STATUETTES)
def test_an_award_is_equally_sharp_at_every_size(name: str) -> None:
    small, large = (steepest(icon(name, *size)) for size in (min(STATURES), max(STATURES)))

    assert large >= UPSCALED_IS_SOFT * small


@pytest.mark.parametrize("name", SQUARE)
def test_an_enlarged_bitmap_would_fail_the_sharpness_check(name: str) -> None:
    small, side = icon(name, min(SIDES)), max(SIDES)

    enlarged = small.resize((side, side), Image.Resampling.BICUBIC)

    assert steepest(enlarged) < UPSCALED_IS_SOFT * steepest(small)


@pytest.mark.parametrize("name", STATUETTES)
def test_an_award_is_bright_with_a_dark_base(name: str) -> None:
    drawn = icon(name, 90, 224)
    upper, foot = drawn.crop((0, 0, 90, 170)), drawn.crop((30, 182, 60, 200))

    light = max(red for _, (red, *_, alpha) in _colours(upper) if alpha == 255)
    dark = min(red for _, (red, *_, alpha) in _colours(foot) if alpha == 255)

    assert light >= 250
    assert dark <= 40


@pytest.mark.parametrize("site", list(RatingSite))
def test_a_mono_icon_is_white_only(site: RatingSite) -> None:
    drawn = icon(icon_name(site, Rating(1), Label.ICON), 96)

    colours = {colour[:3] for _, colour in _colours(drawn) if colour[3] > 8}

    assert all(min(colour) >= 240 for colour in colours)


def _colours(drawn: Image.Image) -> list[tuple[int, tuple[int, ...]]]:
    counted = drawn.getcolors(drawn.width * drawn.height) or []
    return [(count, colour) for count, colour in counted if isinstance(colour, tuple)]
