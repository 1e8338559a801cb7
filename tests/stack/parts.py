"""Real Valkey, Postgres and S3: the programs that ``make run`` starts, on free ports."""

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from yarl import URL

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.postgres import DATABASE, Postgres
from deploy.dev.local.probes import has_bucket
from deploy.dev.local.processes import Program, run_once
from tests.stack.part import Part
from tests.stack.stores import Stores
from tests.waiting import run_apart

BUCKET: Final = "pictures"
_FAST_POSTGRES: Final = ("--fsync=off", "--full_page_writes=off")  # what it holds need not outlast this machine


def moto(port: int, bucket: str, log: Path) -> Program:
    """Return an S3 in memory, ready once it has ``bucket``: it checks no signature, and what it has ends with it."""
    return Program(
        name="s3",
        command=(sys.executable, "-m", "tests.stack.moto_s3", str(port)),
        cwd=parts.ROOT,
        env=dict(os.environ),
        is_ready=partial(has_bucket, port, bucket),
        log=log,
    )


class Stack:
    """Starts parts and ends them. All methods block, also a running loop; call them in a thread where that matters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Part] = []

    def valkey(self, port: int | None = None) -> str:
        """Start a Valkey and return its URL."""
        port = port or _free_port()
        self.run(parts.valkey(port, self.new_folder(), self._log("valkey")))
        return f"redis://{HOST}:{port}/0"

    def s3(self, port: int | None = None) -> str:
        """Start an S3 and return its endpoint; it has the bucket ``BUCKET``."""
        port = port or _free_port()
        self.run(moto(port, BUCKET, self._log("s3")))
        return f"http://{HOST}:{port}"

    def embedded_s3(self, folder: Path, port: int | None = None) -> Part:
        """Start the S3 of ``make run`` with its data in a folder; it has the bucket ``BUCKET``."""
        return self.run(parts.s3(port or _free_port(), BUCKET, folder, self._log("s3")))

    def postgres(self, port: int | None = None, **settings: str) -> str:
        """Start a Postgres with these settings and return its DSN; it has an empty database."""
        server = Postgres.choose(self.new_folder() / "data", self._log("postgres"))
        shutil.copytree(self._unused_data, server.data)
        run_apart(server.prepare())
        return self._serve(server, port, settings)

    def stores(self) -> Stores:
        """Start one of each and return empty stores in them."""
        return Stores.fresh(self.postgres(), self.valkey(), self.s3())

    def standby(self, primary_url: str) -> str:
        """Start a Postgres that follows another one and return its DSN; it takes no writes until it is promoted."""
        server = Postgres.choose(self.new_folder() / "data", self._log("postgres"))
        server.data.mkdir(mode=0o700)
        if server.user is not None:
            os.chown(server.data, server.user, server.user)
        copy = (str(server.binaries / "pg_basebackup"), "-d", primary_url, "-D", str(server.data))
        run_apart(
            run_once(
                Program(
                    name="pg_basebackup",
                    command=(*server.prefix, *copy, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
                    cwd=server.data,
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                    log=server.log,
                    user=server.user,
                )
            )
        )
        return self._serve(server, None, {})

    @cached_property
    def _unused_data(self) -> Path:
        """Return the data of a Postgres that never ran: making it takes five times the CPU of a copy."""
        server = Postgres.choose(self.new_folder() / "data", self._log("initdb"))
        run_apart(server.prepare())
        return server.data

    def _serve(self, server: Postgres, port: int | None, settings: Mapping[str, str]) -> str:
        port = port or _free_port()
        program = server.server(port)
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.run(replace(program, command=(*program.command, *_FAST_POSTGRES, *options)))
        return f"postgresql://postgres@{HOST}:{port}/{DATABASE}"

    def run(self, program: Program) -> Part:
        """Start any other program beside them and return it once it is ready. Raises ``StartFailed``."""
        part = Part(program, program.log or self._log(program.name))
        self._running.append(part)
        return part.start()

    def part(self, name: str) -> Part:
        """Return the part of this name that was started last."""
        return next(part for part in reversed(self._running) if part.program.name == name)

    def stop(self, name: str) -> None:
        """End the part of this name that was started last."""
        part = self.part(name)
        self._running.remove(part)
        part.close()

    @contextmanager
    def paused(self, name: str, url: str = "") -> Iterator[None]:
        """Freeze the part of this name that has this URL, or else was started last: it accepts connections, no more."""
        part = self._part_at(name, url) if url else self.part(name)
        part.freeze()
        try:
            yield
        finally:
            part.thaw()

    def _part_at(self, name: str, url: str) -> Part:
        port = str(URL(url).port)
        return next(part for part in self._running if part.program.name == name and port in part.program.command)

    def close(self) -> None:
        """End all that runs, the last first."""
        while self._running:
            self._running.pop().close()

    def new_folder(self) -> Path:
        """Return an empty folder that every user may enter."""
        folder = self.folder / uuid.uuid4().hex
        folder.mkdir()
        folder.chmod(0o755)  # Postgres does not run as root: another user must be able to enter
        return folder

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@contextmanager
def running_stack(prefix: str = "marquee-tests-", *, keep: bool = False) -> Iterator[Stack]:
    """Hold a stack open, with nothing started yet; its files are removed afterwards unless they are to be kept."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    stack = Stack(folder)
    try:
        yield stack
    finally:
        stack.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    return free_ports(1, apart_from=())[0]
