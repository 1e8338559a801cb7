"""Whole pictures of designs: any design on any title, and pixels where a rule can be seen."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from renderer.drawing.freehand.freehand_design import logo_room
from renderer.drawing.freehand.soft_masks import box_mask
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Format, Kind, Size
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, lettering, near, picture
from tests.renderer.drawing.freehand.titles import AWARDS, KNOWN, any_facts, any_ratings
from tests.shared.designs.documents import designs
from tests.shared.designs.written import SPECIMEN, written

GREY = encoded(Image.new("RGB", (580, 859), (128, 128, 128)))
ARTS = {kind: encoded(lettering() if kind is Kind.LOGO else picture((290, 430))) for kind in Kind}
OVERLAYS = [None, TitleOverlay(encoded(lettering())), TitleOverlay(name="The Passion of Joan of Arc")]


def drawn(
    *elements: dict[str, Any], art: bytes = GREY, overlay: TitleOverlay | None = None, **more: Any
) -> Image.Image:
    look = design_settings(written(*elements), Format.PNG, {})
    return decoded(draw_picture(look, art, RATINGS, Award.OSCAR, overlay=overlay, **{"facts": KNOWN} | more))


def levels(image: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    return np.asarray(image.convert("L"), np.int16)


@settings(max_examples=25)
@given(st.data(), designs, any_ratings(), AWARDS, st.sampled_from(OVERLAYS))
def test_any_design_draws_on_any_title_and_always_the_same(
    data: st.DataObject, design: DesignDocument, ratings: Any, award: Award | None, overlay: TitleOverlay | None
) -> None:
    sizes = [size for size in (Size.SMALL, Size.MEDIUM) if size in CANVAS[design.kind]]
    look = design_settings(design, data.draw(st.sampled_from((Format.JPG, Format.PNG))), {"size": sizes[0]})
    facts = data.draw(any_facts(design))

    first, again = (
        draw_picture(look, ARTS[design.kind], ratings, award, overlay=overlay, facts=facts) for _ in range(2)
    )

    assert first == again
    assert look.canvas[0] == decoded(first).width


@pytest.mark.parametrize("kind", list(Kind))
def test_every_element_draws_on_the_largest_picture_of_each_kind(kind: Kind) -> None:
    elements = [{**each, "words": ["new"]} if each["type"] == "sash" else each for each in SPECIMEN["elements"]]
    look = design_settings(written(*elements, kind=kind), Format.PNG, {"size": Size.LARGE})

    finished = draw_picture(look, ARTS[kind], RATINGS, Award.EMMY, overlay=OVERLAYS[1], facts=KNOWN, is_fast=True)

    assert look.canvas == decoded(finished).size


def test_a_box_covers_exactly_its_pixels() -> None:
    box = {"type": "box", "anchor": "tl", "x": 100, "y": 200, "width": 300, "height": 400, "colour": "#ff0000"}

    pixels = np.asarray(drawn({**box, "opacity": 100}).convert("RGB"))

    is_red = (pixels == (255, 0, 0)).all(axis=2)
    rows, columns = np.nonzero(is_red)
    assert (58, 116, 232, 348) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert 174 * 232 == is_red.sum()
    assert (pixels[~is_red] == 128).all()


def test_a_translucent_box_lets_the_art_show_through() -> None:
    pixels = drawn({"type": "box", "width": 500, "height": 500, "colour": "#000000", "opacity": 50})

    assert near((64, 64, 64), pixels.convert("RGB").getpixel((290, 430)), 1)


def test_rounded_corners_are_smooth_and_alike() -> None:
    mask = np.asarray(box_mask((60, 40), 12, 100))

    assert (mask == mask[::-1]).all()
    assert (mask == mask[:, ::-1]).all()
    assert 0 == mask[0, 0]
    assert {0, 255} < set(mask.ravel().tolist())


@pytest.mark.parametrize("edge", ["top", "bottom", "left", "right"])
@pytest.mark.parametrize("ground", [20, 250])
def test_a_scrim_has_no_visible_bands(edge: str, ground: int) -> None:
    art = encoded(Image.new("RGB", (580, 859), (ground,) * 3))

    shades = levels(drawn({"type": "scrim", "edge": edge, "height": 1000, "opacity": 90}, art=art))

    ramp = shades if edge in {"top", "bottom"} else shades.T
    means = ramp.mean(axis=1)
    means = means if edge in {"top", "left"} else means[::-1]
    assert means[0] < ground * 0.2
    assert (np.diff(means) > -0.6).all()
    assert np.abs(np.diff(ramp, axis=0)).max() <= 3  # levels, of 250 over 580 pixels
    dots = ramp.max(axis=1) - ramp.min(axis=1)
    assert 1 >= dots.max()
    assert ground < 128 or (dots == 1).sum() > 100  # the eye sees what lies between two levels


def test_an_unset_fact_leaves_the_art_as_it_is() -> None:
    plain = drawn()

    assert plain.tobytes() == drawn({"type": "text", "text": "Season {episode_title}"}, facts=None).tobytes()
    assert plain.tobytes() == drawn({"type": "text", "text": "\U0001f3ac"}).tobytes()
    assert plain.tobytes() == drawn({"type": "logo"}).tobytes()


@pytest.mark.parametrize(("align", "side"), [("left", 0), ("centre", 1), ("right", 2)])
def test_a_text_is_aligned_within_its_width(align: str, side: int) -> None:
    text = {"type": "text", "text": "{title}", "anchor": "mc", "y": 0, "width": 900, "align": align}

    changed = np.abs(levels(drawn(text)) - 128) > 60

    columns = np.nonzero(changed.any(axis=0))[0]
    middle = (columns.min() + columns.max()) / 2
    assert [middle < 200, 285 < middle < 295, middle > 380][side]


def test_the_regular_weight_has_less_ink() -> None:
    text = {"type": "text", "text": "{title}", "anchor": "mc", "size": 100}

    bold, regular = (int((levels(drawn({**text, "weight": weight})) > 200).sum()) for weight in ("bold", "regular"))

    assert 0.5 * bold < regular < 0.85 * bold


@pytest.mark.parametrize(("anchor", "left"), [("bl", 30), ("bc", 290), ("br", 550)])
def test_a_logo_keeps_to_the_side_of_its_anchor(anchor: str, left: int) -> None:
    logo = {"type": "logo", "anchor": anchor, "x": 0, "y": 0, "width": 1000, "height": 60}
    overlay = TitleOverlay(encoded(lettering()))

    pixels = np.asarray(drawn(logo, overlay=overlay).convert("RGB")).astype(np.int16)

    columns = np.nonzero((pixels[..., 0] - pixels[..., 2] > 120).any(axis=0))[0]
    assert abs((columns.min() + columns.max()) / 2 - left) < 40


def test_a_logo_has_the_room_of_the_largest_element() -> None:
    design = written({"type": "logo", "width": 500, "height": 100}, {"type": "logo", "width": 200, "height": 300})

    assert (290, 174) == logo_room(design_settings(design, Format.JPG, {}))
