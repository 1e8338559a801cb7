"""Background priority: a quarter of every budget is reserved for requests that a user waits for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_is_background: Final = ContextVar("is_background", default=False)


def is_background() -> bool:
    """Return whether the current work has background priority, such as a refresh or prewarming."""
    return _is_background.get()


@contextmanager
def background_priority() -> Iterator[None]:
    """Give the work inside, and the tasks it starts, background priority."""
    token = _is_background.set(True)
    try:
        yield
    finally:
        _is_background.reset(token)
