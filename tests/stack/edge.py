"""A CDN in front of a pair, as nginx stands in for one: one host, `/c/` from the content server, all else the gateway.

It respects what the answers say (`max-age`, `stale-while-revalidate`, `no-store`), joins equal questions, refreshes
in the background, and serves what it holds while the origin fails.
"""

import os
import shutil
import struct
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.dev.local.ports import HOST
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program, StartFailed
from tests.stack.part import Part

_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
_HEADER: Final = struct.Struct("@Lqq")
_LAYOUT: Final = 5
"""The version of nginx's cache files that we can read: since 1.11.10."""

_CONFIG: Final = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache keys_zone=edge:1m max_size=64m inactive=1h use_temp_path=off;
    proxy_cache edge;
    proxy_cache_key $request_uri;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 20s;
    proxy_cache_lock_age 20s;
    proxy_cache_background_update on;
    proxy_cache_revalidate on;
    proxy_cache_use_stale updating error timeout http_500 http_502 http_503 http_504;
    proxy_connect_timeout 2s;
    proxy_read_timeout 20s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Edge $upstream_cache_status always;
    server {{
        listen {host}:{port};
        location / {{ proxy_pass http://{host}:{gateway}; }}
        location /c/ {{ proxy_pass http://{host}:{content}; }}
    }}
}}
"""


@dataclass(frozen=True)
class Held:
    """How long the edge keeps an entry, in seconds from now: as fresh, and after that while it refreshes it."""

    fresh_s: float
    stale_s: int


def find_nginx() -> str | None:
    """Return the program, or ``None`` where there is none."""
    return shutil.which("nginx", path=_PATH)


class Edge:
    """One nginx with an empty cache. Starts on entering, ends on leaving; not from within a running loop."""

    def __init__(self, nginx: str, folder: Path, port: int, *, gateway: int, content: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._cache = folder / "cache"
        # Started by root, nginx would work as another user, who cannot enter our folder.
        user = "user root;" if os.geteuid() == 0 else ""
        config = folder / "nginx.conf"
        ports = {"port": port, "gateway": gateway, "content": content}
        config.write_text(_CONFIG.format(user=user, folder=folder, host=HOST, **ports))
        program = Program(
            name="edge",
            command=(nginx, "-e", "stderr", "-p", str(folder), "-c", str(config)),
            cwd=folder,
            env={"PATH": _PATH},
            is_ready=partial(is_listening, port),
        )
        self._part = Part(program, folder / "nginx.log")

    def __enter__(self) -> Self:
        try:
            self._part.start()
        except StartFailed:
            self._part.close()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._part.close()

    def held(self, url: str) -> Held | None:
        """Return how long the edge keeps its entry of this URL; ``None`` when it has none.

        It is read from nginx's own file: waiting for 300 s to pass would show the same.
        """
        name = b"\nKEY: " + url.removeprefix(self.url).encode() + b"\n"
        for file in self._cache.glob("*"):
            head = file.read_bytes()[:4096]
            if name in head:
                layout, fresh_until, stale_s = _HEADER.unpack_from(head)
                assert layout == _LAYOUT, "nginx writes its cache files in another way now"
                return Held(fresh_until - time.time(), stale_s)
        return None
