"""Whether somebody waits for what is asked: a part of every budget is kept for those who do."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_nobody_waits: Final = ContextVar("nobody_waits", default=False)


def is_background() -> bool:
    """Tell whether the present work is done for nobody in particular: a refresh, a warm-up."""
    return _nobody_waits.get()


@contextmanager
def background_priority() -> Iterator[None]:
    """Mark the work inside, and the tasks that it starts, as work that nobody waits for."""
    token = _nobody_waits.set(True)
    try:
        yield
    finally:
        _nobody_waits.reset(token)
