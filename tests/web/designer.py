"""The editor of designs as its tests use it."""

import base64
import json
from typing import Any, Final

import msgspec
from playwright.sync_api import Page, expect

from shared.designs.checks import checked_design
from shared.designs.document import DesignDocument, canonical_text
from tests.web.browser import copied_by, press_on, still_box

_SOLID: Final = {"type": "box", "opacity": 100}
RED: Final = _SOLID | {"anchor": "tl", "x": 100, "y": 100, "width": 200, "height": 150, "colour": "#e00000"}
GREEN: Final = _SOLID | {"anchor": "br", "x": 60, "y": 80, "width": 260, "height": 120, "colour": "#00d000"}
BLUE: Final = _SOLID | {"anchor": "mc", "width": 180, "height": 180, "colour": "#0000f0"}
THREE: Final = {"kind": "poster", "art": {"textless": True}, "elements": [RED, GREEN, BLUE]}
DRAWN_MS: Final = 60_000


def server_text(document: object) -> str:
    """Return the canonical text that the service has of a document."""
    return canonical_text(checked_design(msgspec.convert(document, DesignDocument)))


def link(document: object) -> str:
    """Return an address that opens a document."""
    coded = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    return f"/design#d={coded}"


def open_design(page: Page, address: str) -> None:
    """Open the editor, and wait for the picture of its design."""
    page.goto(address)
    until_drawn(page)


def until_drawn(page: Page) -> None:
    """Wait until the picture shows the design as it is."""
    expect(page.locator("#canvas")).to_have_attribute("data-shown", "current", timeout=DRAWN_MS)


def text_of(page: Page) -> str:
    """Return the canonical text that the editor has of its design, by its link."""
    coded = copied_by(page, page.get_by_role("button", name="Copy link")).partition("#d=")[2]
    expect(page.get_by_text("Link copied").last).to_be_visible()
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()


def elements(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text_of(page)).get("elements", [])
    return found


def drag(page: Page, selector: str, across: float, down: float, *, free: bool = False) -> None:
    """Drag something by thousandths of the picture's width; ``free`` of snapping."""
    box, frame = press_on(page, page.locator(selector)), still_box(page.locator("#canvas"))
    unit = frame["width"] / 1000
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if free:
        page.keyboard.down("Alt")
    page.mouse.move(x + across * unit / 2, y + down * unit / 2)
    page.mouse.move(x + across * unit, y + down * unit)
    page.mouse.up()
    if free:
        page.keyboard.up("Alt")


def handle(nth: int) -> str:
    return f".handle >> nth={nth}"
