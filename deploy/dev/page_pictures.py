"""Takes the pictures of pages that the README and the manual show, of a running stack with the demo catalogue.

``python -m deploy.dev.page_pictures http://127.0.0.1:3000``, or ``make page-pictures``.
"""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from gateway.keys.token import FREE_KEY

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_TITLE: Final = "tt0017136"
_DRAWN_MS: Final = 60_000
_WIDTH: Final = 1280  # pixels; wider than any column of text
_ALONE: Final = ViewportSize(width=900, height=2600)  # in which the lines for a client fill the width
_CHOSEN: Final = "poster.ratings_limit=4&poster.badge_shape=p"
_MARGIN: Final = 24  # pixels
_LOOP: Final = "A loop with curl, as for Kometa and Plex"


class Shot(msgspec.Struct, frozen=True):
    """A page, the picture in it to wait for, and the part that is shown: all of the window if it is empty."""

    address: str
    drawn: str
    part: str = ""


CLIENTS: Final = {
    "AIOStreams": "AIOStreams",
    "AIOMetadata": "AIOMetadata",
    "Nuvio": "Nuvio",
    "Harbor": "",
    "Discover+": "Discover+",
    "Jellyfin": "Jellyfin",
    "Kometa": _LOOP,
    "Plex": _LOOP,
}
"""The tabs of the configurator, and what *Test a client* calls each: empty where it does not play the client."""

SHOTS: Final = {
    "configure": Shot(f"/configure?id={_TITLE}", drawn="#stage img"),
    "client": Shot(f"/configure?id={_TITLE}", part="#take", drawn="#stage img"),
}


def main(url: str) -> None:
    """Take every picture of the stack at this address."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(base_url=url, viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.emulate_media(reduced_motion="reduce")
        for name, shot in SHOTS.items():
            _save(name, [_taken(page, shot)])
        page.set_viewport_size(_ALONE)
        for client, played in CLIENTS.items():
            _save(f"client-{client.lower().rstrip('+')}", _client(page, client, played))
        browser.close()


def _taken(page: Page, shot: Shot) -> bytes:
    page.goto(shot.address)
    page.locator(shot.drawn).first.wait_for(timeout=_DRAWN_MS)
    page.wait_for_load_state("networkidle", timeout=_DRAWN_MS)  # until the small pictures are there, too
    take: Callable[..., bytes] = page.screenshot if not shot.part else _scrolled(page.locator(shot.part)).screenshot
    return take(timeout=_DRAWN_MS)


def _client(page: Page, client: str, played: str) -> list[bytes]:
    """Return the lines to copy for a client and, where it is played, the result of its test."""
    page.goto(f"/configure?id={_TITLE}&{_CHOSEN}")
    page.get_by_role("tab", name=client, exact=True).click()
    page.locator(".bar").evaluate("bar => { bar.hidden = true; }")  # it would lie over the lines
    taken = [_scrolled(page.locator("#snippet")).screenshot(timeout=_DRAWN_MS)]
    if played:
        page.goto("/docs/clients#test")
        form = page.locator("#client-test")
        form.get_by_role("combobox", name="Client").select_option(label=played)
        form.get_by_role("textbox", name="Key").fill(FREE_KEY)
        form.get_by_role("button", name="Test").click()
        page.locator("#test-result .verdict").wait_for(timeout=_DRAWN_MS)
        taken.append(_scrolled(page.locator("#test-result")).screenshot(timeout=_DRAWN_MS))
    return taken


def _below_each_other(pictures: list[Image.Image]) -> Image.Image:
    """Return pictures of cards as one, with a margin around each in the card's colour."""
    width = max(each.width for each in pictures) + 2 * _MARGIN
    height = sum(each.height + _MARGIN for each in pictures) + _MARGIN
    sheet = Image.new("RGB", (width, height), pictures[0].getpixel((0, 0)))
    top = _MARGIN
    for each in pictures:
        sheet.paste(each, (_MARGIN, top))
        top += each.height + _MARGIN
    return sheet


def _scrolled(part: Locator) -> Locator:
    part.scroll_into_view_if_needed()
    return part


def _save(name: str, pngs: list[bytes]) -> None:
    pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    picture = pictures[0] if name in SHOTS else _below_each_other(pictures)
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
