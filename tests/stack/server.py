"""A stand-in as a process of its own: a Python module that serves on a port, which is its first argument."""

import os
import sys
from functools import partial
from pathlib import Path

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program
from tests.stack.part import Part


class Server(Part):
    """A part that runs ``python -m module PORT arguments`` and is ready when it listens."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        self.port = free_ports(1, apart_from=())[0]
        self.url = f"http://{HOST}:{self.port}"
        name = module.rpartition(".")[2]
        program = Program(
            name=name,
            command=(sys.executable, "-m", module, str(self.port), *arguments),
            cwd=parts.ROOT,
            env=dict(os.environ),
            is_ready=partial(is_listening, self.port),
        )
        super().__init__(program, folder / f"{name}-{self.port}.log")
