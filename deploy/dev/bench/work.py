"""``python -m deploy.dev.bench.work``: measures the work of pictures, for the figures in ``shared.settings.work``.

It takes processor time of one thread, so other programs hardly change the ratios. The artwork is noise on a gradient:
more detail than a photograph, and so the upper end of what encoding costs.
"""

import io
import time
from functools import cache
from typing import Final

from PIL import Image

from deploy.dev.local.terminal import say
from renderer.drawing.picture import draw_picture
from shared.domain.pictures import CANVAS, Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Settings
from shared.settings.parameters import parse
from shared.settings.work import work_of

_RATINGS: Final = {site: Rating(80, 1000) for site in RatingSite}
_ROUNDS: Final = 3


def main() -> None:
    """Print the time of every kind, format and size, as measured and as the product counts it."""
    unit_s = _seconds(Settings(kind=Kind.POSTER, format=Format.JPG))
    say(f"one unit, a medium JPEG poster: {unit_s * 1000:.1f} ms")
    for kind, canvases in CANVAS.items():
        for fmt in Format:
            for size in canvases:
                settings = parse(kind, fmt, {"imageSize": size})
                units = _seconds(settings) / unit_s
                say(f"{kind:9}{settings.format:5}{size:11} measured {units:6.1f}, counted {work_of(settings):4}")


def _seconds(settings: Settings) -> float:
    """Return the processor time of the quickest of a few rounds."""
    art = _art(*settings.canvas)
    return min(_once(settings, art) for _ in range(_ROUNDS))


def _once(settings: Settings, art: bytes) -> float:
    began = time.thread_time()
    draw_picture(settings, art, _RATINGS)
    return time.thread_time() - began


@cache
def _art(width: int, height: int) -> bytes:
    blobs = Image.effect_noise((max(1, width // 8), max(1, height // 8)), 60).resize((width, height))
    image = Image.blend(blobs, Image.radial_gradient("L").resize((width, height)), 0.5)
    image = Image.blend(image, Image.effect_noise((width, height), 20), 0.25).convert("RGB")
    body = io.BytesIO()
    image.save(body, "JPEG", quality=90)
    return body.getvalue()


if __name__ == "__main__":
    main()
