"""The stylesheet, which cannot import, says what the product says."""

from gateway.web.assets import STATIC
from shared.domain.pictures import CANVAS, Kind, Size


def test_a_poster_has_the_shape_in_which_it_is_drawn() -> None:
    width, height = CANVAS[Kind.POSTER][Size.MEDIUM]

    assert f"--poster: {width}/{height};" in (STATIC / "style.css").read_text()
