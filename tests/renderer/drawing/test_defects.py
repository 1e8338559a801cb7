"""Defects where no pixel is cost no picture; where a pixel is missing, the art is refused."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from renderer.drawing.codec import Undecodable, decode
from renderer.drawing.picture import draw_picture
from tests.recorded_inputs import CASES, recorded
from tests.renderer.drawing.arts import encoded, near, picture, settings_of
from tests.renderer.drawing.odd_jpeg import odd_jpeg

RED, BLUE = (200, 30, 40), (20, 40, 210)
TURNED = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def whole(width: int, height: int) -> tuple[int, int]:
    return width, height


def halves(size: tuple[int, int] = (128, 192)) -> Image.Image:
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    return image


def is_sound(raw: bytes, tolerance: int = 8) -> bool:
    """Return whether the art comes out as the two halves."""
    art = decode(raw, whole)
    image = art.to_srgb(art.image).convert("RGB")
    upper, lower = image.getpixel((5, 5)), image.getpixel((5, image.height - 5))
    return (128, 192) == image.size and near(RED, upper, tolerance) and near(BLUE, lower, tolerance)


JPEG = encoded(halves(), "JPEG", quality=95)
PROGRESSIVE = encoded(halves(), "JPEG", quality=95, progressive=True)


def scan_fields(raw: bytes) -> int:
    """Return where the last three fields of the scan's header are."""
    at = raw.index(b"\xff\xda")
    return at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big") - 3


def with_fields(raw: bytes, *fields: int) -> bytes:
    at = scan_fields(raw)
    return raw[:at] + bytes(fields) + raw[at + 3 :]


