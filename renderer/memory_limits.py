"""What a renderer needs at most: the sum of its limits, and the settings that make the process keep to it.

The chart's memory limit and the table of the deployment guide follow :func:`peak_bytes`; ``make stress`` measures it.
"""

import ctypes
from typing import Final

from renderer.config import RendererConfig
from renderer.content.app import UNREAD_PICTURES_BYTES
from renderer.content.fallback import CACHE_BYTES
from renderer.drawing import text
from renderer.drawing.freehand import soft_masks
from renderer.drawing.kept_memory import KEPT_BYTES, LEAST_BYTES
from renderer.jobs.artwork_memory import HELD_BYTES
from renderer.jobs.render_pool import large_threads, plain_threads
from renderer.storage.s3_reader import READING_BYTES
from services.catalog import ART_CACHES_BYTES
from services.client.http import RECEIVING_BYTES

BASE_BYTES: Final = 128 << 20
"""The interpreter with all libraries, fonts and badges, and the connections to stores and sources; measured."""

FACTS_BYTES: Final = 160 << 20
"""Full caches of titles, ratings, settings, addresses and rate limits, which are limited by their number of entries."""

THREAD_BYTES: Final = 12 << 20
"""What a drawing thread keeps for its next picture."""

FIXED_BYTES: Final = (
    BASE_BYTES
    + FACTS_BYTES
    + text.KEPT_BYTES
    + soft_masks.KEPT_BYTES
    + ART_CACHES_BYTES
    + CACHE_BYTES
    + HELD_BYTES
    + KEPT_BYTES
    + RECEIVING_BYTES
    + READING_BYTES
    + UNREAD_PICTURES_BYTES
)
"""Everything that no variable changes."""

_M_TRIM_THRESHOLD: Final = -1  # numbers of glibc's mallopt(3)
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2  # with one for each thread, a renderer with four kept 500 MB more, and drew no faster
_LARGE: Final = LEAST_BYTES  # below this, fresh pages for each picture would cost more than the drawing


def peak_bytes(config: RendererConfig) -> int:
    """Return the most memory that a renderer with this config takes, together with its decoders' own processes."""
    pools = (config.render_concurrency, plain_threads(config.render_concurrency))
    threads = sum(threads + large_threads(threads) for threads in pools)
    return FIXED_BYTES + config.image_mem_cache_bytes + config.render_memory_bytes + threads * THREAD_BYTES


def return_freed_memory() -> None:
    """Make the process return the memory of large pictures at once; does nothing where the C library is not glibc.

    By default, glibc keeps freed blocks of up to 32 MB for later, in a heap for each thread: after a few large
    pictures, each thread would hold the memory of one.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_TRIM_THRESHOLD, 2 * _LARGE)
    mallopt(_M_ARENA_MAX, _ARENAS)
