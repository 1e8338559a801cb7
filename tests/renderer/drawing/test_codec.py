import io
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps

from renderer.drawing import codec
from renderer.drawing.codec import Undecodable, decode
from renderer.drawing.picture import draw_picture
from shared.domain.pictures import Format
from tests.recorded_inputs import needs
from tests.renderer.drawing.arts import PICTURES, decoded, encoded, fixture, near, picture, settings_of

ROOT = Path(__file__).parents[3]
RED, BLUE = (200, 30, 40), (20, 40, 210)


def whole(width: int, height: int) -> tuple[int, int]:
    return width, height


def halves(mode: str = "RGB", size: tuple[int, int] = (64, 96)) -> Image.Image:
    """Return a picture that is red above and blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    return image.convert(mode)


def deep_png(image: Image.Image, colour: int) -> bytes:
    """Return the picture as a PNG of 16 bits per channel; ``colour`` is PNG's number for its mode."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    levels = np.asarray(image).astype(">u2") * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    head = struct.pack(">IIBBBBB", *image.size, 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def animated(name: str) -> bytes:
    """Return an animation of the two halves followed by green frames."""
    more = [Image.new("RGB", (64, 96), (0, 200, 0)) for _ in range(3)]
    return encoded(halves(), name, save_all=True, append_images=more, duration=50, lossless=True)


def colours(raw: bytes) -> tuple[Image.Image, object, object]:
    """Return the decoded picture in sRGB, and a pixel of its upper and of its lower half."""
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
        pytest.param(encoded(halves().quantize(8), "PNG", transparency=7), id="png-palette-transparency"),
        pytest.param(deep_png(halves(), 2), id="png-16-bit"),
        pytest.param(deep_png(halves("RGBA"), 6), id="png-16-bit-alpha"),
        pytest.param(encoded(halves(), "WEBP", quality=95), id="webp"),
        pytest.param(encoded(halves(), "WEBP", lossless=True), id="webp-lossless"),
        pytest.param(encoded(halves("RGBA"), "WEBP", lossless=True), id="webp-alpha"),
        pytest.param(animated("WEBP"), id="webp-animated"),
        pytest.param(animated("PNG"), id="png-animated"),
    ],
)
def test_every_coding_comes_out_in_its_colours(raw: bytes) -> None:
    image, upper, lower = colours(raw)

    assert (64, 96) == image.size
    assert near(RED, upper, 6)
    assert near(BLUE, lower, 6)


def logo_png(*, keeps_checksum: bool = True) -> tuple[Image.Image, bytes]:
    """Return a logo of many colours and opacities, and its PNG, maybe without the checksum of its pixels."""
    levels = np.random.default_rng(7).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    raw = encoded(Image.fromarray(levels), "PNG")
    at = raw.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", raw, at)
    body = raw[at + 8 : at + 8 + length - (0 if keeps_checksum else 4)]
    chunk = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    return Image.fromarray(levels), raw[:at] + chunk + raw[at + 12 + length :]


@pytest.mark.parametrize("keeps_checksum", [True, False])
def test_a_logo_is_decoded_exactly(*, keeps_checksum: bool) -> None:
    logo, raw = logo_png(keeps_checksum=keeps_checksum)

    assert logo.tobytes() == decode(raw, whole).image.tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_gray_art_stays_gray(name: str) -> None:
    image, upper, lower = colours(encoded(halves("L"), name))

    assert all(pixel[0] == pixel[1] == pixel[2] for pixel in (upper, lower) if isinstance(pixel, tuple))
    assert "RGB" == image.mode


def test_cmyk_art_comes_out_in_its_colours() -> None:
    _, upper, lower = colours(encoded(halves("CMYK"), "JPEG", quality=95))

    assert near(RED, upper, 8)
    assert near(BLUE, lower, 8)


