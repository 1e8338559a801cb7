"""The stated memory of a design covers the worst elements, measured in a fresh process, and is small for usual ones."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from renderer.drawing.freehand.design_memory import design_bytes
from shared.designs.as_settings import design_settings
from shared.designs.builtin import builtin_presets
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.shared.designs.written import written

MB: Final = 1 << 20
ROOT: Final = Path(__file__).parents[4]
WORST: Final[list[dict[str, Any]]] = [
    {"type": "box", "width": 1000, "height": 2000, "radius": 1000},
    {"type": "scrim", "height": 2000, "edge": "left"},
    {"type": "ratings", "scale": 400, "limit": 10},
    {"type": "rating", "site": "imdb", "scale": 400, "background": "none"},
    {"type": "award", "scale": 400},
    {"type": "logo", "width": 1000, "height": 2000, "y": 0},
    *({"type": "text", "text": "{title} {title} WWW", "size": 400, "lines": 5, "width": 1000} for _ in range(2)),
]
PROGRAM: Final = """
from pathlib import Path

from renderer.drawing.memory_need import drawing_bytes
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from renderer.memory_limits import return_freed_memory
from shared.designs.as_settings import design_settings
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind, Size
from tests.renderer.drawing.arts import RATINGS, encoded, lettering, picture
from tests.renderer.drawing.freehand.test_design_memory import WORST
from tests.renderer.drawing.freehand.titles import KNOWN
from tests.shared.designs.written import written

def of(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) * 1024

small = design_settings(written({"type": "bar", "site": "imdb"}), Format.JPG, {})
draw_picture(small, encoded(picture()), RATINGS, facts=KNOWN)
look = design_settings(written(*WORST, kind=Kind.EPISODE), Format.PNG, {"size": Size.VERY_LARGE})
art, logo = encoded(picture(look.canvas)), TitleOverlay(encoded(lettering()))
return_freed_memory()
Path("/proc/self/clear_refs").write_text("5")
before = of("VmRSS")
draw_picture(look, art, RATINGS, Award.OSCAR, overlay=logo, facts=KNOWN)
print(of("VmHWM") - before, drawing_bytes(art, look, logo.logo))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_worst_design_takes_no_more_than_is_stated() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter

    taken, stated = map(int, ended.stdout.split())
    assert taken <= stated < 2 * taken


def test_settings_without_a_design_take_nothing_for_it() -> None:
    assert 0 == design_bytes(parse(Kind.POSTER, Format.JPG, {}))
    assert 0 == design_bytes(design_settings(written({"type": "rating", "site": "imdb", "scale": 90}), Format.JPG, {}))


@pytest.mark.parametrize("name", builtin_presets())
def test_a_preset_takes_little(name: str) -> None:
    assert design_bytes(design_settings(builtin_presets()[name], Format.JPG, {})) <= 17 * MB
