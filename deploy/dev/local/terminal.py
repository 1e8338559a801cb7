"""Prints the supervisor's messages to the terminal, one line at a time."""

import os
from contextlib import suppress

STDOUT = 1
_ERR = 2


def say(line: str) -> None:
    """Write one line to standard output at once; a reader that has gone away is no reason to stop."""
    _write(STDOUT, line)


def complain(line: str) -> None:
    """Write one line to standard error at once."""
    _write(_ERR, line)


def log_format(descriptor: int) -> str:
    """Return the format of logs that are written to a descriptor: for people at a terminal, else for programs."""
    return "console" if os.isatty(descriptor) else "json"


def _write(stream: int, line: str) -> None:
    # One write per line, so that lines of the services, which share the terminal, do not split it.
    with suppress(OSError):
        os.write(stream, f"{line}\n".encode())
