"""What `helm test` runs tells a release that answers from one that does not."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.dev.documents.chart_page import CHART

ALIVE = (200, {"alive": True})
REFUSED = (401, {"valid": False, "validity": False})


@contextmanager
def serving(answers: dict[str, tuple[int, object]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, {}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("gateway", "renderer", "status"),
    [
        ({"/livez": ALIVE, "/t0-free-rpdb/isValid": REFUSED}, {"/livez": ALIVE}, 0),
        ({"/livez": ALIVE, "/t0-free-rpdb/isValid": (200, {"valid": True})}, {"/livez": ALIVE}, 0),
        ({"/livez": ALIVE, "/t0-free-rpdb/isValid": (503, {"error": "…"})}, {"/livez": ALIVE}, 1),
        ({"/livez": ALIVE, "/t0-free-rpdb/isValid": REFUSED}, {"/livez": (503, {})}, 1),
    ],
    ids=["with the free key off", "with the free key on", "without its database", "without renderers"],
)
def test_a_release_passes_when_both_services_answer(
    gateway: dict[str, tuple[int, object]], renderer: dict[str, tuple[int, object]], status: int
) -> None:
    with serving(gateway) as gateway_url, serving(renderer) as renderer_url:
        ended = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, "-c", (CHART / "files" / "answers.py").read_text(), gateway_url, renderer_url],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert status == ended.returncode, ended.stdout + ended.stderr
