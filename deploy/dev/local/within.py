"""Runs a module in the environment of a running stack: ``python -m deploy.dev.local.within FILE NEEDED MODULE ARGS…``.

``FILE`` is what ``make run`` writes. Its variables replace those of this process, unless the file does not have
``NEEDED``: then the stack uses an external store, and the environment must name all of it itself. (Otherwise the
index of one stack could be filled from the pictures of another.)
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.dev.local.environment import read_run_env
from deploy.dev.local.terminal import complain

USAGE_ERROR = 2


def main(words: Sequence[str]) -> int:
    """Replace this process with the module; returns an exit status only if that is impossible."""
    file, needed, module, *arguments = words
    try:
        env = environment(Path(file), needed, os.environ)
    except ValueError as error:
        complain(str(error))
        return USAGE_ERROR
    return os.execve(sys.executable, [sys.executable, "-m", module, *arguments], env)  # noqa: S606 - a module of this project


def environment(file: Path, needed: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment to run in. Raises ``ValueError`` when nothing runs and ``own`` lacks ``needed``."""
    try:
        stack = read_run_env(file)
    except FileNotFoundError:
        if not own.get(needed):
            sentence = f"nothing runs here ({file} is missing) and {needed} is not set: start `make run` first."
            raise ValueError(sentence) from None
        return dict(own)
    return {**own, **stack} if needed in stack else dict(own)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
