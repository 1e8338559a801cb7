"""Memory for pixels: blocks that are kept for the next large artwork, and huge pages for what scaling needs.

The process returns freed blocks of the size of large artwork to the kernel at once (``renderer/memory_limits.py``),
which then clears every page of the next one: a seventh of the time in which a poster of 2000×3000 is decoded. Smaller
blocks stay with the C library. Pillow's own pool is off: it resizes a block for each picture, and with several threads
the C library would have to move it.
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
    """Let this thread's next pictures use huge pages, where the kernel has them: fewer page faults interrupt scaling.

    NumPy asks the kernel for huge pages for each large array. The request stays in force when the C library takes the
    memory back and hands it out again. Nothing is written to the arrays, so they take up no memory.
    """
    arrays = [np.empty(SCALING_BYTES, np.uint8) for _ in range(2)]
    arrays.clear()


def _new_block() -> mmap.mmap:
    """Return a new block, in huge pages where the kernel has them: fewer page faults interrupt decoding.

    By default, ``mmap`` shares memory with child processes, and most kernels keep shared memory in small pages.
    """
    block = mmap.mmap(-1, BLOCK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            block.madvise(advice)
    return block
