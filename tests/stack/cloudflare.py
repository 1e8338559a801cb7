"""Cloudflare's purge call on a real socket: notes what it is told, and says that it was done."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from deploy.dev.local.ports import HOST

ZONE: Final = "0123456789abcdef0123456789abcdef"
TOKEN: Final = "cloudflare-token-never-to-be-seen"
_DONE: Final = msgspec.json.encode({"success": True, "errors": [], "messages": [], "result": {"id": ZONE}})


class Cloudflare:
    """Runs in a thread, from entering to leaving."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, Any]] = []
        self.wrong: list[str] = []
        told, wrong = self.told, self.wrong

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path != f"/client/v4/zones/{ZONE}/purge_cache":
                    wrong.append(self.path)
                if self.headers["Authorization"] != f"Bearer {TOKEN}":
                    wrong.append("token")
                told.append(msgspec.json.decode(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(_DONE)))
                self.end_headers()
                self.wfile.write(_DONE)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="cloudflare", daemon=True)

    @property
    def settings(self) -> dict[str, str]:
        """Return what a renderer is told of it."""
        url = f"http://{HOST}:{self._server.server_port}/client/v4"
        return {"CLOUDFLARE_ZONE_ID": ZONE, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_API_URL": url}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
