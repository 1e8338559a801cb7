"""How much memory something takes, measured where nothing else takes any."""

import gc
import multiprocessing
import tracemalloc
from collections.abc import Callable
from multiprocessing.connection import Connection

_FORK = multiprocessing.get_context("fork")
_NOT_COVERAGE = tracemalloc.Filter(inclusive=False, filename_pattern="*/slipcover/*")


def memory_growth(work: Callable[[], object]) -> int:
    """Return how many bytes ``work`` allocated and kept, with what it returns and without garbage.

    It runs in a copy of this process: stand-ins have threads here, and what these allocate meanwhile would count too.
    What the measurement of coverage allocates is left out: at any moment it may replace the code of all that has run.
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
    kept = work()
    gc.collect()
    allocated = tracemalloc.take_snapshot().filter_traces([_NOT_COVERAGE])
    sender.send(sum(trace.size for trace in allocated.traces))
    del kept
