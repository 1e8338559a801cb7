"""Writes a JPEG of any sampling, which no library at hand does: a mosaic of blocks in two colours."""

import struct
from collections.abc import Iterator, Sequence

RED, BLUE = (82, 104, 212), (53, 216, 104)  # as Y, Cb, Cr
SIZE = (128, 192)


def odd_jpeg(*samplings: tuple[int, int]) -> bytes:
    """Return a picture, red above and blue below, with these samplings of its components."""
    parts = bytes(part for nth, (h, v) in enumerate(samplings) for part in (nth + 1, h << 4 | v, 0))
    frame = struct.pack(">BHHB", 8, SIZE[1], SIZE[0], len(samplings)) + parts
    selectors = bytes(part for nth in range(len(samplings)) for part in (nth + 1, 0))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\0" + bytes([8] * 64)),  # one step of a DC value is one level of the picture
            _segment(0xC0, frame),
            # Sixteen codes of five bits for the sizes of DC differences; one code of one bit, which ends a block.
            _segment(0xC4, b"\0" + bytes((0, 0, 0, 0, 16, *[0] * 11)) + bytes(range(12)) + bytes(4)),
            _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\0"),
            _segment(0xDA, bytes((len(samplings),)) + selectors + b"\0\x3f\0"),
            _packed("".join(_bits(samplings))),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _bits(samplings: Sequence[tuple[int, int]]) -> Iterator[str]:
    across, down = max(h for h, _ in samplings), max(v for _, v in samplings)
    last = [0] * len(samplings)
    for row in range(-(-SIZE[1] // (8 * down))):
        colour = RED if (row + 0.5) * 8 * down < SIZE[1] / 2 else BLUE
        for _ in range(-(-SIZE[0] // (8 * across))):
            for nth, (h, v) in enumerate(samplings):
                for _ in range(h * v):
                    level = colour[nth] - 128
                    yield _difference(level - last[nth]) + "0"
                    last[nth] = level


def _difference(step: int) -> str:
    size = abs(step).bit_length()
    low = step if step > 0 else step + (1 << size) - 1
    return f"{size:05b}" + (f"{low:0{size}b}" if size else "")


def _packed(bits: str) -> bytes:
    padded = bits + "1" * (-len(bits) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big").replace(b"\xff", b"\xff\0")
