"""Creates the picture on the front page: ``python -m deploy.dev.demo.preview URL`` uses a running Marquee.

``URL`` is printed by ``RENDER_WAIT_MS=30000 make run`` with the demo catalogue, which takes a second or two for large
artwork; the result is written to ``deploy/dev/demo/preview.jpg``.
"""

import argparse
import urllib.request
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

# Metropolis, The General, Nosferatu, Wings; A Trip to the Moon, Battleship Potemkin, Man with a Movie Camera,
# All Quiet on the Western Front.
_POSTERS: Final = (
    ("tt0017136", "tt0017925", "tt0013442", "tt0018578"),
    ("tt0000417", "tt0015648", "tt0019760", "tt0020629"),
)
_OTHERS: Final = (
    "logo-default/tt0017136?imageSize=large",  # Metropolis
    "backdrop-default/tt0018455?imageSize=medium&position=bc",  # Sunrise
    "episode-default/tt0002844:1:1?imageSize=large",  # Fantômas
)
_ROWS: Final = (
    *(((360, 533), [f"poster-default/{imdb}?imageSize=large" for imdb in row]) for row in _POSTERS),
    ((485, 273), _OTHERS),
)
"""The size of the pictures in each row, and their addresses."""

_GAP: Final = 16
_BACKGROUND: Final = (16, 18, 24)
_TIMEOUT_S: Final = 40.0


def main() -> None:
    """Request the pictures, lay them out and write the result."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("url", help="a running gateway, such as http://127.0.0.1:3000")
    arguments.add_argument("--to", type=Path, default=Path(__file__).with_name("preview.jpg"))
    chosen = arguments.parse_args()
    width = max(len(paths) * (size[0] + _GAP) for size, paths in _ROWS) + _GAP
    whole = Image.new("RGB", (width, sum(size[1] + _GAP for size, _ in _ROWS) + _GAP), _BACKGROUND)
    top = _GAP
    for size, paths in _ROWS:
        for nth, path in enumerate(paths):
            whole.paste(_fetch(chosen.url, path, size), (_GAP + nth * (size[0] + _GAP), top))
        top += size[1] + _GAP
    whole.save(chosen.to, quality=88, optimize=True)
    print(f"wrote {chosen.to}")


def _fetch(url: str, path: str, size: tuple[int, int]) -> Image.Image:
    """Return one picture on the background, as large as it can be within ``size``; it is drawn larger than shown."""
    address = f"{url}/t0-free-rpdb/imdb/{path}"
    with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own server
        if answer.headers["X-Cache-Status"] == "MISS-FALLBACK":
            raise SystemExit(f"{address} was not drawn in time")
        drawn = Image.open(BytesIO(answer.read())).convert("RGBA")
    padded = ImageOps.pad(drawn, size, Image.Resampling.LANCZOS, color=(*_BACKGROUND, 0))
    return Image.alpha_composite(Image.new("RGBA", size, _BACKGROUND), padded).convert("RGB")


if __name__ == "__main__":
    main()
