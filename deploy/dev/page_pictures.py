"""Takes the pictures that the README and the manual show, of a running stack with the demo catalogue.

``python -m deploy.dev.page_pictures http://127.0.0.1:3000``, or ``make page-pictures``, of ``RENDER_WAIT_MS=30000 make
run``: the first drawing of large artwork takes a second or two.
"""

import io
import sys
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from deploy.dev.local.programs import chromium
from gateway.keys.token import FREE_KEY

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_FRONT: Final = Path(__file__).with_name("front_page.html")
_TITLE: Final = "tt0017136"
_DRAWN_MS: Final = 60_000
_LOCAL: Final = "--disable-features=LocalNetworkAccessChecks"
_WHOLE: Final = "[...document.images].every(image => image.complete && image.naturalWidth)"
_PLAIN: Final = frozenset({"MISS-FALLBACK"})
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
    "front": Shot(f"/{_FRONT.name}", drawn="img", part="main"),
    "configure": Shot(f"/configure?id={_TITLE}", drawn="#stage img"),
    "client": Shot(f"/configure?id={_TITLE}", part="#take", drawn="#stage img"),
}


def main(url: str) -> None:
    """Take every picture of the stack at this address."""
    with sync_playwright() as playwright:
        # A page that is given to the browser may not ask servers of this machine otherwise.
        browser = playwright.chromium.launch(executable_path=chromium(), args=[_LOCAL])
        page = browser.new_page(base_url=url, viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.emulate_media(reduced_motion="reduce")
        page.route(f"**/{_FRONT.name}", lambda route: route.fulfill(path=_FRONT))
        plain: list[str] = []
        page.on("response", lambda got: plain.append(got.url) if got.headers.get("x-cache-status") in _PLAIN else None)
        for name, shot in SHOTS.items():
            _save(name, [_taken(page, shot)])
        page.set_viewport_size(_ALONE)
        for client, played in CLIENTS.items():
            _save(f"client-{client.lower().rstrip('+')}", _client(page, client, played))
        browser.close()
    if plain:
        raise SystemExit(f"not drawn in time: {', '.join(plain)}")


def _taken(page: Page, shot: Shot) -> bytes:
    page.goto(shot.address)
    page.locator(shot.drawn).first.wait_for(timeout=_DRAWN_MS)
    _wait_for_pictures(page)
    if not shot.part:
        return page.screenshot(timeout=_DRAWN_MS)
    return page.locator(shot.part).screenshot(timeout=_DRAWN_MS)  # it scrolls there


def _wait_for_pictures(page: Page) -> None:
    """Wait until the small pictures are there, too: as they arrive, what is below them moves."""
    page.wait_for_load_state("networkidle", timeout=_DRAWN_MS)
    page.wait_for_function(_WHOLE, timeout=_DRAWN_MS)


def _client(page: Page, client: str, played: str) -> list[bytes]:
    """Return the lines to copy for a client and, where it is played, the result of its test."""
    page.goto(f"/configure?id={_TITLE}&{_CHOSEN}")
    page.get_by_role("tab", name=client, exact=True).click()
    page.locator(".bar").evaluate("bar => { bar.hidden = true; }")  # it would lie over the lines
    _wait_for_pictures(page)
    taken = [_still(page.locator("#snippet"))]
    if played:
        page.goto("/docs/clients#test")
        form = page.locator("#client-test")
        form.get_by_role("combobox", name="Client").select_option(label=played)
        form.get_by_role("textbox", name="Key").fill(FREE_KEY)
        form.get_by_role("button", name="Test").click()
        page.locator("#test-result .verdict").wait_for(timeout=_DRAWN_MS)
        taken.append(_still(page.locator("#test-result")))
    return taken


def _still(part: Locator) -> bytes:
    """Return a picture of a part that is scrolled to first: a page that scrolls while it is taken cuts it off."""
    part.scroll_into_view_if_needed(timeout=_DRAWN_MS)
    return part.screenshot(timeout=_DRAWN_MS)


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


def _save(name: str, pngs: list[bytes]) -> None:
    pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    picture = pictures[0] if name in SHOTS else _below_each_other(pictures)
    size = (_WIDTH, round(picture.height * _WIDTH / picture.width))
    if picture.width > _WIDTH:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    path = FOLDER / f"{name}.webp"
    picture.save(path, "WEBP", quality=86, method=6)
    print(f"wrote {path}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1])
