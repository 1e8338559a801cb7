"""Stand-in sources in a container of the renderer's image: those of `make run`, with artwork in one colour.

The image's numpy lacks what the demo draws its artwork with, and Pillow is enough for a poster to be drawn on.
"""

import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from aiohttp import web
from PIL import Image

from deploy.dev.demo.app import build_app
from deploy.dev.demo.pictures import DemoPicture

PORT = 4000


class OneColour(Executor):
    """Makes each picture that it is asked to draw, at once."""

    def submit(self, _draw: Callable[..., Any], /, *asked: Any, **_: Any) -> Future[Any]:
        """Return a poster's or backdrop's JPEG."""
        done: Future[Any] = Future()
        done.set_result(drawn(*asked))
        return done


def drawn(picture: DemoPicture, width: int, _extension: str) -> bytes:
    """Return artwork ``width`` pixels wide, as a JPEG."""
    file = io.BytesIO()
    height = width * 3 // 2 if picture.form == "poster" else width * 9 // 16
    Image.new("RGB", (width, height), "teal").save(file, "jpeg")
    return file.getvalue()


if __name__ == "__main__":
    web.run_app(build_app(OneColour()), host="0.0.0.0", port=PORT, access_log=None)  # noqa: S104 - inside the container
