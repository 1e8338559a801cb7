"""Runs a command of the project to its end."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from deploy.dev.local.parts import ROOT
from deploy.dev.local.processes import Program
from tests.stack.fork_server import FORK_SERVER

_WITHIN_S: Final = 60.0


async def command(
    module: str, *words: str, env: Mapping[str, str], cwd: Path = ROOT, typed: str = ""
) -> tuple[int, str, str]:
    """Run ``python -m module words``; return its exit code, its output and its standard error.

    Raises ``subprocess.TimeoutExpired`` after a minute; the command is gone then, too.
    """
    program = Program(name=module, command=(sys.executable, "-m", module, *words), cwd=cwd, env=env)
    return await asyncio.to_thread(_ended, program, typed)


def _ended(program: Program, typed: str) -> tuple[int, str, str]:
    with TemporaryFile() as stdin, TemporaryFile() as out, TemporaryFile() as err:
        stdin.write(typed.encode())
        stdin.seek(0)
        process = FORK_SERVER.fork(program, (stdin.fileno(), out.fileno(), err.fileno())) or subprocess.Popen(
            program.command, cwd=program.cwd, env=program.env, stdin=stdin, stdout=out, stderr=err
        )
        try:
            code = process.wait(_WITHIN_S)
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()
