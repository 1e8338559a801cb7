"""Growing pauses between attempts."""

from collections.abc import Iterator


def pauses(first_s: float, longest_s: float, factor: float = 2.0) -> Iterator[float]:
    """Yield pauses in seconds forever: the first one, then each ``factor`` times the last, up to the longest."""
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = min(pause_s * factor, longest_s)
