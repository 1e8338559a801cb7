"""Chromium as the tests drive it: which looks there are, what counts as a problem of a page, and what axe says."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped] # it has no stubs
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    FloatRect,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    expect,
)

ARGUMENTS: Final = (
    "--no-sandbox",  # it runs as root in CI, and opens our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 60_000
_STARTED_MS: Final = 120_000
_HEIGHTS: Final = {1440: 900, 820: 1180, 390: 844}
_TOUCHED: Final = 1000  # CSS pixels: narrower windows are those of phones and tablets
_WORST: Final = {"serious", "critical"}
_COPIED: Final = """async (patience) => {
  const until = performance.now() + patience;
  for (;;) {
    const text = await navigator.clipboard.readText();
    if (text || performance.now() > until) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""
_RUN_AXE: Final = """(worst) => {
  const others = axe._audit.rules.filter((rule) => rule.impact && !worst.includes(rule.impact));
  const rules = Object.fromEntries(others.map((rule) => [rule.id, { enabled: false }]));
  return axe.run({ resultTypes: ['violations'], reporter: 'no-passes', rules }).then((found) => found.violations);
}"""
"""Runs only the rules that can fail a page, and reports only violations; all rules would cost a third more."""

_REFUSED: Final = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@dataclass(frozen=True)
class Viewport:
    """How a visitor sees the pages: the scheme of their system, and the width of their window in CSS pixels."""

    scheme: Literal["light", "dark"] = "light"
    width: int = 1440

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}"


LOOKS: Final = tuple(Viewport(scheme, width) for scheme in ("light", "dark") for width in (1440, 390))

in_every_look = pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
"""A test marked by this runs four times, light and dark, on a screen and on a phone."""

on_screen_and_phone = pytest.mark.parametrize("look", [Viewport(), Viewport("dark", 390)], indirect=True, ids=str)
"""A test marked by this runs twice: light on a screen, and dark on a phone."""


@dataclass
class Watch:
    """Collects what goes wrong on a page: errors on its console, crashes of its scripts, requests that fail."""

    hosts: frozenset[str]
    """``host:port`` of whoever may be asked."""

    problems: list[str] = field(default_factory=list)
    asked_to_stay: list[str] = field(default_factory=list)
    """The questions of the browser whether to leave a page with unsaved changes; each is answered with yes."""

    _fine: set[int] = field(default_factory=set)

    def allow(self, *statuses: int) -> None:
        """Expect refusals of these statuses from now on: Chromium writes each one on the console."""
        self._fine |= set(statuses)

    def over(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("console", self._on_console)
        page.on("dialog", self._on_dialog)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failed)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        refused = _REFUSED.match(message.text)
        if refused is None or int(refused[1]) not in self._fine:
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_dialog(self, dialog: Dialog) -> None:
        """Record a browser dialog. Our pages open one only when they are left; any other means injected text ran."""
        if dialog.type == "beforeunload":
            self.asked_to_stay.append(dialog.type)
            dialog.accept()
            return
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in self.hosts:
            self.problems.append(f"asks a foreign host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and response.status not in self._fine:
            self.problems.append(f"{response.status}: {response.url}")

    def _on_failed(self, request: Request) -> None:
        # A page that is left, and a preview that is no longer wanted, end what is under way.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure}: {request.url}")


def open_browser(playwright: Playwright, program: str) -> Browser:
    """Start Chromium."""
    return playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS), timeout=_STARTED_MS)


@contextmanager
def open_page(browser: Browser, base_url: str, look: Viewport, visitor: str) -> Iterator[Page]:
    """Open a window with nothing in it and no memory; it may use the clipboard."""
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": look.width, "height": _HEIGHTS[look.width]},
        color_scheme=look.scheme,
        reduced_motion="reduce",
        has_touch=look.width < _TOUCHED,
        locale="en-GB",
        timezone_id="UTC",
        extra_http_headers={"X-Forwarded-For": visitor},
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def no_axe_violations(page: Page) -> None:
    """Fail when axe finds something serious or critical on the page as it is now."""
    # A page that has the program already, as each section of one has, need not read its half a megabyte again.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN_AXE, sorted(_WORST))
    worst = [
        f"{one['impact']} {one['id']}: {one['help']} – {', '.join(str(node['target']) for node in one['nodes'][:5])}"
        for one in found
        if one["impact"] in _WORST
    ]
    assert [] == worst


def no_sideways_scrolling(page: Page) -> None:
    """Fail when the page is wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px wider than the window"


def open_groups(page: Page) -> None:
    """Open all groups of the configurator's controls, which are closed at first."""
    expect(page.locator(".group").first).to_be_visible()
    page.evaluate("document.querySelectorAll('.group').forEach((group) => { group.open = true; })")


def pictures_are_there(pictures: Locator) -> None:
    """Wait until each of some pictures is loaded and shows something; fails when one does not.

    ``page.wait_for_function`` cannot do such things here: the pages' policy forbids what it needs.
    """
    for nth in range(pictures.count()):
        one = pictures.nth(nth)
        one.scroll_into_view_if_needed()
        expect(one).to_have_js_property("complete", value=True)
        expect(one).not_to_have_js_property("naturalWidth", 0)


def pictures_are_drawn(page: Page) -> None:
    """Wait until no picture on the page only stands in for one that is still being drawn."""
    expect(page.locator(".drawing")).to_have_count(0, timeout=2 * PATIENCE_MS)


Screenshot = Callable[[str], None]
"""Keeps a picture of the page under a name."""


def still_box(place: Locator) -> FloatRect:
    """Return where something is once it has stopped moving: while a page is still put together, it moves."""
    found = place.element_handle()
    found.wait_for_element_state("stable")
    box = found.bounding_box()
    assert box is not None
    return box


def press_on(page: Page, place: Locator) -> FloatRect:
    """Press the mouse in the middle of something and hold it; returns where that is.

    Chromium says what the pointer is over at that moment: a box that was measured before may have moved since.
    """
    place.hover()
    page.mouse.down()
    return still_box(place)


def copied_by(page: Page, button: Locator) -> str:
    """Return what a button puts into the clipboard, which it does in the background."""
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    return str(page.evaluate(_COPIED, PATIENCE_MS))
