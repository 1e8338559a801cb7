"""Runs in the drawing process; the server itself never imports the drawing libraries, so that it starts faster."""

import signal
from importlib import import_module

from deploy.dev.demo.pictures import DemoPicture

_DRAWING = "deploy.dev.demo.drawing"


def prepare() -> None:
    """Import the drawing libraries, and leave Ctrl-C, which a terminal sends to both processes, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_module(_DRAWING)


def draw(picture: DemoPicture, width: int, extension: str) -> bytes:
    """Return the picture drawn by ``drawing.render``."""
    raw: bytes = import_module(_DRAWING).render(picture, width, extension)
    return raw