def with_segment(raw: bytes, marker: int, body: bytes) -> bytes:
    return raw[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + raw[2:]


def of_revision(raw: bytes, major: int) -> bytes:
    at = raw.index(b"JFIF\0") + 5
    return raw[:at] + bytes((major,)) + raw[at + 1 :]


def before(raw: bytes, marker: bytes, junk: bytes) -> bytes:
    at = raw.rindex(marker)
    return raw[:at] + junk + raw[at:]


SOUND_JPEGS = {
    "scan ends at 0": with_fields(JPEG, 0, 0, 0),
    "scan begins at 1": with_fields(JPEG, 1, 63, 0),
    "scan of single bits": with_fields(JPEG, 0, 63, 0x11),
    "JFIF 2": of_revision(JPEG, 2),
    "JFIF 0": of_revision(JPEG, 0),
    "JFIF 9, progressive": of_revision(PROGRESSIVE, 9),
    "unknown Adobe transform": with_segment(JPEG, 0xEE, b"Adobe\0\x64\0\0\0\0\x07"),
    "junk before the tables": before(JPEG, b"\xff\xdb", b"junk"),
    "junk before the scan": before(JPEG, b"\xff\xda", b"\0" * 40),
    "junk before the end": before(JPEG, b"\xff\xd9", b"junk"),
    "no end": JPEG[:-2],
    "half an end": JPEG[:-1],
    "no end, progressive": PROGRESSIVE[:-2],
    "no end but junk": JPEG[:-2] + b"\0" * 30,
    "another picture after it": JPEG + JPEG[:200],
    "damaged profile": with_segment(JPEG, 0xE2, b"ICC_PROFILE\0\x01\x03junk"),
    "damaged metadata": with_segment(JPEG, 0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "metadata that looks like a picture": with_segment(JPEG, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + JPEG[:600]),
}


@pytest.mark.parametrize("raw", SOUND_JPEGS.values(), ids=SOUND_JPEGS)
def test_a_jpeg_with_a_defect_beside_its_pixels_is_drawn(raw: bytes) -> None:
    assert is_sound(raw)


UNUSUAL = {
    "4x2": odd_jpeg((4, 2), (1, 1), (1, 1)),
    "2x4": odd_jpeg((2, 4), (1, 1), (1, 1)),
    "3x1": odd_jpeg((3, 1), (1, 1), (1, 1)),
    "1x3": odd_jpeg((1, 3), (1, 1), (1, 1)),
    "colour finer than brightness": odd_jpeg((1, 1), (2, 2), (2, 1)),
    "colours unlike each other": odd_jpeg((2, 2), (2, 1), (1, 2)),
    "12 bits": imagecodecs.jpeg8_encode(np.asarray(halves()).astype("uint16") * 16, 95, bitspersample=12),
    "lossless": imagecodecs.jpeg8_encode(np.asarray(halves()), lossless=True),
    "lossless of 16 bits": imagecodecs.jpeg8_encode(
        np.asarray(halves()).astype("uint16") * 257, lossless=True, bitspersample=16
    ),
}


@pytest.mark.parametrize("raw", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("lost", [0, 2], ids=["whole", "no end"])
def test_a_jpeg_of_an_unusual_form_is_drawn(raw: bytes, lost: int) -> None:
    assert is_sound(raw[: len(raw) - lost])


def noise() -> np.ndarray[Any, Any]:
    """Return pixels that fill the whole file."""
    return np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype="uint8")


def noisy(*, progressive: bool = False) -> bytes:
    return encoded(Image.fromarray(noise()), "JPEG", quality=95, progressive=progressive)


CUT = {
    "baseline": noisy(),
    "progressive": noisy(progressive=True),
    "4x2": odd_jpeg((4, 2), (1, 1), (1, 1)),
    "12 bits": imagecodecs.jpeg8_encode(noise().astype("uint16") * 16, 95, bitspersample=12),
    "lossless": imagecodecs.jpeg8_encode(noise(), lossless=True),
}


@pytest.mark.parametrize("raw", CUT.values(), ids=CUT)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["no end", "an end"])
def test_a_jpeg_whose_pixels_are_cut_off_is_refused(raw: bytes, share: float, end: bytes) -> None:
    start = raw.rindex(b"\xff\xda") + 20

    with pytest.raises(Undecodable, match=r"(?i)premature end"):
        decode(raw[: start + int((len(raw) - start) * share)] + end, whole)


def test_a_progressive_jpeg_without_its_last_scan_is_refused() -> None:
    with pytest.raises(Undecodable, match="scans are missing"):
        decode(PROGRESSIVE[: PROGRESSIVE.rindex(b"\xff\xda")], whole)


def test_a_jpeg_with_damage_among_its_pixels_is_refused() -> None:
    raw = noisy()
    middle = (raw.index(b"\xff\xda") + len(raw)) // 2

    with pytest.raises(Undecodable):
        decode(raw[:middle] + b"\xff\xd5" + raw[middle + 200 :], whole)


def chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(raw):
        length, name = struct.unpack_from(">I4s", raw, at)
        yield name, raw[at + 8 : at + 8 + length]
        at += 12 + length


def chunk(name: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    stated = zlib.crc32(name + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", stated)


def png(*added: bytes, image: Image.Image | None = None, end: bool = True, **options: object) -> bytes:
    """Return the picture as PNG with chunks added after its header."""
    raw = encoded(image or halves(), "PNG", **options)
    parts = [chunk(name, body) for name, body in chunks(raw) if end or name != b"IEND"]
    return b"".join((raw[:8], parts[0], *added, *parts[1:]))


LARGE = zlib.compress(bytes(8 << 20))
SOUND_PNGS = {
    "profile with a bad checksum": png(chunk(b"iCCP", b"name\0\0" + LARGE[:300], checksum=1)),
    "profile too large": png(chunk(b"iCCP", b"name\0\0" + LARGE)),
    "profile cut short": png(chunk(b"iCCP", b"name\0\0" + LARGE[:50])),
    "profile without a name": png(chunk(b"iCCP", b"name")),
    "text too large": png(chunk(b"zTXt", b"name\0\0" + LARGE)),
    "text with a bad checksum": png(chunk(b"tEXt", b"name\0words", checksum=7)),
    "international text of nonsense": png(chunk(b"iTXt", b"\xff\xff\xff")),
    "broken numbers": png(chunk(b"gAMA", b""), chunk(b"cHRM", b"1"), chunk(b"pHYs", b"2"), chunk(b"sRGB", b"")),
    "private chunk": png(chunk(b"prVt", bytes(5000), checksum=3)),
    "broken animation": png(chunk(b"acTL", b"\0"), chunk(b"fcTL", b"x")),
    "broken palette of a true-colour picture": png(chunk(b"PLTE", b"12345", checksum=3)),
    "broken metadata": png(chunk(b"eXIf", TURNED, checksum=1)),
    "no end": png(end=False),
    "end with a bad checksum": png(end=False) + chunk(b"IEND", b"", checksum=5),
    "half an end": png()[:-6],
    "no checksum of the pixels": png(end=False)[:-4],
    "bytes after the end": png() + bytes(10_000),
    "no end, palette": png(image=halves().quantize(4), end=False),
}


@pytest.mark.parametrize("raw", SOUND_PNGS.values(), ids=SOUND_PNGS)
def test_a_png_with_a_defect_beside_its_pixels_is_drawn(raw: bytes) -> None:
    assert is_sound(raw)


def test_a_png_still_has_its_transparency_its_profile_and_its_orientation() -> None:
    raw = png(chunk(b"eXIf", TURNED), image=halves((192, 128)).quantize(4), transparency=0)

    art = decode(raw, whole)

    assert ((128, 192), "RGBA", (0, 255)) == (art.image.size, art.image.mode, art.image.getchannel("A").getextrema())


@pytest.mark.parametrize(("share", "is_interlaced"), [(0.3, False), (0.99, False), (0.99, True)])
def test_a_png_whose_pixels_are_cut_off_is_refused(share: float, *, is_interlaced: bool) -> None:
    raw = bytearray(encoded(picture((400, 600)), "PNG"))
    if is_interlaced:
        raw[28] = 1
        raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")

    with pytest.raises(Undecodable, match="PNG without an end"):
        decode(bytes(raw[: int(len(raw) * share)]), whole)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (png()[:20] + b"\xff" + png()[21:], "damaged header"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") * 3, "without a header"),
        (b"".join((png()[:33], chunk(b"tEXt", b"") * 200_001, png()[33:])), "too many chunks"),
        (png(chunk(b"PLTE", bytes(12), checksum=1), image=halves().quantize(4)), "damaged palette"),
    ],
    ids=["header", "no header", "many chunks", "palette"],
)
def test_a_png_with_a_defect_that_pixels_depend_on_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode(raw, whole)


def webp(image: Image.Image | None = None, **options: object) -> bytes:
    return encoded(image or halves(), "WEBP", quality=95, **options)


SOUND_WEBPS = {
    "metadata cut short": webp(exif=b"Exif\0\0" + TURNED)[:-3],
    "metadata missing": webp(exif=b"Exif\0\0" + TURNED + bytes(100))[:-120],
    "length of the file wrong": b"RIFF\xff\xff\xff\x00" + webp()[8:],
    "bytes after the end": webp() + b"junk",
    "broken profile": webp(icc_profile=b"junk" * 10),
    "lossless, metadata cut short": webp(lossless=True, exif=b"Exif\0\0" + TURNED)[:-3],
    "alpha, metadata cut short": webp(halves().convert("RGBA"), exif=b"Exif\0\0" + TURNED)[:-3],
}


@pytest.mark.parametrize("raw", SOUND_WEBPS.values(), ids=SOUND_WEBPS)
def test_a_webp_with_a_defect_beside_its_pixels_is_drawn(raw: bytes) -> None:
    assert is_sound(raw)


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_whose_pixels_are_cut_off_is_refused(*, lossless: bool) -> None:
    raw = encoded(picture((400, 600)), "WEBP", lossless=lossless)

    with pytest.raises(Undecodable):
        decode(raw[: int(len(raw) * 0.9)], whole)


def reason_of(raw: bytes) -> str:
    try:
        decode(raw, whole)
    except Undecodable as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_no_reason_names_an_address_in_memory(name: str) -> None:
    raw = encoded(picture((64, 96)), name)

    reasons = [reason_of(raw[:at] + b"\xff\x00\xff" + raw[at + 3 :]) for at in range(0, min(len(raw), 700), 7)]

    assert [] == [reason for reason in reasons if "0x7" in reason or "object at" in reason]


def opened_case(name: str) -> bytes:
    return recorded(CASES / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "jpeg-arithmetic.jpg",
        "jpeg-sampling-4x2.jpg",
        "jpeg-sos-se-0.jpg",
        "jpeg-without-eoi.jpg",
        "png-icc-2mb-unpacked.png",
        "png-iccp-bad-crc.png",
    ],
)
def test_a_case_makes_a_poster(name: str) -> None:
    raw = opened_case(name)

    art = decode(raw, whole)

    assert (400, 600) == art.image.size
    assert near((60, 90, 160), art.to_srgb(art.image).convert("RGB").getpixel((10, 300)), 12)
    assert draw_picture(settings_of(), raw, {})


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["no end", "an end"])
def test_an_arithmetic_jpeg_whose_pixels_are_cut_off_is_refused(share: float, end: bytes) -> None:
    raw = opened_case("jpeg-arithmetic.jpg")

    with pytest.raises(Undecodable, match="premature end"):
        decode(raw[: int(len(raw) * share)] + end, whole)
