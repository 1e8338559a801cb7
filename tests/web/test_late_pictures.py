"""Pictures that the service needs long for: pages show what there is, and the picture itself once it is drawn."""

import re
import time
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.web.site import Key, Site

PLAIN, DRAWN = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="86"/>' for width in (58, 57))
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Cache-Status",
}
PICTURES = re.compile(r"/c/[0-9a-f]{32}/|/api/preview/(?!design)\w+\?")
WIDTH = "image => image.naturalWidth"
OFTEN = 7  # requests of one picture: no page used to ask more often than that
LONGEST_S = 60.0
STEP_MS = 9_000  # pages give a request up after 30 s: they see it through a step or two


class Held:
    """A service that answers no request for a picture until it is let go, of the large one or of all."""

    def __init__(self, page: Page) -> None:
        self._page, self._open = page, re.compile("(?!)")
        self._waiting: list[tuple[Route, str]] = []
        page.route(PICTURES, self._hold)

    def let_go(self, pattern: str) -> None:
        """Answer what was and will be asked under addresses that match; at least one was."""
        self._open = re.compile(pattern)
        until = time.monotonic() + LONGEST_S
        while not any(self._open.search(url) for _, url in self._waiting):
            assert time.monotonic() < until, self._waiting
            self._page.title()  # which lets events come in
        waiting, self._waiting = self._waiting, []
        for route, url in waiting:
            self._answer(route, url)

    def _hold(self, route: Route, request: Request) -> None:
        self._answer(route, request.url)

    def _answer(self, route: Route, url: str) -> None:
        if self._open.search(url):
            route.fulfill(body=DRAWN, content_type="image/svg+xml", headers=HEADERS | {"X-Cache-Status": "HIT"})
        else:
            self._waiting.append((route, url))


@pytest.mark.parametrize("kind", ["poster", "logo"])
def test_pictures_that_arrive_move_nothing_on_the_page(page: Page, kind: str) -> None:
    held = Held(page)
    page.goto(f"/configure?kind={kind}")
    expect(page.locator("#frame")).to_have_attribute("aria-busy", "true")
    page.evaluate("document.fonts.ready.then(() => null)")

    def tops(of: str) -> object:
        return page.locator(of).evaluate_all("all => all.map((each) => each.getBoundingClientRect().top)")

    controls, beside = ".preset, .groups", ".other, .state"
    at_first = tops(controls)
    held.let_go("^(?!.*fallback=true)")
    expect(page.locator(".preset img[data-loading]").first).to_have_js_property("complete", value=True)
    others = tops(beside)
    assert at_first == tops(controls)
    held.let_go("")
    expect(page.locator(".preset img").first).to_have_js_property("naturalWidth", 57)
    expect(page.locator(".other img").first).to_have_js_property("naturalWidth", 57)

    assert (at_first, others) == (tops(controls), tops(beside))


class Slow:
    """A service that is late with every picture until ``is_over``."""

    def __init__(self, page: Page) -> None:
        self._page, self.asked, self.is_over = page, Counter[str](), False
        self._open: set[Request] = set()
        page.on("request", self._begins)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, self._ends)
        page.route(PICTURES, self._answer)

    def _begins(self, request: Request) -> None:
        is_of_design = request.method == "POST"  # its answer says where the picture is
        if is_of_design or PICTURES.search(request.url):
            self._open.add(request)

    def _ends(self, request: Request) -> None:
        self._open.discard(request)

    def _answer(self, route: Route, request: Request) -> None:
        self.asked[request.url] += 1
        body, cache = (DRAWN, "HIT") if self.is_over else (PLAIN, "MISS-FALLBACK")
        route.fulfill(body=body, content_type="image/svg+xml", headers=HEADERS | {"X-Cache-Status": cache})

    def pass_time_until(self, is_so: Callable[[], bool]) -> None:
        """Let time pass on the page, but not while it waits for an answer: it would give up."""
        until = time.monotonic() + LONGEST_S
        while not is_so():
            assert time.monotonic() < until, self.asked
            self._page.title()  # which lets events come in
            if not self._open:  # as far as it is known: a request may just be on its way here
                self._page.clock.fast_forward(STEP_MS)


@pytest.mark.parametrize(
    ("path", "pictures"),
    [
        ("/", ".wall img"),
        ("/configure", ".others img"),
        ("/configure", "#frame img"),
        ("/configure", ".published .preset img"),
        ("/design?preset=minimal", "#strip img"),
        ("/key", "#settings-poster img"),
    ],
)
def test_a_picture_that_is_late_for_long_is_shown_in_the_end(
    page: Page, site: Site, sign_in_key: Callable[[Key], None], path: str, pictures: str
) -> None:
    if path == "/key":
        sign_in_key(site.make_key())
    page.clock.install()
    slow = Slow(page)
    page.goto(path)
    picture = page.locator(pictures).first
    expect(picture).to_have_js_property("naturalWidth", 58, timeout=1000 * LONGEST_S)

    slow.pass_time_until(lambda: OFTEN <= max(slow.asked.values()))
    assert 58 == picture.evaluate(WIDTH)
    slow.is_over = True
    slow.pass_time_until(lambda: picture.evaluate(WIDTH) == 57)
