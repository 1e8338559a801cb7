"""The files that pages load: read and compressed once, and served under an address that changes with any of them."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

STATIC: Final = Path(__file__).with_name("static")
ADDRESS: Final = "/static/{version}/{file:.+}"

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_TEXTS: Final = frozenset({".css", ".js", ".svg", ".txt"})
HEADERS: Final = {"Server": "marquee", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_WORTH_IT: Final = 512  # bytes; below, the headers are most of the answer
_ICON: Final = "mark.svg"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Assets:
    """All files under ``static``, in memory."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {str(path.relative_to(folder)): path.read_bytes() for path in _files(folder)}
        self._pressed = {
            name: gzip.compress(body, 9, mtime=0)
            for name, body in self._files.items()
            if Path(name).suffix in _TEXTS and len(body) >= _WORTH_IT
        }
        digest = hashlib.sha256()
        for name, body in sorted(self._files.items()):
            digest.update(f"{name} {len(body)} ".encode() + body)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return where a file is served. Raises ``KeyError`` for one that is not there."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answer with a file; under the version of now it may be kept for ever, under another it is not kept."""
        name = request.match_info["file"]
        body = self._files.get(name)
        if body is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, headers=HEADERS | {"Cache-Control": "no-store"})
        is_now = request.match_info["version"] == self.version
        headers = HEADERS | {
            "Cache-Control": _FOR_EVER if is_now else "no-store",
            "Content-Type": _TYPES.get(Path(name).suffix)
            or mimetypes.guess_type(name)[0]
            or "application/octet-stream",
        }
        if name in self._pressed:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                headers["Content-Encoding"], body = "gzip", self._pressed[name]
        return web.Response(body=body, headers=headers)

    async def icon(self, _: web.Request) -> web.Response:
        """Answer browsers that show a picture by itself and look for the icon where it used to be."""
        headers = HEADERS | {"Cache-Control": "public, max-age=86400", "Content-Type": _TYPES[".svg"]}
        return web.Response(body=self._files[_ICON], headers=headers)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
