import io

import pytest
from PIL import Image

from renderer.pixels.encoder import encode
from shared.settings import Format
from tests.renderer.pixels.arts import decoded, picture


@pytest.mark.parametrize(("fmt", "name"), [(Format.JPG, "JPEG"), (Format.PNG, "PNG"), (Format.WEBP, "WEBP")])
def test_a_picture_is_encoded_without_metadata(fmt: Format, name: str) -> None:
    raw = encode(picture((64, 96)).convert("RGBX"), fmt, 85)

    with Image.open(io.BytesIO(raw)) as opened:
        assert (name, "RGB", (64, 96)) == (opened.format, opened.mode, opened.size)
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(opened.info)


def test_a_jpeg_keeps_colour_at_half_size() -> None:
    raw = encode(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    frame = raw.index(b"\xff\xc0")

    assert 0x22 == raw[frame + 11]


def test_a_jpeg_that_is_too_heavy_is_encoded_coarser() -> None:
    busy = Image.effect_noise((580, 859), 30).convert("RGBX")
    heavy = encode(busy, Format.JPG, 85)

    lighter = encode(busy, Format.JPG, 85, int(len(heavy) * 0.85))
    same = encode(busy, Format.JPG, 85, len(heavy))

    assert len(lighter) <= len(heavy) * 0.87
    assert heavy == same


def test_a_small_picture_after_a_large_one_carries_nothing_of_it() -> None:
    small = encode(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    large = encode(Image.effect_noise((2500, 2500), 60).convert("RGBX"), Format.PNG, 85)
    again = encode(picture((64, 96)).convert("RGBX"), Format.JPG, 85)

    assert len(large) > 4 * 1024 * 1024
    assert small == again


def test_a_logo_keeps_its_alpha() -> None:
    raw = encode(Image.new("RGBA", (64, 32), (255, 0, 0, 0)), Format.PNG, 85)

    assert "RGBA" == decoded(raw).mode
