"""Makes the picture on the front page: ``python -m deploy.demo.preview URL`` asks a running Marquee for its posters.

``URL`` is what ``make run`` prints, with the demo catalogue; the sheet is written to ``deploy/demo/preview.jpg``.
"""

import argparse
import time
import urllib.request
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from PIL import Image

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
ACROSS: Final = 4
WIDTH, HEIGHT, GAP = 360, 533, 16
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
    sheet([poster(chosen.url, imdb) for imdb in chosen.ids]).save(chosen.to, quality=88, optimize=True)
    print(f"wrote {chosen.to}")


def poster(url: str, imdb: str) -> Image.Image:
    """Return one poster, drawn twice as large as it is shown, by the way that every client goes."""
    address = f"{url}/t0-free-rpdb/imdb/poster-default/{imdb}.jpg?imageSize=large"
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(address, timeout=_ANSWER_S) as answer:  # noqa: S310 - our own server
                if answer.headers["X-Cache-Status"] != "MISS-FALLBACK":
                    return Image.open(BytesIO(answer.read())).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        time.sleep(_PAUSE_S)  # it is being drawn: large art takes the demo a second or two
    raise SystemExit(f"{address} was not drawn in time")


def sheet(posters: list[Image.Image]) -> Image.Image:
    """Return the posters side by side, with a gap around each."""
    down = -(-len(posters) // ACROSS)
    paper = Image.new("RGB", (ACROSS * (WIDTH + GAP) + GAP, down * (HEIGHT + GAP) + GAP), PAPER)
    for nth, picture in enumerate(posters):
        row, column = divmod(nth, ACROSS)
        paper.paste(picture, (GAP + column * (WIDTH + GAP), GAP + row * (HEIGHT + GAP)))
    return paper


if __name__ == "__main__":
    main()
