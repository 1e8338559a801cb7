"""How much work a picture is: what rate limits, queue and workers count, instead of pictures."""

from typing import Final

from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.settings.model import Settings

_PER_MEGAPIXEL: Final = {Format.JPG: 2, Format.PNG: 6, Format.WEBP: 13}
"""Measured by ``python -m deploy.dev.bench.work``: a medium JPEG poster of 0.5 megapixels takes 8.3 ms of one core, the
unit. JPEG takes 2 units per megapixel, PNG 5 to 7, WebP 13 to 19: the more detail, the slower."""

_PER_MEGAPIXEL_OF_LOGO: Final = {Format.JPG: 10, Format.PNG: 10, Format.WEBP: 24}
"""By the artwork's megapixels; transparency and the badges below it come on top. There are no logos in JPEG."""

_MOST_PLAIN: Final = 16
"""Most work of plain artwork, so that it is ready in time: 130 ms of one core."""


def work_of(settings: Settings) -> int:
    """Return the work of drawing a picture, in medium JPEG posters: 1 for one, 108 for a WebP in 4K."""
    return _work(settings.kind, settings.format, settings.canvas)


def plain_size(settings: Settings) -> Size:
    """Return the size in which plain artwork is drawn: the settings' own, or a smaller one where that is much work."""
    if work_of(settings) <= _MOST_PLAIN:
        return settings.size
    canvases = CANVAS[settings.kind]
    sizes = sorted(canvases, key=lambda size: canvases[size], reverse=True)
    light = (size for size in sizes if _work(settings.kind, settings.format, canvases[size]) <= _MOST_PLAIN)
    return next(light, sizes[-1])


def _work(kind: Kind, fmt: Format, canvas: tuple[int, int]) -> int:
    rates = _PER_MEGAPIXEL_OF_LOGO if kind is Kind.LOGO else _PER_MEGAPIXEL
    return max(1, round(canvas[0] * canvas[1] * rates[fmt] / 1_000_000))
