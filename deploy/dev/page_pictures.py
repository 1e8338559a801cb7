"""Takes the pictures of pages that the README and the manual show, of a running stack with the demo catalogue.

``python -m deploy.dev.page_pictures http://127.0.0.1:3000``, or ``make page-pictures``.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from deploy.dev.local.programs import chromium

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_TITLE: Final = "tt0017136"
_DRAWN_MS: Final = 60_000
_WIDTH: Final = 1280  # pixels; wider than any column of text


class Shot(msgspec.Struct, frozen=True):
    """A page, the picture in it to wait for, and the part that is shown: all of the window if it is empty."""

    address: str
    drawn: str
    part: str = ""


SHOTS: Final = {
    "configure": Shot(f"/configure?id={_TITLE}", drawn="#stage img"),
    "client": Shot(f"/configure?id={_TITLE}", part="#take", drawn="#stage img"),
}


def main(url: str) -> None:
    """Take every picture of the stack at this address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        page = browser.new_page(base_url=url, viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.emulate_media(reduced_motion="reduce")
        for name, shot in SHOTS.items():
            _save(name, _taken(page, shot))
        browser.close()


def _taken(page: Page, shot: Shot) -> bytes:
    page.goto(shot.address)
    page.locator(shot.drawn).first.wait_for(timeout=_DRAWN_MS)
    page.wait_for_load_state("networkidle", timeout=_DRAWN_MS)  # until the small pictures are there, too
    take: Callable[..., bytes] = page.screenshot if not shot.part else _scrolled(page.locator(shot.part)).screenshot
    return take(timeout=_DRAWN_MS)


def _scrolled(part: Locator) -> Locator:
    part.scroll_into_view_if_needed()
    return part


def _save(name: str, png: bytes) -> None:
    with Image.open(io.BytesIO(png)) as taken:
        picture = taken.convert("RGB")
    size = (_WIDTH, round(picture.height * _WIDTH / picture.width))
    if picture.width > _WIDTH:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    path = FOLDER / f"{name}.webp"
    path.write_bytes(_webp(picture))
    print(f"wrote {path}, {path.stat().st_size // 1000} kB")


def _webp(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=86, method=6)
    return written.getvalue()


if __name__ == "__main__":
    main(sys.argv[1])
