"""The title on a card: where its logo or name stands, what keeps it legible, and what keeps clear of it."""

import io

import pytest
from PIL import Image, ImageStat

from deploy.dev.sheet.art import PLAIN, Art, art
from deploy.dev.sheet.card_titles import NAME, CardTitle, overlay_of
from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.design import compile_design
from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.picture_layout import lay_out
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.memory_need import drawing_bytes
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay, UndecodableLogo, can_letter, draw_overlay, logo_box
from shared.domain.pictures import Format, Kind
from shared.settings.model import LabelPosition, Position, Settings
from tests.renderer.drawing.arts import RATINGS, decoded, settings_of

SIZE = (1280, 720)
ROOM = 10  # pixels above the title that are kept clear
LEFT, BOTTOM = 51, 720 - 29  # 4 % of each side
CARD = {"imageSize": "small", "title": "logo", "position": "br", "ratings_limit": "3"}


def card(fmt: Format = Format.PNG, **query: str) -> Settings:
    return settings_of(fmt, Kind.BACKDROP, **{**CARD, **query})


def plain(colour: tuple[int, int, int] = (255, 255, 255), size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.new("RGB", size, colour).convert("RGBX")


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def bar(size: tuple[int, int], colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    """Return a logo of this shape: a bar with a transparent corner and transparent margins."""
    logo = Image.new("RGBA", (size[0] + 40, size[1] + 60))
    logo.paste(colour, (20, 30, size[0] + 20, size[1] + 30))
    logo.paste((0, 0, 0, 0), (20, 30, 20 + size[0] // 8, 30 + size[1] // 8))
    return encoded(logo)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((1000, 100), (461, 46)), ((400, 800), (108, 216)), ((500, 500), (216, 216)), ((60, 20), (461, 154))],
)
def test_a_logo_fills_its_box_at_the_bottom_left(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    canvas = plain()

    (box,) = draw_overlay(canvas, TitleOverlay(bar(shape)))

    assert (461, 216) == logo_box(SIZE)
    assert (LEFT, BOTTOM) == (box[0], box[3])
    assert abs(box[2] - box[0] - expected[0]) <= 1
    assert abs(box[3] - box[1] - ROOM - expected[1]) <= 1
    assert canvas.getpixel(((box[0] + box[2]) // 2, (box[1] + box[3]) // 2))[:3] == (255, 0, 0)  # type: ignore[index]


def test_the_lower_part_is_darkened_up_to_60_percent() -> None:
    canvas = plain()

    draw_overlay(canvas, TitleOverlay(bar((60, 20))))

    column = [canvas.getpixel((1279, y))[0] for y in range(720)]  # type: ignore[index]
    assert {255} == set(column[:396])
    assert sorted(column, reverse=True) == column
    assert abs(column[396 + 162] - 255 * 0.7) <= 1
    assert abs(column[719] - 255 * 0.4) <= 1


@pytest.mark.parametrize("name", ["七人の侍", "الضحكة الأخيرة", "", " ", "Rear 窓"])
def test_a_name_that_the_badge_font_lacks_draws_nothing_and_darkens_nothing(name: str) -> None:
    canvas = plain()

    assert () == draw_overlay(canvas, TitleOverlay(name=name))
    assert not can_letter(name)
    assert plain().tobytes() == canvas.tobytes()


@pytest.mark.parametrize("name", ["Häxan", "Броненосец Потёмкин", NAME, "Dr. Strangelove " * 9, "W" * 90])
@pytest.mark.parametrize("size", [SIZE, (1920, 1080)])
def test_a_name_has_two_lines_at_most_in_the_box_of_a_logo(name: str, size: tuple[int, int]) -> None:
    (left, top, right, bottom), *_ = draw_overlay(plain(size=size), TitleOverlay(name=name))

    wide, high = logo_box(size)
    assert (round(size[0] * 0.04), size[1] - round(size[1] * 0.04)) == (left, bottom)
    assert right - left <= wide + 1
    assert bottom - top <= high + round(0.014 * size[1])


def contrast(canvas: Image.Image, box: tuple[int, int, int, int]) -> float:
    """Return the standard deviation of brightness within a box: 0 where nothing can be seen."""
    return float(ImageStat.Stat(canvas.convert("RGB").convert("L").crop(box)).stddev[0])


@pytest.mark.parametrize(
    ("colour", "ground"),
    [((255,) * 3, (255,) * 3), ((0,) * 3, (0,) * 3), ((255,) * 3, (0,) * 3), ((0,) * 3, (255,) * 3)],
)
@pytest.mark.parametrize("shape", [(1000, 100), (400, 800)])
def test_a_logo_can_be_seen_on_art_of_its_own_colour(
    colour: tuple[int, int, int], ground: tuple[int, int, int], shape: tuple[int, int]
) -> None:
    canvas = plain(ground)

    (box,) = draw_overlay(canvas, TitleOverlay(bar(shape, colour)))

    around = box[0] - 12, box[1] - 12, box[2] + 12, box[3] + 12
    assert contrast(canvas, around) > 25


def test_a_vector_is_drawn_at_the_size_of_its_box() -> None:
    (box,) = draw_overlay(plain(), overlay_of(CardTitle.VECTOR))

    assert box[2] - box[0] == 461 or box[3] - box[1] - ROOM == 216


@pytest.mark.parametrize(
    "raw",
    [b"", b"no picture", encoded(Image.new("RGBA", (90, 30))), encoded(Image.new("RGB", (90, 30), (255, 255, 255)))],
    ids=["empty", "broken", "transparent", "opaque"],
)
def test_a_logo_that_cannot_be_used_is_refused(raw: bytes) -> None:
    canvas = plain()

    with pytest.raises(UndecodableLogo):
        draw_overlay(canvas, TitleOverlay(raw or b"\0"))
    assert plain().tobytes() == canvas.tobytes()


CHIPS: Chips = {
    ChipRole.SASH: (Chip("Just released"),),
    ChipRole.AGE: (Chip("PG-13"),),
    ChipRole.QUALITY: (Chip("4K"), Chip("ATMOS")),
    ChipRole.FACTS: (Chip("Science Fiction"), Chip("2h 33m"), Chip("1927")),
}
ALL_CHIPS = {"sash": "new", "age_rating": "official", "badges": "4k,atmos", "chips": "genre,runtime,year"}


@pytest.mark.parametrize("position", list(Position))
@pytest.mark.parametrize("place", list(LabelPosition))
@pytest.mark.parametrize("limit", ["1", "3", "10"])
def test_badges_and_labels_keep_clear_of_the_title(position: Position, place: LabelPosition, limit: str) -> None:
    places = {"position": position.value, "sash_position": place.value, "chips_position": place.value}
    settings = card(Format.PNG, ratings_limit=limit, **places, **ALL_CHIPS)
    title = LEFT, BOTTOM - 216, LEFT + 461, BOTTOM
    badges = tuple(RATINGS.items())[: int(limit)]

    layout = lay_out(compile_design(settings), badges, None, SIZE, CHIPS, (title,))

    boxes = [chip.box for part in layout.parts if isinstance(part, PlacedChips) for chip in part.chips]
    for strip in (part for part in layout.parts if isinstance(part, PlacedStrip)):
        boxes += [
            (each.x, each.y, each.x + strip.metrics.width, each.y + strip.metrics.height) for each in strip.badges
        ]
    assert boxes
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]
        assert right <= title[0] or left >= title[2] or bottom <= title[1] or top >= title[3]


@pytest.mark.parametrize("ground", [Art.SCENE, *PLAIN])
@pytest.mark.parametrize("title", list(CardTitle))
def test_a_small_card_has_200_kilobytes_at_most(ground: Art, title: CardTitle) -> None:
    settings = card(Format.JPG)

    body = draw_picture(settings, art(ground, settings), RATINGS, overlay=overlay_of(title))

    assert SIZE == decoded(body).size
    assert len(body) <= 200_000


def test_noise_is_encoded_again_to_fit() -> None:
    noise = encoded(Image.effect_noise(SIZE, 64).convert("RGB"))
    usual = card(Format.JPG, title="none")

    limited, unlimited = draw_picture(card(Format.JPG), noise, RATINGS), draw_picture(usual, noise, RATINGS)

    assert len(limited) < 0.85 * len(unlimited)


def test_a_poster_in_place_of_a_backdrop_is_not_cropped() -> None:
    poster = Image.new("RGB", (600, 900), (250, 250, 250))
    poster.paste((200, 20, 20), (0, 0, 600, 60))
    poster.paste((20, 20, 200), (0, 840, 600, 900))

    picture = decoded(draw_picture(card(ratings_limit="0", fit="cover"), encoded(poster), RATINGS)).convert("RGB")

    assert picture.getpixel((640, 10)) == (200, 20, 20)
    assert picture.getpixel((640, 710)) == (20, 20, 200)


def test_the_logo_counts_towards_the_memory_that_a_card_takes() -> None:
    photo, logo = art(Art.SCENE, card(Format.JPG)), bar((4000, 2000))

    assert drawing_bytes(photo, card()) + 4000 * 2000 * 4 < drawing_bytes(photo, card(), logo)