def test_a_transparent_palette_entry_is_transparent() -> None:
    image = Image.new("P", (64, 96))
    image.putpalette([*RED, *BLUE])
    image.paste(1, (0, 48, 64, 96))

    art = decode(encoded(image, "PNG", transparency=1), whole)

    assert ((*RED, 255), 0) == (art.image.getpixel((5, 5)), art.image.getchannel("A").getpixel((5, 90)))


@pytest.mark.parametrize("mode", ["1", "LA"])
def test_gray_art_of_few_bits_or_with_alpha_comes_out_right(mode: str) -> None:
    _, upper, _ = colours(encoded(Image.new("L", (64, 96), 255).convert(mode), "PNG"))

    assert (255, 255, 255) == upper


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
    """Return an ICC profile in which red and blue are swapped."""
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


P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def wide_profile() -> bytes:
    """Return an ICC profile with the primaries of Display P3 and the curve of sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for column, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ")):
        (offset,) = struct.unpack_from(">I", profile, profile.index(tag) + 4)
        struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in P3[:, column]))
    return bytes(profile).replace("sRGB built-in".encode("utf-16-be"), "made for test".encode("utf-16-be"))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_wide_gamut_colours_are_converted_to_srgb(name: str) -> None:
    stated = np.array([200, 120, 90])
    linear = np.where(stated / 255 <= 0.04045, stated / 255 / 12.92, ((stated / 255 + 0.055) / 1.055) ** 2.4)
    srgb = np.linalg.inv(SRGB) @ P3 @ linear
    expected = [round(float(255 * (1.055 * level ** (1 / 2.4) - 0.055))) for level in srgb]

    raw = encoded(Image.new("RGB", (64, 96), (200, 120, 90)), name, icc_profile=wide_profile(), quality=98)
    _, upper, _ = colours(raw)

    assert expected[0] > 208
    assert near(tuple(expected), upper, 4)


def test_a_broken_profile_is_ignored() -> None:
    _, upper, _ = colours(encoded(halves(), "PNG", icc_profile=b"no profile at all"))

    assert near(RED, upper, 0)


def test_a_large_jpeg_is_decoded_at_a_fraction_that_is_still_sharp() -> None:
    raw = encoded(picture((2000, 3000)), "JPEG")

    art = decode(raw, lambda _width, _height: (580, 870))

    assert (1000, 1500) == art.image.size


@pytest.mark.parametrize(
    ("needed", "decoded_at"),
    [
        ((1280, 1920), (2000, 3000)),
        ((1001, 1500), (2000, 3000)),
        ((1000, 1500), (1000, 1500)),
        ((980, 1470), (1000, 1500)),
        ((800, 1200), (1000, 1500)),
        ((500, 750), (500, 750)),
        ((100, 150), (250, 375)),
    ],
)
def test_a_jpeg_is_decoded_whole_or_at_a_half_a_quarter_or_an_eighth(
    needed: tuple[int, int], decoded_at: tuple[int, int]
) -> None:
    raw = encoded(picture((2000, 3000)), "JPEG")

    art = decode(raw, lambda _width, _height: needed)

    assert decoded_at == art.image.size


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
    raw += bytes(codec.MAX_BYTES - len(raw))

    assert (64, 96) == decode(raw, whole).image.size
    with pytest.raises(Undecodable, match="bytes"):
        decode(raw + b"\0", whole)


def test_a_progressive_file_with_too_many_scans_is_refused() -> None:
    raw = encoded(picture((1000, 1000)), "JPEG", progressive=True)

    at = raw.rindex(b"\xff\xda")
    length = 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    with pytest.raises(Undecodable, match="scans"):
        decode(raw[:-2] + raw[at : at + length] * 1000 + raw[-2:], whole)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.99])
def test_truncated_art_is_refused(name: str, share: float) -> None:
    raw = encoded(picture((400, 600)), name)  # so large that a hundredth holds pixels

    with pytest.raises(Undecodable):
        decode(raw[: int(len(raw) * share)], whole)


def test_extra_bytes_before_the_end_are_ignored() -> None:
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
@settings(max_examples=60, deadline=None)  # the sandbox takes a while to start
@given(position=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=8))
def test_damaged_art_is_decoded_or_refused(name: str, position: float, junk: bytes) -> None:
    raw = encoded(picture((24, 36)), name)
    at = int(len(raw) * position)

    try:
        art = decode(raw[:at] + junk + raw[at + len(junk) :], whole)
    except Undecodable:
        return

    assert art.image.width * art.image.height <= codec.MAX_PIXELS


DRAWN = {
    "backdrops/big-buck-bunny.jpg": (1920, 960),
    "backdrops/elephants-dream.jpg": (1920, 1080),
    "odd/16bit_rgb.png": (100, 100),
    "odd/alpha.webp": (200, 150),
    "odd/animated_6.webp": (200, 200),
    "odd/apng.png": (128, 64),
    "odd/broken_exif_dpi.jpg": (100, 100),
    "odd/cmyk_adobe.jpg": (100, 100),
    "odd/exif_orientation_6.jpg": (128, 128),
    "odd/gray.jpg": (128, 128),
    "odd/icc_exif.jpg": (300, 225),
    "odd/invalid_quantization.jpg": (300, 400),
    "odd/junk_before_header.jpg": (1024, 768),
    "odd/logo_like_rgba.png": (2048, 1536),
    "odd/one_pixel.png": (1, 1),
    "odd/palette_interlaced_trns.png": (162, 150),
    "odd/paletted_transparent.png": (300, 225),
    "odd/pngsuite_gray16.png": (32, 32),
    "odd/pngsuite_rgba16_interlaced.png": (32, 32),
    "odd/portrait_orientation_6_large.jpg": (1200, 1800),
    "odd/progressive.jpg": (320, 240),
    "odd/tiny_2x1_orientation_8.jpg": (1, 2),
    "photos/coffee.png": (600, 400),
    "photos/hubble_deep_field.jpg": (1000, 872),
    "posters/der-golem-1920.png": (850, 1307),
    "posters/die-buechse-der-pandora-1929.png": (480, 700),
    "posters/good-references-1920.png": (500, 740),
    "posters/just-suppose-1926.png": (520, 790),
    "posters/metropolis-1926.png": (903, 2000),
    "posters/nosferatu-1922.png": (525, 747),
    "posters/sherlock-jr-1924.jpg": (1000, 1576),
    "posters/the-flirt-1922.png": (1010, 1522),
}
"""Recorded pictures that are drawn, and how large they are upright."""

MENDED = {
    "odd/jpeg_12bit.jpg": (149, 227),
    "odd/jpeg_lossless.jpg": (227, 149),
    "odd/png_text_chunk_bomb.png": (1, 1),
    "odd/progressive_truncated.jpg": (100, 100),  # only half of the end marker is missing
}
"""Recorded pictures that Pillow does not read and whose pixels are all there, and how large they are."""

REFUSED = {
    "odd/dimension_bomb_16384x16384.png": "16384×16384 pixels",
    "odd/dimension_bomb_65535x66601.gif": "neither",
    "odd/large_9643x10328.jpg": "9643×10328 pixels",
    "odd/one_byte.jpg": "neither",
    "odd/photo.avif": "neither",
    "odd/pngsuite_bad_ihdr_crc.png": "damaged header",
    "odd/pngsuite_bad_signature.png": "neither",
    "odd/truncated.png": "without an end",
}
"""Recorded pictures that are refused, and the reason."""


def read_otherwise(raw: bytes) -> Image.Image:
    """Read a trusted picture with Pillow alone: upright, in sRGB, on black."""
    opened = ImageOps.exif_transpose(Image.open(io.BytesIO(raw)))
    if opened.mode.startswith("I;16"):
        opened = Image.fromarray((np.asarray(opened).astype(np.uint32) // 257).astype(np.uint8))
    profile = opened.info.get("icc_profile")
    if opened.mode in {"P", "RGBA", "LA"}:
        opened = opened.convert("RGBA")
        ground = Image.new("RGB", opened.size)
        ground.paste(opened.convert("RGB"), mask=opened.getchannel("A"))
        opened = ground
    if profile and opened.mode in {"RGB", "CMYK"}:
        source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(opened, source, srgb, outputMode="RGB") or opened
    return opened.convert("RGB")


def difference(expected: Image.Image, actual: Image.Image) -> int:
    """Return the largest difference between two pictures, scaled down."""
    far = [image.convert("RGB").resize((6, 6), Image.Resampling.BOX) for image in (expected, actual)]
    return int(np.asarray(ImageChops.difference(*far)).max())


@needs(PICTURES)
def test_every_recorded_picture_is_known_to_be_drawn_or_refused() -> None:
    names = {str(path.relative_to(PICTURES)) for path in PICTURES.rglob("*.*")}

    assert names == DRAWN.keys() | MENDED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", DRAWN)
def test_a_recorded_picture_is_decoded_as_others_read_it(name: str) -> None:
    raw = fixture(name)

    art = decode(raw, whole)
    image = art.to_srgb(art.image)
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size)
        ground.paste(image, mask=image.getchannel("A"))
        image = ground

    assert DRAWN[name] == image.size
    assert 3 >= difference(read_otherwise(raw), image)


@pytest.mark.parametrize("name", DRAWN)
def test_a_recorded_picture_makes_a_poster(name: str) -> None:
    raw = fixture(name)

    poster = decoded(draw_picture(settings_of(Format.JPG, ratings_limit=0), raw, {}))

    expected = ImageOps.fit(read_otherwise(raw), (580, 859), Image.Resampling.BICUBIC)
    assert (580, 859) == poster.size
    assert 12 >= difference(expected, poster)


@pytest.mark.parametrize("name", MENDED)
def test_a_recorded_picture_of_an_unusual_form_is_decoded(name: str) -> None:
    assert MENDED[name] == decode(fixture(name), whole).image.size


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_recorded_picture_is_refused_at_once_and_says_why(name: str) -> None:
    raw = fixture(name)
    began = time.thread_time()

    with pytest.raises(Undecodable, match=REFUSED[name]):
        draw_picture(settings_of(), raw, {})

    assert 0.1 > time.thread_time() - began


@needs(PICTURES)
def test_no_recorded_picture_takes_much_memory() -> None:
    code = """
