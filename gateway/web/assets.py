"""Static files: read and compressed once, and served under an address that changes with their content."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.web.manual import PICTURES, ROOT

STATIC: Final = Path(__file__).with_name("static")
ADDRESS: Final = "/static/{version}/{file:.+}"

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_TEXTS: Final = frozenset({".css", ".js", ".svg", ".txt", ".webmanifest"})
HEADERS: Final = {"Server": "marquee", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_MIN_COMPRESSED: Final = 512  # bytes; smaller files gain nothing
_ICON: Final = "mark.svg"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"


class Assets:
    """The files under ``static`` and the pictures of the manual, in memory."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {str(path.relative_to(folder)): path.read_bytes() for path in _files(folder)}
        for pictures in PICTURES:
            self._files |= {str(path.relative_to(ROOT)): path.read_bytes() for path in _files(ROOT / pictures)}
        self._compressed = {
            name: gzip.compress(body, 9, mtime=0)
            for name, body in self._files.items()
            if Path(name).suffix in _TEXTS and len(body) >= _MIN_COMPRESSED
        }
        digest = hashlib.sha256()
        for name, body in sorted(self._files.items()):
            digest.update(f"{name} {len(body)} ".encode() + body)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the path of a file. Raises ``KeyError`` if there is no such file."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Serve a file: cached forever under the current version, not cached under another one."""
        name = request.match_info["file"]
        body = self._files.get(name)
        if body is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, headers=HEADERS | {"Cache-Control": "no-store"})
        is_current = request.match_info["version"] == self.version
        headers = HEADERS | {
            "Cache-Control": _IMMUTABLE if is_current else "no-store",
            "Content-Type": _TYPES.get(Path(name).suffix)
            or mimetypes.guess_type(name)[0]
            or "application/octet-stream",
        }
        if name in self._compressed:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                headers["Content-Encoding"], body = "gzip", self._compressed[name]
        return web.Response(body=body, headers=headers)

    async def icon(self, _: web.Request) -> web.Response:
        """Serve ``/favicon.ico``, which browsers request when they show a picture by itself."""
        headers = HEADERS | {"Cache-Control": "public, max-age=86400", "Content-Type": _TYPES[".svg"]}
        return web.Response(body=self._files[_ICON], headers=headers)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
