"""Memory for pixels: blocks that are kept for the next large artwork, and huge pages for what scaling needs.

The process returns freed blocks of the size of large artwork to the kernel at once (``renderer/memory_limits.py``),
which clears every page of the next one: a seventh of the time in which a poster of 2000×3000 is decoded. Smaller ones
stay with the C library. Pillow does not pool blocks on top of that, as it could: it resizes a block for each picture,
and several threads would have the C library move them.
"""

import mmap
import weakref
from collections import deque
from contextlib import suppress
from typing import Final

import numpy as np

from renderer.drawing.decoded_art import Pixels

LEAST_BYTES: Final = 16 << 20
"""Less comes from the C library, which keeps freed blocks of such a size itself."""

BLOCK_BYTES: Final = 24 << 20
"""Of one block: room for 2000×3000 pixels of 4 bytes, the size of most posters. What is larger is rare."""

SCALING_BYTES: Final = 15 << 20
"""Of the largest of the two pictures that scaling a large poster needs; less than ``LEAST_BYTES``."""

MOST_KEPT: Final = 2
"""Blocks that wait for the next picture, in the whole process."""

KEPT_BYTES: Final = MOST_KEPT * BLOCK_BYTES
"""Memory that the process keeps besides that of the pictures being drawn."""

_kept: Final[deque[mmap.mmap]] = deque(maxlen=MOST_KEPT)  # without a lock: a block may come back in any thread


def kept_memory(size: int) -> Pixels | None:
    """Return memory for ``size`` bytes, whatever they are, or ``None`` where it is better to take new memory.

    It is kept for another picture as soon as nothing refers to the array, to a part of it or to an image in it.
    """
    if not LEAST_BYTES <= size <= BLOCK_BYTES:
        return None
    try:
        block = _kept.pop()
    except IndexError:
        block = _new_block()
    lent = np.frombuffer(block, np.uint8)
    weakref.finalize(lent, _kept.append, block).atexit = False
    return lent


def ask_for_huge_pages() -> None:
    """Have this thread's next pictures in huge pages, where the kernel has them: scaling takes a tenth less time.

    NumPy asks for them for each large array, and they stay with the memory when that goes back to the C library.
    Nothing is written to the arrays, so that they take up no memory.
    """
    arrays = [np.empty(SCALING_BYTES, np.uint8) for _ in range(2)]
    arrays.clear()


def _new_block() -> mmap.mmap:
    """Return a new block, in huge pages where the kernel has them: a large poster is drawn in 7 % less time.

    By default, ``mmap`` shares memory with child processes, and most kernels keep shared memory in small pages.
    """
    block = mmap.mmap(-1, BLOCK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            block.madvise(advice)
    return block
