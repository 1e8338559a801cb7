import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageStat

from renderer.drawing.canvas import native_size, opaque_canvas, required_size, transparent_canvas
from renderer.drawing.codec import Undecodable, decode
from renderer.drawing.decoded_art import DecodedArt, Pixels
from renderer.drawing.picture import draw_picture
from shared.domain.pictures import CANVAS, Kind, Size
from shared.settings.model import Fit
from tests.renderer.drawing.arts import decoded, encoded, near, picture, settings_of

SIZE = (58, 86)
sides = st.integers(1, 4000)


def striped(size: tuple[int, int]) -> Image.Image:
    """Return a green picture with a red edge on the left and on the right."""
    image = Image.new("RGB", size, (0, 200, 0))
    image.paste((200, 0, 0), (0, 0, size[0] // 8, size[1]))
    image.paste((200, 0, 0), (size[0] - size[0] // 8, 0, *size))
    return image


@pytest.mark.parametrize("fit", [Fit.COVER, Fit.PAD, Fit.BLUR])
@pytest.mark.parametrize("art", [(200, 300), (300, 200), (58, 86), (1, 1), (1000, 3), (3, 1000)])
def test_a_canvas_has_exactly_its_size(fit: Fit, art: tuple[int, int]) -> None:
    assert SIZE == opaque_canvas(DecodedArt(Image.new("RGB", art)), SIZE, fit, blur=False).size


def test_cover_crops_both_sides_equally() -> None:
    canvas = opaque_canvas(DecodedArt(striped((400, 200))), SIZE, Fit.COVER, blur=False)

    assert near((0, 200, 0), canvas.convert("RGB").getpixel((0, 40)), 3)
    assert near((0, 200, 0), canvas.convert("RGB").getpixel((57, 40)), 3)


def test_pad_shows_all_of_the_art_on_black() -> None:
    canvas = opaque_canvas(DecodedArt(striped((400, 200))), SIZE, Fit.PAD, blur=False).convert("RGB")

    assert (0, 0, 0) == canvas.getpixel((29, 2))
    assert near((200, 0, 0), canvas.getpixel((1, 43)), 12)
    assert near((200, 0, 0), canvas.getpixel((56, 43)), 12)


def test_a_blurred_background_is_darker_than_the_art() -> None:
    canvas = opaque_canvas(
        DecodedArt(Image.new("RGB", (400, 200), (200, 100, 50))), SIZE, Fit.BLUR, blur=False
    ).convert("RGB")

    assert near((124, 62, 31), canvas.getpixel((29, 2)), 3)
    assert near((200, 100, 50), canvas.getpixel((29, 43)), 2)


@given(sides, sides)
def test_a_native_canvas_keeps_the_width_and_a_sane_height(width: int, height: int) -> None:
    native = native_size((580, 859), (width, height))

    assert 580 == native[0]
    assert 859 / 2 - 1 <= native[1] <= 859 * 2


def test_a_native_canvas_follows_the_art() -> None:
    assert (580, 870) == native_size((580, 859), (1000, 1500))


@given(sides, sides, st.sampled_from(list(Fit)))
def test_the_required_size_covers_the_canvas(width: int, height: int, fit: Fit) -> None:
    wide, high = required_size((580, 859), fit, (width, height))

    assert wide >= 579 or high >= 858
    assert fit in {Fit.PAD, Fit.BLUR} or wide >= 579


def test_transparent_art_is_put_on_black() -> None:
    art = Image.new("RGBA", (64, 96), (255, 255, 255, 0))

    canvas = opaque_canvas(DecodedArt(art), SIZE, Fit.COVER, blur=False).convert("RGB")

    assert (0, 0, 0) == canvas.getpixel((20, 20))


def test_blur_hides_detail_and_keeps_the_colours() -> None:
    art = Image.effect_noise((580, 859), 60).convert("RGB")

    unblurred = opaque_canvas(DecodedArt(art), (580, 859), Fit.COVER, blur=False).convert("L")
    blurred = opaque_canvas(DecodedArt(art), (580, 859), Fit.COVER, blur=True).convert("L")

    assert ImageStat.Stat(blurred).stddev[0] < ImageStat.Stat(unblurred).stddev[0] / 10
    assert ImageStat.Stat(blurred).mean[0] == pytest.approx(ImageStat.Stat(unblurred).mean[0], abs=2)


def test_art_of_the_right_size_is_not_touched() -> None:
    art = picture(SIZE)

    assert art.tobytes() == opaque_canvas(DecodedArt(art), SIZE, Fit.COVER, blur=False).convert("RGB").tobytes()


BOX = (78, 24)


def on_sheet(size: tuple[int, int], ink: tuple[int, int, int, int], opaque_canvas: tuple[int, ...]) -> DecodedArt:
    """Return art that is transparent except for one box of one colour."""
    sheet = Image.new("RGBA", size)
    sheet.paste(opaque_canvas, ink)
    return DecodedArt(sheet)


@pytest.mark.parametrize("ink", [(400, 20, 480, 40), (3, 3, 5, 4), (0, 0, 600, 10), (10, 0, 12, 90)])
def test_a_logo_is_fitted_without_its_transparent_margins(ink: tuple[int, int, int, int]) -> None:
    canvas = transparent_canvas(on_sheet((600, 100), ink, (250, 250, 250, 255)), BOX, BOX)

    left, top, right, bottom = canvas.getchannel("A").getbbox() or (0, 0, 0, 0)

    assert BOX == canvas.size
    assert right - left == 78 or bottom - top == 24
    assert abs(left - (78 - right)) <= 1
    assert abs(top - (24 - bottom)) <= 1


def test_a_logo_is_at_the_bottom_of_its_box_when_badges_follow() -> None:
    canvas = transparent_canvas(on_sheet((600, 100), (0, 0, 600, 100), (250, 250, 250, 255)), BOX, (78, 40))

    assert (0, 11, 78, 24) == canvas.getchannel("A").getbbox()


def test_the_edges_of_a_scaled_logo_are_not_darkened() -> None:
    sheet = Image.new("RGBA", (600, 200))
    ImageDraw.Draw(sheet).ellipse((100, 40, 457, 160), (250, 250, 250, 255))

    canvas = transparent_canvas(DecodedArt(sheet), BOX, BOX)
    edges = [colour for _, colour in canvas.getcolors(78 * 24) or [] if isinstance(colour, tuple) and colour[3] > 60]

    assert 20 < len(edges)
    assert all(near((250, 250, 250), colour[:3], 6) for colour in edges)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBX"])
def test_an_opaque_logo_is_not_cropped(mode: str) -> None:
    canvas = transparent_canvas(DecodedArt(Image.new("RGB", (200, 100), (90, 90, 90)).convert(mode)), BOX, BOX)

    assert (15, 0, 63, 24) == canvas.getchannel("A").getbbox()
    assert near((90, 90, 90, 255), canvas.getpixel((39, 12)), 2)


def test_a_fully_transparent_logo_is_refused() -> None:
    with pytest.raises(Undecodable):
        transparent_canvas(DecodedArt(Image.new("RGBA", (60, 20))), BOX, BOX)


def test_the_required_size_of_fully_shown_art_is_smaller() -> None:
    assert (293, 439) == required_size((780, 439), Fit.BLUR, (1000, 1500))


def rows(width: int, height: int) -> Pixels:
    """Return memory as a decoder fills it: each row has its own colour."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, :, 0] = np.arange(height, dtype=np.uint8)[:, None]
    return pixels


@pytest.mark.parametrize("height", [SIZE[1], SIZE[1] + 1, SIZE[1] + 10])
def test_art_that_needs_no_scaling_is_painted_on_where_it_was_decoded(height: int) -> None:
    pixels = rows(SIZE[0], height)

    canvas = opaque_canvas(DecodedArt.mapped(pixels, "RGBX"), SIZE, Fit.COVER, blur=False)
    canvas.paste((9, 9, 250), (0, 0, 2, 2))

    top = (height - SIZE[1]) // 2
    assert SIZE == canvas.size
    assert [9, 9, 250] == pixels[top, 0, :3].tolist()
    assert (top + 5, 0, 0, 0) == canvas.getpixel((9, 5))


def test_art_that_is_only_too_wide_is_cut_without_a_change_of_its_pixels() -> None:
    pixels = rows(SIZE[0] + 9, SIZE[1])

    canvas = opaque_canvas(DecodedArt.mapped(pixels, "RGBX"), SIZE, Fit.COVER, blur=False)

    assert pixels[:, 4 : 4 + SIZE[0], :3].tobytes() == canvas.convert("RGB").tobytes()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_turned_art_is_painted_on_in_its_own_memory_too(orientation: int) -> None:
    size = (SIZE[1], SIZE[0]) if orientation == 6 else SIZE
    art = DecodedArt.mapped(rows(*size), "RGBX").upright(orientation)

    canvas = opaque_canvas(art, SIZE, Fit.COVER, blur=False)
    canvas.paste((9, 9, 250), (0, 0, 2, 2))

    assert SIZE == canvas.size
    assert (9, 9, 250) == canvas.convert("RGB").getpixel((1, 1))


def detailed(size: tuple[int, int]) -> Image.Image:
    """Return a picture with fine and coarse detail."""
    noise = np.random.default_rng(1)
    layers = [
        Image.fromarray(noise.integers(0, 255, (size[1] // part, size[0] // part, 3), np.uint8)).resize(size)
        for part in (2, 6, 20)
    ]
    return Image.blend(picture(size), Image.blend(layers[0], Image.blend(layers[1], layers[2], 0.5), 0.8), 0.4)


def closeness(expected: Image.Image, got: Image.Image) -> float:
    """Return the peak signal-to-noise ratio in dB."""
    difference = np.asarray(expected, np.float64) - np.asarray(got, np.float64)
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


@pytest.mark.parametrize("width", [500, 470, 440, 405])
def test_art_decoded_at_half_its_size_loses_less_than_its_jpeg_will(width: int) -> None:
    source, size = detailed((1000, 1480)), (width, round(width * 1.48))
    expected = source.resize(size, Image.Resampling.LANCZOS)

    art = decode(encoded(source, "JPEG", quality=98), lambda _width, _height: size)
    canvas = opaque_canvas(art, size, Fit.COVER, blur=False).convert("RGB")

    assert (500, 740) == art.image.size
    assert closeness(expected, canvas) > closeness(expected, decoded(encoded(expected, "JPEG", quality=85)))


@pytest.mark.parametrize("fit", ["pad", "blur"])
@pytest.mark.parametrize("kind", [Kind.POSTER, Kind.BACKDROP])
@pytest.mark.parametrize(
    ("change", "is_filled"), [(1.0, True), (1.015, True), (0.985, True), (1.03, False), (0.97, False)]
)
def test_art_of_nearly_the_canvas_ratio_fills_it(fit: str, kind: Kind, change: float, *, is_filled: bool) -> None:
    width, height = CANVAS[kind][Size.MEDIUM]
    art = encoded(Image.new("RGB", (round(width * change), height), (200, 30, 30)))

    cover, fitted = (
        decoded(draw_picture(settings_of(kind=kind, fit=each, ratings_limit=0), art, {})) for each in ("cover", fit)
    )

    assert is_filled == (cover.tobytes() == fitted.tobytes())


def test_a_usual_poster_is_not_padded() -> None:
    art = encoded(Image.new("RGB", (2000, 3000), (200, 30, 30)))

    drawn = decoded(draw_picture(settings_of(fit="pad", ratings_limit=0), art, {}))

    assert 1 == len(drawn.getcolors() or [])
