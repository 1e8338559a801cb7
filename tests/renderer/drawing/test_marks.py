"""The marks of the sites: each on its own flat ground, and large enough to be read on the small posters of a grid."""

import importlib.resources
import re
from itertools import product
from typing import Any

import pytest
from PIL import Image

from renderer.drawing.badge_content import badge_contents
from renderer.drawing.colours import GROUND
from renderer.drawing.design import compile_design
from renderer.drawing.icons import icon
from renderer.drawing.layout.picture_layout import lay_out
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.picture import draw_picture, shown
from renderer.drawing.rating_text import Verdict
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import Axis, Background, Label, Settings, Shape
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, settings_of

FOLDER = importlib.resources.files("renderer.drawing").joinpath("icons", "mark")
STATES: dict[Verdict, tuple[RatingSite, Rating]] = {
    Verdict.CERTIFIED: (RatingSite.RT, Rating(92, 300)),
    Verdict.FRESH: (RatingSite.RT, Rating(65, 300)),
    Verdict.ROTTEN: (RatingSite.RT, Rating(20, 300)),
    Verdict.HOT: (RatingSite.RTA, Rating(92)),
    Verdict.UPRIGHT: (RatingSite.RTA, Rating(65)),
    Verdict.SPILLED: (RatingSite.RTA, Rating(20)),
}
EVERY: list[tuple[str, RatingSite, Rating]] = [
    *((site.value, site, RATINGS[site]) for site in RatingSite if site not in {RatingSite.RT, RatingSite.RTA}),
    *((state.value, site, rating) for state, (site, rating) in STATES.items()),
]
WIDTHS = (120, 150, 170, 230)
READABLE = 3.0  # the contrast that is asked of graphics


def luminance(colour: tuple[int, ...]) -> float:
    """Return the relative luminance of a colour, as the accessibility guidelines define it."""
    linear = [level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4 for level in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def label_of(site: RatingSite, rating: Rating, **query: Any) -> Image.Image:
    """Return the label of a single badge on black art."""
    settings = settings_of(ratings_limit=1, ratings_order=site, **query)
    known: Ratings = {site: rating}
    drawn = decoded(draw_picture(settings, encoded(Image.new("RGB", (580, 859))), known))
    badges = ((site, rating),)
    (strip,) = lay_out(compile_design(settings), badges, None, settings.canvas).parts
    assert isinstance(strip, PlacedStrip)
    (badge,) = strip.badges
    is_tall = strip.metrics.axis is Axis.VERTICAL
    right = badge.x + (strip.metrics.width if is_tall else strip.metrics.label)
    bottom = badge.y + (strip.metrics.label if is_tall else strip.metrics.height)
    return drawn.crop((badge.x, badge.y, right, bottom))


def colours(image: Image.Image) -> list[tuple[int, tuple[int, ...]]]:
    counted = image.getcolors(image.width * image.height) or []
    return [(count, colour) for count, colour in counted if isinstance(colour, tuple)]


@pytest.mark.parametrize("name", [name for name, _, _ in EVERY])
def test_a_mark_is_flat_and_brings_no_tile(name: str) -> None:
    svg = FOLDER.joinpath(f"{name}.svg").read_text(encoding="utf-8")
    drawn = icon(f"mark/{name}", 96)
    corners = [drawn.getchannel("A").getpixel((x, y)) for x, y in product((2, 93), repeat=2)]

    assert not re.search(r"Gradient|<filter", svg)
    assert [0, 0, 0, 0] == corners


@pytest.mark.parametrize(("name", "site", "rating"), EVERY)
def test_the_ground_of_a_mark_reaches_every_edge_of_its_label_in_one_colour(
    name: str, site: RatingSite, rating: Rating
) -> None:
    label = label_of(site, rating)
    edges = [(29, 1), (29, 56), (1, 29), (20, 2), (20, 55), (2, 20)]

    assert name
    for at in edges:
        colour = label.getpixel(at)
        assert isinstance(colour, tuple)
        assert all(abs(got - own) <= 40 for got, own in zip(colour, GROUND[site], strict=False)), at
    assert max(colours(label))[1][:3] == GROUND[site]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("name", "site", "rating"), EVERY)
