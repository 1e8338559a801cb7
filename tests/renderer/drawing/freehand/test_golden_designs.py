"""Golden pictures of each element and of each preset, at half their size; see ``test_golden``."""

from typing import Any

import pytest
from PIL import Image

from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from shared.designs.as_settings import design_settings
from shared.designs.builtin import builtin_presets
from shared.designs.document import DesignDocument
from shared.domain.awards import Award
from shared.domain.pictures import Format
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, lettering, picture
from tests.renderer.drawing.freehand.titles import KNOWN
from tests.renderer.drawing.test_golden import compare
from tests.shared.designs.written import written

ELEMENTS: dict[str, list[dict[str, Any]]] = {
    "ratings": [
        {"type": "rating", "site": "imdb", "anchor": "br", "scale": 170},
        {"type": "ratings", "anchor": "br", "sites": ["lb", "rt", "mc", "tmdb", "rta"], "limit": 5, "wrap": 3},
        {"type": "ratings", "anchor": "tl", "flow": "column", "background": "dark", "shape": "pill", "label": "icon"},
    ],
    "rating": [
        {"type": "rating", "site": "avg", "label": "text", "background": "translucent", "opacity": 50},
        {"type": "rating", "site": "lb", "anchor": "bl", "scale": 220, "background": "none"},
        {"type": "rating", "site": "mal", "anchor": "mc", "scale": 400},
    ],
    "award": [{"type": "award"}, {"type": "award", "anchor": "br", "scale": 250}],
    "sash": [{"type": "sash", "words": ["new"], "anchor": "bc", "x": 0, "scale": 150}],
    "age": [{"type": "age"}, {"type": "age", "system": "commonsense", "anchor": "tl", "scale": 200}],
    "quality": [{"type": "quality"}, {"type": "quality", "anchor": "br", "scale": 60}],
    "logo": [{"type": "logo"}, {"type": "logo", "anchor": "tl", "x": 30, "y": 30, "width": 300, "height": 400}],
    "text": [
        {"type": "text", "text": "{title} ({year})", "size": 90},
        {"type": "text", "text": "{genre} · {runtime}", "anchor": "tl", "weight": "regular", "align": "left"},
        {"type": "text", "text": "No. {rank}", "anchor": "mr", "align": "right", "colour": "#102030", "size": 120},
    ],
    "scrim": [{"type": "scrim", "height": 700, "opacity": 90}, {"type": "scrim", "edge": "left", "colour": "#aa0033"}],
    "box": [
        {"type": "box", "width": 600, "height": 400, "radius": 80, "colour": "#ffffff", "opacity": 80},
        {"type": "box", "anchor": "bc", "width": 1000, "height": 150, "opacity": 100},
    ],
    "bar": [
        {"type": "bar", "site": "imdb", "height": 30},
        {"type": "bar", "site": "lb", "anchor": "mc", "width": 700, "height": 60},
        {"type": "bar", "site": "mc", "anchor": "tc", "y": 80, "width": 700, "height": 60, "colour": "#f5c518"},
    ],
}
DESIGNS = {f"element-{name}": written(*elements) for name, elements in ELEMENTS.items()} | {
    f"preset-{name}": design for name, design in builtin_presets().items()
}


def drawn(design: DesignDocument) -> Image.Image:
    look = design_settings(design, Format.PNG, {})
    finished = draw_picture(
        look,
        encoded(picture()),
        RATINGS,
        Award.OSCAR,
        overlay=TitleOverlay(encoded(lettering())),
        facts=KNOWN,
    )
    return decoded(finished).reduce(2)


def test_there_are_eight_presets() -> None:
    assert 8 == len(builtin_presets())


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_matches_its_golden_picture(name: str) -> None:
    compare(name, drawn(DESIGNS[name]))
