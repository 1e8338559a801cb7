"""Prints the supervisor's messages to the terminal, one line at a time."""

import os
from contextlib import suppress

_OUT = 1
_ERR = 2


def say(line: str) -> None:
    """Write one line to standard output at once; a reader that has gone away is no reason to stop."""
    _write(_OUT, line)


def complain(line: str) -> None:
    """Write one line to standard error at once."""
    _write(_ERR, line)


def _write(stream: int, line: str) -> None:
    # One write per line, so that lines of the services, which share the terminal, do not split it.
    with suppress(OSError):
        os.write(stream, f"{line}\n".encode())
