"""Creates the picture on the front page: ``python -m deploy.dev.demo.preview URL`` uses a running Marquee.

``URL`` is printed by ``make run`` with the demo catalogue; the result is written to ``deploy/dev/demo/preview.jpg``.
"""

import argparse
import time
import urllib.request
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from PIL import Image, ImageOps

_POSTERS: Final = (
    "tt0017136",  # Metropolis
    "tt0017925",  # The General
    "tt0013442",  # Nosferatu
    "tt0018578",  # Wings
    "tt0000417",  # A Trip to the Moon
    "tt0015648",  # Battleship Potemkin
    "tt0019760",  # Man with a Movie Camera
    "tt0020629",  # All Quiet on the Western Front
)
_OTHERS: Final = (
    "logo-default/tt0017136?imageSize=large",  # Metropolis
    "backdrop-default/tt0018455?imageSize=medium&position=bc",  # Sunrise
    "episode-default/tt0002844:1:1?imageSize=large",  # Fantômas
)
_POSTER_SIZE: Final = (360, 533)
_OTHER_SIZE: Final = (485, 273)
_GAP: Final = 16
_BACKGROUND: Final = (16, 18, 24)
_TIMEOUT_S: Final = 20.0
_ATTEMPTS: Final = 10
_PAUSE_S: Final = 1.0


def main() -> None:
    """Request the pictures, lay them out and write the result."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("url", help="a running gateway, such as http://127.0.0.1:3000")
    arguments.add_argument("--to", type=Path, default=Path(__file__).with_name("preview.jpg"))
    chosen = arguments.parse_args()
    posters = [_fetch(chosen.url, f"poster-default/{imdb}?imageSize=large", _POSTER_SIZE) for imdb in _POSTERS]
    others = [_fetch(chosen.url, path, _OTHER_SIZE) for path in _OTHERS]
    rows = (posters[:4], posters[4:], others)
    width = _GAP + sum(cell.width + _GAP for cell in posters[:4])
    whole = Image.new("RGB", (width, _GAP + sum(row[0].height + _GAP for row in rows)), _BACKGROUND)
    top = _GAP
    for row in rows:
        for nth, cell in enumerate(row):
            whole.paste(cell, (_GAP + nth * (cell.width + _GAP), top))
        top += row[0].height + _GAP
    whole.save(chosen.to, quality=88, optimize=True)
    print(f"wrote {chosen.to}")


def _fetch(url: str, path: str, size: tuple[int, int]) -> Image.Image:
    """Return one picture, as large as it can be within ``size``; it is drawn larger than shown."""
    address = f"{url}/t0-free-rpdb/imdb/{path}"
    for _ in range(_ATTEMPTS):
        try:
            with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own server
                if answer.headers["X-Cache-Status"] != "MISS-FALLBACK":
                    return _fitted(Image.open(BytesIO(answer.read())), size)
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        time.sleep(_PAUSE_S)  # it is being drawn: large artwork takes the demo a second or two
    raise SystemExit(f"{address} was not drawn in time")


def _fitted(drawn: Image.Image, size: tuple[int, int]) -> Image.Image:
    small = ImageOps.contain(drawn, size, Image.Resampling.LANCZOS)
    cell = Image.new("RGB", size, _BACKGROUND)
    corner = (size[0] - small.width) // 2, (size[1] - small.height) // 2
    cell.paste(small, corner, small.getchannel("A") if small.mode == "RGBA" else None)
    return cell


if __name__ == "__main__":
    main()
