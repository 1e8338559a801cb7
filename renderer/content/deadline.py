"""A moment by which work must be done, passed on instead of the seconds that are left."""

import asyncio
from typing import Self


class Deadline:
    """A moment on the running loop's clock; needs a running loop."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return the deadline this many seconds from now."""
        return cls(asyncio.get_running_loop().time() + seconds)

    @property
    def left_s(self) -> float:
        """Return the seconds that are left; 0 when the deadline has passed."""
        return max(0.0, self._at - asyncio.get_running_loop().time())

    def timeout(self) -> asyncio.Timeout:
        """Return a context manager that raises ``TimeoutError`` at the deadline."""
        return asyncio.timeout_at(self._at)
