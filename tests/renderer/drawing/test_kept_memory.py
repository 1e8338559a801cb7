"""The memory of large artwork is used again, and never by two pictures at once."""

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from renderer.drawing import kept_memory as module
from renderer.drawing.decoded_art import DecodedArt, Pixels
from renderer.drawing.jpeg import decode_jpeg
from renderer.drawing.jpeg_header import read_jpeg_header
from renderer.drawing.kept_memory import BLOCK_BYTES, LEAST_BYTES, MOST_KEPT, kept_memory

MAPPINGS: Final = Path("/proc/self/maps")
SIZE = (2000, 3000)
MARK = 77


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    gc.collect()
    module._kept.clear()
    yield
    module._kept.clear()


def jpeg(seed: int, size: tuple[int, int] = SIZE, space: str = "RGB") -> bytes:
    rough = np.random.default_rng(seed).integers(0, 255, (size[1] // 100, size[0] // 100, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(rough).convert("L" if space == "GRAY" else "RGB").resize(size))
    if space == "GRAY":
        pixels = pixels[:, :, None]
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), 80, space, "420"))


def decoded(raw: bytes) -> DecodedArt:
    return decode_jpeg(read_jpeg_header(raw), lambda width, height: (width, height))


def colours(art: DecodedArt) -> Pixels:
    return np.asarray(art.image.convert("L" if art.image.mode == "L" else "RGB"))


def lent(size: int = LEAST_BYTES) -> Pixels:
    memory = kept_memory(size)
    assert memory is not None
    return memory


def permissions(memory: Pixels) -> str:
    """Return what the kernel says of the mapping that the memory is in."""
    address = memory.ctypes.data
    for start, end, allowed in re.findall(r"^(\w+)-(\w+) (\S+)", MAPPINGS.read_text(), re.MULTILINE):
        if int(start, 16) <= address < int(end, 16):
            return str(allowed)
    raise LookupError(hex(address))


@pytest.mark.parametrize("size", [0, LEAST_BYTES - 1, BLOCK_BYTES + 1])
def test_other_sizes_get_no_block(size: int) -> None:
    assert kept_memory(size) is None


def test_a_block_is_used_again_once_nothing_refers_to_it() -> None:
    memory = lent()
    memory[0] = MARK
    part = memory[:8]
    del memory

    assert lent()[0] == 0  # the first block is in use by its part

    del part
    assert MARK in {lent()[0], lent()[0]}


def test_an_image_keeps_its_block() -> None:
    memory = lent()
    memory[:] = MARK
    image = Image.frombuffer("L", (10, 10), memory[:100].reshape(10, 10), "raw", "L", 0, 1)
    del memory

    lent()[:] = 1

    assert image.getpixel((0, 0)) == MARK


@pytest.mark.skipif(not MAPPINGS.exists(), reason="only Linux says how memory is mapped")
def test_a_block_is_private_because_shared_memory_is_not_in_huge_pages() -> None:
    memory = lent()

    assert permissions(memory) == "rw-p"


def test_few_blocks_are_kept() -> None:
    in_use = [lent() for _ in range(MOST_KEPT + 2)]
    in_use.clear()

    assert len(module._kept) == MOST_KEPT


def test_large_artwork_is_decoded_into_a_block_as_into_new_memory() -> None:
    for seed in range(3):
        raw = jpeg(seed)
        art = decoded(raw)

        assert not module._kept  # in use, also the one of the picture before
        assert np.array_equal(simplejpeg.decode_jpeg(raw, "RGB"), colours(art))
        del art
        assert len(module._kept) == 1


def test_large_grey_artwork_is_decoded_likewise() -> None:
    raw = jpeg(4, (4000, 5000), "GRAY")

    assert np.array_equal(simplejpeg.decode_jpeg(raw, "GRAY")[:, :, 0], colours(decoded(raw)))
    assert len(module._kept) == 1


def test_two_pictures_at_once_have_a_block_each() -> None:
    first, second = jpeg(5), jpeg(6)
    art, other = decoded(first), decoded(second)

    assert np.array_equal(simplejpeg.decode_jpeg(first, "RGB"), colours(art))
    assert np.array_equal(simplejpeg.decode_jpeg(second, "RGB"), colours(other))


def test_a_part_that_is_painted_on_keeps_its_block() -> None:
    art = decoded(jpeg(7))
    canvas = art.cut(0, 100, (SIZE[0], 2000))
    expected = canvas.convert("RGB")
    del art

    other = decoded(jpeg(8))

    assert canvas.convert("RGB").tobytes() == expected.tobytes()
    assert other.image.size == SIZE
