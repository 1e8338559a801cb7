"""Golden pictures: one per rule of the layout, compared pixel by pixel.

``GOLDEN=write`` redraws them; look at each before committing it. A difference leaves
``expected | difference | got`` in ``tests/golden/failures``.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from shared.domain.awards import Award
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, RatingSite
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, lettered, lettering, picture, settings_of

FOLDER = Path(__file__).parents[2] / "golden"
FAILURES = FOLDER / "failures"
TOLERANCE = 2  # the builds of the library round differently; a wrong digit differs by two hundred
IS_WRITING = os.environ.get("GOLDEN") == "write"  # noqa: TID251 - a switch for developers, not configuration

CARD: dict[str, Any] = {"imageSize": "small", "title": "logo", "position": "br", "ratings_limit": 3}
QUERIES: dict[str, dict[str, Any]] = {
    "default": {},
    "vertical-left": {"position": "l", "ratings_limit": 5, "ratings_order": "rt,rta,mc,trakt,mal"},
    "pill": {"badge_shape": "p", "position": "tl", "ratings_order": "tmdb,mdblist,ebert"},
    "dark-rows": {
        "badge_background": "k",
        "label_style": "i",
        "ratings_limit": 10,
        "position": "tc",
        "badge_size": "s",
    },
    "translucent": {"badge_background": "t", "position": "tr", "badge_style": "h", "badge_size": "l"},
    "none": {"badge_background": "n", "ratings_order": "imdb,rt,mc"},
    "split-text": {"label_style": "t", "split": True, "ratings_limit": 5, "position": "r", "edge_inset": 8},
    "fit-blur": {"fit": "blur", "badge_style": "v", "ratings_limit": 4, "label_style": "i"},
    "award-alone": {"ratings_limit": 0},
    "award-column": {"position": "tr"},
    "award-row": {"position": "tr", "badge_style": "h", "direction": "h", "ratings_limit": 5},
    "award-centred-row": {"position": "tc", "badge_background": "t"},
    "award-disc": {"position": "l", "ratings_limit": 1},
    "award-moved": {"position": "br", "ratings_limit": 2},
    "marks": {"ratings_limit": 10, "ratings_order": "tmdb,trakt,mdblist,ebert,rta,rt"},
    "verdicts": {"ratings_limit": 2, "ratings_order": "rt,rta", "badge_background": "n", "position": "bl"},
    "label-row": {"sash": "new", "age_rating": "official", "ratings_limit": 5},
    "label-column": {
        "sash": "new",
        "sash_position": "tr",
        "position": "tr",
        "age_rating": "official",
        "badge_shape": "p",
    },
    "label-backdrop": {"kind": Kind.BACKDROP, "imageSize": "small", "sash": "new", "age_rating": "official"},
    "logo-rows": {"kind": Kind.LOGO, "ratings_limit": 7},
    "logo-translucent": {"kind": Kind.LOGO, "ratings_limit": 3, "badge_background": "t", "badge_shape": "p"},
    "backdrop-column": {"kind": Kind.BACKDROP, "imageSize": "small"},
    "backdrop-row": {"kind": Kind.BACKDROP, "imageSize": "small", "position": "tc", "badge_size": "l"},
    "card": {"kind": Kind.BACKDROP, **CARD},
    "card-name": {"kind": Kind.BACKDROP, **CARD, "position": "bl", "chips": "genre,runtime,year"},
    "quality-and-facts": {"badges": "4k,dolbyvision,remux,atmos", "badgePos": "right", "chips": "genre,runtime,year"},
    "colours": {
        "ratings_order": "avg,mcu,imdb",
        "rating_scale": "10",
        "badge_opacity": 60,
        "badge_colour": "navy",
        "font_colour": "gold",
        "site_colours": "avg:crimson",
        "label_style": "i",
    },
    "episode": {"kind": Kind.EPISODE, "imageSize": "small"},
    "episode-columns": {"kind": Kind.EPISODE, "imageSize": "small", "ratings_limit": 10, "badge_size": "xl"},
    "episode-from-poster": {"kind": Kind.EPISODE, "imageSize": "small", "label_style": "i"},
}

ARTS: dict[str, tuple[int, int]] = {"fit-blur": (400, 500), "episode-from-poster": (290, 430)}
"""Artwork whose aspect ratio differs from its canvas."""

LETTERED = frozenset({"award-disc", "award-moved"})
"""Drawn on art with lettering in its top right corner."""

LIKED_LESS = {RatingSite.RT: Rating(31, 200), RatingSite.RTA: Rating(48)}

LABELS: Chips = {
    ChipRole.SASH: (Chip("Season 3, 4 Mar"),),
    ChipRole.AGE: (Chip("TV-MA"),),
    ChipRole.QUALITY: (Chip("4K"), Chip("DV"), Chip("REMUX"), Chip("ATMOS")),
    ChipRole.FACTS: (Chip("Sci-Fi"), Chip("2h 33m"), Chip("1927")),
}
OVERLAYS = {"card": TitleOverlay(encoded(lettering())), "card-name": TitleOverlay(name="The Passion of Joan of Arc")}
AWARDS = {"award-alone": Award.OSCAR, "award-column": Award.EMMY}


def drawn(name: str) -> Image.Image:
    """Return the picture, with an alpha channel only where it is transparent."""
    settings = settings_of(**QUERIES[name])
    art = lettering() if settings.kind is Kind.LOGO else picture(ARTS.get(name, settings.canvas))
    art = lettered((440, 10, 580, 150)) if name in LETTERED else art
    has_award = name.startswith(("award", "label-column", "quality"))
    award = AWARDS.get(name, Award.OSCAR) if has_award else None
    ratings = LIKED_LESS if name == "verdicts" else RATINGS
    return decoded(draw_picture(settings, encoded(art), ratings, award, LABELS, OVERLAYS.get(name)))


def panel(expected: Image.Image, got: Image.Image) -> Image.Image:
    """Return the two pictures with their difference between them, amplified."""
    bands = len(expected.getbands())
    difference = ImageChops.difference(expected, got).point([min(255, v * 20) for v in range(256)] * bands)
    if bands == 4:
        difference.putalpha(255)  # so that the difference shows everywhere
    wide = Image.new(expected.mode, (expected.width * 3, expected.height))
    for number, part in enumerate((expected, difference, got)):
        wide.paste(part, (number * expected.width, 0))
    return wide


def largest_difference(expected: Image.Image, got: Image.Image) -> int:
    """Return the largest difference of any channel of any pixel.

    Colours of translucent pixels are weighted by their alpha.
    """
    if expected.mode == "RGBA":
        expected, got = expected.convert("RGBa"), got.convert("RGBa")
    counted = ImageChops.difference(expected, got).histogram()
    return max((level % 256 for level, count in enumerate(counted) if count), default=0)


def compare(name: str, got: Image.Image) -> None:
    """Compare a picture with its golden one, or write that."""
    kept = FOLDER / f"{name}.png"
    if IS_WRITING:
        got.save(kept, optimize=True)
    with Image.open(kept) as opened:
        expected = opened.convert(got.mode)
    assert expected.size == got.size

    worst = largest_difference(expected, got)
    if worst > TOLERANCE:
        FAILURES.mkdir(exist_ok=True)
        panel(expected, got).save(FAILURES / f"{name}.png")

    assert worst <= TOLERANCE, f"see {FAILURES.name}/{name}.png"


@pytest.mark.parametrize("name", QUERIES)
def test_a_picture_matches_its_golden_picture(name: str) -> None:
    compare(name, drawn(name))
