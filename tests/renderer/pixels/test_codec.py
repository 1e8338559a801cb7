import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from renderer.pixels import codec
from renderer.pixels.codec import Undecodable, decode
from tests.renderer.pixels.arts import encoded, fixture, near, picture

RED, BLUE = (200, 30, 40), (20, 40, 210)


def whole(width: int, height: int) -> tuple[int, int]:
    return width, height


def halves(mode: str = "RGB", size: tuple[int, int] = (64, 96)) -> Image.Image:
    """Return a picture that is red above and blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    return image.convert(mode)


def colours(raw: bytes) -> tuple[Image.Image, object, object]:
    """Decode; return the picture in sRGB, and a pixel of its upper and of its lower half."""
    art = decode(raw, whole)
    image = art.to_srgb(art.image).convert("RGB")
    return image, image.getpixel((image.width // 2, 5)), image.getpixel((image.width // 2, image.height - 5))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(encoded(halves(), "JPEG", quality=95), id="baseline"),
        pytest.param(encoded(halves(), "JPEG", quality=95, progressive=True), id="progressive"),
        pytest.param(encoded(halves(), "JPEG", quality=95, subsampling=0), id="444"),
        pytest.param(encoded(halves(), "PNG"), id="png"),
        pytest.param(encoded(halves("RGBA"), "PNG"), id="png-alpha"),
        pytest.param(encoded(halves().quantize(8), "PNG"), id="png-palette"),
        pytest.param(encoded(halves(), "WEBP", quality=95), id="webp"),
        pytest.param(encoded(halves(), "WEBP", lossless=True), id="webp-lossless"),
        pytest.param(encoded(halves("RGBA"), "WEBP", lossless=True), id="webp-alpha"),
    ],
)
def test_every_coding_comes_out_in_its_colours(raw: bytes) -> None:
    image, upper, lower = colours(raw)

    assert (64, 96) == image.size
    assert near(RED, upper, 6)
    assert near(BLUE, lower, 6)


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_gray_art_stays_gray(name: str) -> None:
    image, upper, lower = colours(encoded(halves("L"), name))

    assert all(pixel[0] == pixel[1] == pixel[2] for pixel in (upper, lower) if isinstance(pixel, tuple))
    assert "RGB" == image.mode


def test_cmyk_art_comes_out_in_its_colours() -> None:
    _, upper, lower = colours(encoded(halves("CMYK"), "JPEG", quality=95))

    assert near(RED, upper, 8)
    assert near(BLUE, lower, 8)


def test_deep_gray_art_is_scaled_and_not_clipped() -> None:
    deep = Image.new("I;16", (8, 8), 0x8000)

    _, upper, _ = colours(encoded(deep, "PNG"))

    assert (128, 128, 128) == upper


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_art_comes_out_upright(name: str, orientation: int) -> None:
    undo: dict[int, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = halves() if orientation == 1 else halves().transpose(undo[orientation])

    image, upper, lower = colours(encoded(stored, name, exif=exif, quality=95))

    assert (64, 96) == image.size
    assert near(RED, upper, 8)
    assert near(BLUE, lower, 8)


def swapped_profile() -> bytes:
    """Return an ICC profile in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB built-in".encode("utf-16-be"), "made for test".encode("utf-16-be"))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_is_honoured(name: str) -> None:
    raw = encoded(halves(), name, icc_profile=swapped_profile(), quality=95)

    _, upper, lower = colours(raw)

    assert near(RED[::-1], upper, 12)
    assert near(BLUE[::-1], lower, 12)


def test_a_broken_profile_is_passed_over() -> None:
    _, upper, _ = colours(encoded(halves(), "PNG", icc_profile=b"no profile at all"))

    assert near(RED, upper, 0)


def test_a_large_jpeg_is_decoded_at_a_fraction_that_is_still_sharp() -> None:
    raw = encoded(picture((2000, 3000)), "JPEG")

    art = decode(raw, lambda _width, _height: (580, 870))

    assert 580 * 1.25 <= art.image.width <= 1000


def png_that_claims(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def jpeg_that_claims(width: int, height: int) -> bytes:
    raw = encoded(picture((16, 16)), "JPEG")
    at = raw.index(b"\xff\xc0") + 5
    return raw[:at] + struct.pack(">HH", height, width) + raw[at + 4 :]


@pytest.mark.parametrize("claim", [png_that_claims, jpeg_that_claims])
@pytest.mark.parametrize("size", [(8000, 6251), (60000, 20), (20, 60000), (0, 50)])
def test_art_beyond_the_limits_is_refused_from_its_header(
    claim: Callable[[int, int], bytes], size: tuple[int, int]
) -> None:
    with pytest.raises(Undecodable, match="×"):
        decode(claim(*size), whole)


def test_art_of_too_many_bytes_is_refused() -> None:
    raw = encoded(halves(), "JPEG")
    raw += bytes(codec.MOST_BYTES - len(raw))

    assert (64, 96) == decode(raw, whole).image.size
    with pytest.raises(Undecodable, match="bytes"):
        decode(raw + b"\0", whole)


def test_a_progressive_file_of_endless_scans_is_refused() -> None:
    raw = encoded(picture((1000, 1000)), "JPEG", progressive=True)

    with pytest.raises(Undecodable, match="scans"):
        decode(raw + b"\xff\xda" * 1000, whole)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.99])