import resource, sys
from pathlib import Path
from renderer.drawing.codec import Undecodable, decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in Path(sys.argv[1]).rglob("*.*"):
    try:
        decode(path.read_bytes(), lambda width, height: (width, height))
    except Undecodable:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""

    done = subprocess.run(  # noqa: S603 - this interpreter with fixed arguments
        (sys.executable, "-c", code, str(PICTURES)), capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert 64 * 1024 > int(done.stdout)  # KiB; the largest picture has three megapixels


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


def broken_decoder(*_: object) -> None:
    raise AssertionError("Pillow decodes a JPEG")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_no_jpeg_passes_through_the_decoder_of_pillow(
    mode: str, options: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = encoded(halves(mode), "JPEG", **options)
    monkeypatch.setattr("PIL.Image.core.jpeg_decoder", broken_decoder)
    with pytest.raises(AssertionError, match="Pillow decodes"):
        Image.open(io.BytesIO(raw)).load()

    image, _, _ = colours(raw)
    poster = draw_picture(settings_of(Format.JPG), raw, {})

    assert (64, 96) == image.size
    assert poster.startswith(b"\xff\xd8")


@pytest.mark.parametrize("disguise", [b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b"<svg ", b"GIF89a", b""])
def test_a_jpeg_in_disguise_is_refused(disguise: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.Image.core.jpeg_decoder", broken_decoder)

    with pytest.raises(Undecodable):
        decode(disguise + b"\0" + encoded(halves(), "JPEG"), whole)
