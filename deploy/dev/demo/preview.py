"""Makes the picture on the front page: ``python -m deploy.dev.demo.preview URL`` asks a running Marquee for pictures.

``URL`` is what ``make run`` prints, with the demo catalogue; the sheet is written to ``deploy/dev/demo/preview.jpg``.
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

SHOWN: Final = (
    "tt0017136",  # Metropolis
    "tt0017925",  # The General
    "tt0013442",  # Nosferatu
    "tt0018578",  # Wings
    "tt0000417",  # A Trip to the Moon
    "tt0015648",  # Battleship Potemkin
    "tt0019760",  # Man with a Movie Camera
    "tt0020629",  # All Quiet on the Western Front
)
ALSO_SHOWN: Final = (
    ("logo-default", "tt0017136", "imageSize=large"),
    ("backdrop-default", "tt0018455", "imageSize=medium&position=bc"),  # Sunrise
    ("episode-default", "tt0002844:1:1", "imageSize=large"),  # Fantômas
)
ACROSS: Final = 4
WIDTH, HEIGHT, GAP = 360, 533, 16
WIDE, LOW = 485, 273
PAPER: Final = (16, 18, 24)
_ANSWER_S: Final = 20.0
_TRIES: Final = 10
_PAUSE_S: Final = 1.0


def main() -> None:
    """Ask for the posters, lay them out and write the sheet."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("url", help="a running gateway, such as http://127.0.0.1:3000")
    arguments.add_argument("ids", nargs="*", default=SHOWN, help="IMDb ids, eight of our choice by default")
    arguments.add_argument("--to", type=Path, default=Path(__file__).with_name("preview.jpg"))
    chosen = arguments.parse_args()
    posters = [
        fitted(picture(chosen.url, "poster-default", imdb, "imageSize=large"), (WIDTH, HEIGHT)) for imdb in chosen.ids
    ]
    others = [fitted(picture(chosen.url, *other), (WIDE, LOW)) for other in ALSO_SHOWN]
    sheet(posters, others).save(chosen.to, quality=88, optimize=True)
    print(f"wrote {chosen.to}")


def picture(url: str, style: str, imdb: str, query: str) -> Image.Image:
    """Return one picture, drawn larger than it is shown, by the way that every client goes."""
    address = f"{url}/t0-free-rpdb/imdb/{style}/{imdb}?{query}"
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(address, timeout=_ANSWER_S) as answer:  # noqa: S310 - our own server
                if answer.headers["X-Cache-Status"] != "MISS-FALLBACK":
                    return Image.open(BytesIO(answer.read()))
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        time.sleep(_PAUSE_S)  # it is being drawn: large art takes the demo a second or two
    raise SystemExit(f"{address} was not drawn in time")


def fitted(drawn: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture as large as it can be within ``size``, on the paper of the sheet."""
    small = ImageOps.contain(drawn, size, Image.Resampling.LANCZOS)
    cell = Image.new("RGB", size, PAPER)
    corner = (size[0] - small.width) // 2, (size[1] - small.height) // 2
    cell.paste(small, corner, small.getchannel("A") if small.mode == "RGBA" else None)
    return cell


def sheet(posters: list[Image.Image], others: list[Image.Image]) -> Image.Image:
    """Return the posters side by side with the other kinds below, and a gap around each."""
    down = -(-len(posters) // ACROSS)
    paper = Image.new("RGB", (ACROSS * (WIDTH + GAP) + GAP, down * (HEIGHT + GAP) + LOW + 2 * GAP), PAPER)
    for nth, cell in enumerate(posters):
        row, column = divmod(nth, ACROSS)
        paper.paste(cell, (GAP + column * (WIDTH + GAP), GAP + row * (HEIGHT + GAP)))
    for nth, cell in enumerate(others):
        paper.paste(cell, (GAP + nth * (WIDE + GAP), GAP + down * (HEIGHT + GAP)))
    return paper


if __name__ == "__main__":
    main()
