"""A pgbouncer in transaction mode before a running Postgres: the next transaction may meet another server process."""

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from yarl import URL

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.postgres import NOBODY
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program
from tests.stack.parts import Stack

_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
_CONFIG: Final = """
[databases]
* = host={host} port={server}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
logfile =
"""


def pgbouncer(stack: Stack, postgres_url: str, *, servers: int, **settings: object) -> str:
    """Start it with at most ``servers`` connections to Postgres, and return the DSN that leads through it.

    Skips the test where there is no pgbouncer. Its clients share a user, so all of them share the connections.
    """
    program = shutil.which("pgbouncer", path=_PATH)
    if program is None:
        pytest.skip("no pgbouncer; set-up installs it as root on Debian")
    url = URL(postgres_url)
    (port,) = free_ports(1, apart_from=())
    folder = stack.new_folder()
    config = folder / "pgbouncer.ini"
    user = url.user or "postgres"
    text = _CONFIG.format(host=HOST, server=url.port, port=port, servers=servers)
    text += "".join(f"{name} = {value}\n" for name, value in settings.items())
    config.write_text(text.replace(f"port={url.port}\n", f"port={url.port} user={user}\n"))
    stack.run(_program(Path(program), config, port))
    return str(url.with_port(port))


def _program(program: Path, config: Path, port: int) -> Program:
    return Program(
        name="pgbouncer",
        command=(str(program), str(config)),
        cwd=config.parent,
        env={"PATH": _PATH, "LC_ALL": "C"},
        is_ready=partial(is_listening, port),
        user=NOBODY if os.geteuid() == 0 else None,  # it refuses to run as root
    )
