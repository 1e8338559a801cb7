import io

import pytest
from PIL import Image

from renderer.drawing.encoder import encode_picture
from shared.domain.pictures import Format
from tests.renderer.drawing.arts import decoded, encoded, picture


@pytest.mark.parametrize(("fmt", "name"), [(Format.JPG, "JPEG"), (Format.PNG, "PNG"), (Format.WEBP, "WEBP")])
def test_a_picture_is_encoded_without_metadata(fmt: Format, name: str) -> None:
    raw = encode_picture(picture((64, 96)).convert("RGBX"), fmt, 85)

    with Image.open(io.BytesIO(raw)) as opened:
        assert (name, "RGB", (64, 96)) == (opened.format, opened.mode, opened.size)
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(opened.info)


def test_a_jpeg_keeps_colour_at_half_size() -> None:
    raw = encode_picture(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    frame = raw.index(b"\xff\xc0")

    assert 0x22 == raw[frame + 11]


def test_a_jpeg_that_is_too_large_is_encoded_at_lower_quality() -> None:
    busy = Image.effect_noise((580, 859), 30).convert("RGBX")
    heavy = encode_picture(busy, Format.JPG, 85)

    lighter = encode_picture(busy, Format.JPG, 85, int(len(heavy) * 0.85))
    same = encode_picture(busy, Format.JPG, 85, len(heavy))

    assert len(lighter) <= len(heavy) * 0.87
    assert heavy == same


def test_a_small_picture_after_a_large_one_contains_none_of_its_bytes() -> None:
    small = encode_picture(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    large = encode_picture(Image.effect_noise((2500, 2500), 60).convert("RGBX"), Format.PNG, 85)
    again = encode_picture(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    assert len(large) > 4 * 1024 * 1024
    assert small == again


def test_a_logo_keeps_its_alpha() -> None:
    raw = encode_picture(Image.new("RGBA", (64, 32), (255, 0, 0, 0)), Format.PNG, 85)

    assert "RGBA" == decoded(raw).mode


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 1), (1, 9), (64, 96)])
def test_a_png_keeps_every_pixel(mode: str, size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 60).convert("RGB")
    image.putalpha(Image.linear_gradient("L").resize(size))
    image = image if mode == "RGBA" else image.convert("RGB").convert(mode)

    shown = decoded(encode_picture(image, Format.PNG, 85))

    assert image.convert(shown.mode).tobytes() == shown.tobytes()


def test_a_png_is_not_much_larger_than_with_all_filters_tried() -> None:
    grain = Image.effect_noise((580, 859), 20).convert("RGB")
    poster = Image.blend(picture(), grain, 0.3)
    logo = Image.new("RGBA", (780, 244))
    logo.paste((250, 250, 250, 255), (100, 50, 500, 200), Image.effect_noise((400, 150), 90))
    for image in (poster, logo):
        searched = encoded(image, "PNG", compress_level=4)

        assert len(encode_picture(image, Format.PNG, 85)) <= 1.1 * len(searched)