def test_art_that_is_cut_short_is_refused(name: str, share: float) -> None:
    raw = encoded(picture((64, 96)), name)

    with pytest.raises(Undecodable):
        decode(raw[: int(len(raw) * share)], whole)


def test_bytes_left_over_before_the_end_hurt_no_pixel() -> None:
    raw = encoded(halves(), "JPEG", quality=95)

    _, upper, lower = colours(raw[:-2] + b"left over" + raw[-2:])

    assert near(RED, upper, 6)
    assert near(BLUE, lower, 6)


def test_a_profile_for_colour_leaves_gray_art_gray() -> None:
    _, upper, _ = colours(encoded(halves("L"), "PNG", icc_profile=swapped_profile()))

    assert isinstance(upper, tuple)
    assert upper[0] == upper[1] == upper[2]


def test_a_profile_leaves_alpha_alone() -> None:
    art = decode(encoded(halves("RGBA"), "PNG", icc_profile=swapped_profile()), whole)

    image = art.to_srgb(art.image)

    assert "RGBA" == image.mode
    assert (255, 255) == image.getchannel("A").getextrema()


@pytest.mark.parametrize("name", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(Undecodable, match="neither"):
        decode(encoded(halves(), name), whole)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
@settings(max_examples=60)
@given(position=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=8))
def test_damaged_art_is_decoded_or_refused_and_nothing_else(name: str, position: float, junk: bytes) -> None:
    raw = encoded(picture((24, 36)), name)
    at = int(len(raw) * position)

    try:
        art = decode(raw[:at] + junk + raw[at + len(junk) :], whole)
    except Undecodable:
        return

    assert art.image.width * art.image.height <= codec.MOST_PIXELS


RIGHT = {
    "16bit_rgb.png": (100, 100),
    "alpha.webp": (200, 150),
    "animated_6.webp": (200, 200),
    "apng.png": (128, 64),
    "broken_exif_dpi.jpg": (100, 100),
    "cmyk_adobe.jpg": (100, 100),
    "exif_orientation_6.jpg": (128, 128),
    "gray.jpg": (128, 128),
    "icc_exif.jpg": (300, 225),
    "invalid_quantization.jpg": (300, 400),
    "junk_before_header.jpg": (1024, 768),
    "logo_like_rgba.png": (2048, 1536),
    "one_pixel.png": (1, 1),
    "palette_interlaced_trns.png": (162, 150),
    "paletted_transparent.png": (300, 225),
    "pngsuite_gray16.png": (32, 32),
    "pngsuite_rgba16_interlaced.png": (32, 32),
    "portrait_orientation_6_large.jpg": (1200, 1800),
    "progressive.jpg": (320, 240),
    "tiny_2x1_orientation_8.jpg": (1, 2),
}
REFUSED = (
    "dimension_bomb_16384x16384.png",
    "dimension_bomb_65535x66601.gif",
    "jpeg_12bit.jpg",
    "jpeg_lossless.jpg",
    "large_9643x10328.jpg",
    "one_byte.jpg",
    "photo.avif",
    "png_text_chunk_bomb.png",
    "pngsuite_bad_ihdr_crc.png",
    "pngsuite_bad_signature.png",
    "progressive_truncated.jpg",
    "truncated.png",
)


@pytest.mark.parametrize(("name", "size"), RIGHT.items())
def test_odd_art_from_the_wild_is_decoded(name: str, size: tuple[int, int]) -> None:
    art = decode(fixture(f"odd/{name}"), whole)

    assert size == art.image.size


@pytest.mark.parametrize("name", REFUSED)
def test_broken_art_from_the_wild_is_refused(name: str) -> None:
    raw = fixture(f"odd/{name}")

    with pytest.raises(Undecodable):
        decode(raw, whole)


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("odd/cmyk_adobe.jpg", (2, 1), (255, 13, 25)),
        ("odd/broken_exif_dpi.jpg", (50, 50), (0, 128, 0)),
        ("odd/tiny_2x1_orientation_8.jpg", (0, 0), (254, 0, 0)),
        ("odd/pngsuite_gray16.png", (0, 0), (0, 0, 0)),
    ],
)
def test_odd_art_comes_out_in_its_colours(name: str, at: tuple[int, int], expected: tuple[int, int, int]) -> None:
    art = decode(fixture(name), whole)

    assert near(expected, art.to_srgb(art.image).convert("RGB").getpixel(at), 16)
