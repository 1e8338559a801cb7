"""How much memory something takes, measured where nothing else takes any."""

import gc
import multiprocessing
import tracemalloc
from collections.abc import Callable
from multiprocessing.connection import Connection

_FORK = multiprocessing.get_context("fork")


def memory_growth(work: Callable[[], object]) -> int:
    """Return how many more bytes there are after ``work`` than before it, with what it returns and without garbage.

    It runs in a copy of this process: stand-ins have threads here, and what these allocate meanwhile would count too.
    """
    result, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_measure, args=(work, sender))
    process.start()
    sender.close()
    try:
        growth: int = result.recv()
    except EOFError:
        raise AssertionError("the measured work failed; its error is above") from None
    finally:
        process.join()
    return growth


def _measure(work: Callable[[], object], sender: Connection) -> None:
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = work()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    sender.send(after - before)
    del kept
