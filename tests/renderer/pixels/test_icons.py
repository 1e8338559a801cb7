import pytest

from renderer.pixels.icons import icon, icon_name
from shared.ratings import Rating, RatingSite
from shared.settings import Label

EVERY = [(site, label, value) for site in RatingSite for label in (Label.ICON, Label.OFFICIAL) for value in (1, 65, 90)]


@pytest.mark.parametrize(("site", "label", "value"), EVERY)
@pytest.mark.parametrize("side", [24, 48, 166])
def test_every_icon_fills_its_square(site: RatingSite, label: Label, value: float, side: int) -> None:
    drawn = icon(icon_name(site, Rating(value), label), side)

    left, top, right, bottom = drawn.getchannel("A").getbbox() or (0, 0, 0, 0)

    assert (side, side) == drawn.size
    assert max(right - left, bottom - top) >= 0.8 * side


@pytest.mark.parametrize("site", list(RatingSite))
def test_a_glyph_is_white_alone(site: RatingSite) -> None:
    drawn = icon(icon_name(site, Rating(1), Label.ICON), 96)

    colours = {
        colour[:3] for _, colour in drawn.getcolors(96 * 96) or [] if isinstance(colour, tuple) and colour[3] > 8
    }

    assert all(min(colour) >= 240 for colour in colours)