def test_a_mark_stands_out_from_its_ground_where_posters_are_small(
    name: str, site: RatingSite, rating: Rating, width: int
) -> None:
    label = label_of(site, rating)
    side = max(1, round(label.width * width / 580))
    small = label.resize((side, side), Image.Resampling.LANCZOS)

    clear = sum(count for count, colour in colours(small) if contrast(colour, GROUND[site]) >= READABLE)

    assert clear >= 0.12 * side * side, name


def test_the_word_of_imdb_is_a_third_larger_than_its_former_37_pixels() -> None:
    label = label_of(RatingSite.IMDB, Rating(8.1)).convert("L")
    left, _, right, _ = (
        label.crop((2, 8, 56, 50)).point([255 * (level < 60) for level in range(256)]).getbbox() or (0,) * 4
    )

    assert right - left >= 37 * 4 / 3 - 1


@pytest.mark.parametrize("background", [one for one in Background if one is not Background.COLOURED])
@pytest.mark.parametrize("shape", list(Shape))
def test_on_another_background_the_ground_is_one_tile(background: Background, shape: Shape) -> None:
    label = label_of(RatingSite.IMDB, Rating(8.1), badge_background=background, badge_shape=shape)
    yellow = [colour for _, colour in colours(label) if colour[:3] == GROUND[RatingSite.IMDB]]
    edge = label.getpixel((label.width // 2, 1))

    assert yellow
    assert isinstance(edge, tuple)
    assert max(edge[:3]) < 80  # the tile does not reach it


@pytest.mark.parametrize("axis", list(Axis))
@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("background", list(Background))
def test_a_mark_lies_within_its_ground(axis: Axis, shape: Shape, background: Background) -> None:
    settings = settings_of(badge_style=axis, badge_shape=shape, badge_background=background, ratings_limit=10)
    (strip,) = lay_out(compile_design(settings), shown(settings, RATINGS), None, settings.canvas).parts
    assert isinstance(strip, PlacedStrip)
    metrics = strip.metrics
    part = (metrics.width, metrics.label) if metrics.axis is Axis.VERTICAL else (metrics.label, metrics.height)

    assert metrics.mark[0] <= part[0] - 2 * metrics.tile - 2 * metrics.unit
    assert metrics.mark[1] <= part[1] - 2 * metrics.tile - 2 * metrics.unit


def backdrop_of_two_halves() -> bytes:
    art = Image.new("RGB", (580, 859), (240, 240, 240))
    art.paste((10, 10, 10), (290, 0, 580, 859))
    return encoded(art)


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(label_style="i"),
        settings_of(badge_background="t"),
        settings_of(badge_background="k", ratings_limit=6),
        settings_of(badge_style="v", ratings_limit=5),
    ],
)
def test_all_badges_of_a_row_have_one_tone_on_uneven_art(settings: Settings) -> None:
    drawn = decoded(draw_picture(settings, backdrop_of_two_halves(), RATINGS))
    (strip,) = lay_out(compile_design(settings), shown(settings, RATINGS), None, settings.canvas).parts
    assert isinstance(strip, PlacedStrip)
    for line in strip.lines:
        tones = set()
        for badge in (strip.badges[number] for number in line):
            inner = round(4 * strip.metrics.unit)
            tones.add(
                drawn.getpixel((badge.x + strip.metrics.width - inner, badge.y + strip.metrics.height - inner * 3))
            )
        assert len(line) > 1
        assert 1 == len(tones)


def test_only_marks_have_a_ground_of_their_own() -> None:
    badges = shown(settings_of(ratings_limit=10), RATINGS)

    marked = [content.is_mark for label in Label for content in badge_contents(label, badges)]

    assert [label is Label.OFFICIAL for label in Label for _ in badges] == marked
