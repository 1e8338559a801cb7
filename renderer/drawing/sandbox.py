"""Runs a decoder on untrusted bytes in a process of its own, with limits on time, memory and files.

The process may use one second of CPU time and, beyond what Python and the decoder are, the memory that its caller
names; it cannot open a file once it has its input. A decoder that crashes, hangs or is taken over reaches nothing else.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np

_WAIT_S: Final = 5.0  # wall clock, on a busy machine; the limit of CPU time is one second
_PACKAGES: Final = str(Path(np.__file__).parents[1])
_FRAME: Final = """
import sys
sys.path.append(sys.argv[1])
import resource
{imports}
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with open("/proc/self/statm") as statm:
    most = int(statm.read().split()[0]) * resource.getpagesize() + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
raw = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
{work}
"""
BASE_BYTES: Final = 72 << 20
"""Memory of the process before it decodes: Python, the decoder and, for an unusual JPEG, numpy; measured."""

_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each reserves memory for its stack


class SandboxError(ValueError):
    """The decoder failed, took too long or needed too much memory; the message says which."""


class Program:
    """A program for the sandbox: ``work`` finds its input in ``raw``, its arguments in ``sys.argv[3:]``."""

    def __init__(self, *, imports: str, work: str) -> None:
        self._text = _FRAME.format(imports=imports.strip(), work=work.strip())

    def run(self, raw: bytes, *arguments: int, memory: int) -> bytes:
        """Return what the program writes, within ``memory`` bytes for its work. Raises ``SandboxError``."""
        command = (sys.executable, "-I", "-S", "-c", self._text, _PACKAGES, str(memory), *map(str, arguments))
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter with fixed arguments; the bytes are its input
                command, input=raw, capture_output=True, timeout=_WAIT_S, check=False, env=_ONE_THREAD
            )
        except subprocess.TimeoutExpired as exc:
            raise SandboxError("takes too long") from exc
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
            raise SandboxError(f"cannot be drawn within bounds ({done.returncode}): {reason}")
        return done.stdout
