"""The first page, in a real browser."""

from playwright.sync_api import Page, Request, Response, Route, expect

from tests.web.browser import (
    Screenshot,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    pictures_are_drawn,
    pictures_are_there,
)
from tests.web.site import Site

LARGEST_PAGE = 100_000
STAND_IN = '<svg xmlns="http://www.w3.org/2000/svg" width="58" height="86"/>'
_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "X-Cache-Status"}
NOT_DRAWN = _OPEN | {"X-Cache-Status": "MISS-FALLBACK"}
DRAWN = _OPEN | {"X-Cache-Status": "HIT"}


@in_every_look
def test_home_shows_pictures_that_this_installation_drew(page: Page, screenshot: Screenshot) -> None:
    page.goto("/")

    pictures_are_there(page.locator(".collage img, .wall img"))
    pictures_are_drawn(page)
    expect(page.locator(".wall img")).to_have_count(12)
    expect(page.locator(".collage img")).to_have_count(3)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    page.evaluate("scrollTo(0, 0)")
    screenshot("home")


def test_home_without_its_pictures_is_small(page: Page, site: Site) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.url.startswith(site.url) else None)
    page.route("**/c/**", lambda route: route.fulfill(body=STAND_IN, content_type="image/svg+xml", headers=DRAWN))
    page.goto("/", wait_until="networkidle")

    sizes = {answer.url.removeprefix(site.url): answer.request.sizes()["responseBodySize"] for answer in answers}
    assert {"/"} < sizes.keys()
    assert LARGEST_PAGE > sum(sizes.values()), sizes
    assert not [path for path in sizes if path.endswith(".jpg")]


def test_pictures_that_were_not_drawn_yet_come_without_a_reload(page: Page) -> None:
    asked: list[str] = []

    def stand_in(route: Route, request: Request) -> None:
        asked.append(request.url)
        if asked.count(request.url) > 2:  # once for the image, and once to see what it is
            route.continue_()
        else:
            route.fulfill(body=STAND_IN, content_type="image/svg+xml", headers=NOT_DRAWN)

    page.route("**/c/**", stand_in)

    page.goto("/")

    pictures_are_there(page.locator(".wall img"))
    pictures_are_drawn(page)
    expect(page.locator(".wall img").first).to_have_js_property("naturalWidth", 580)


def test_the_title_to_try_is_taken_to_the_configurator(page: Page, site: Site) -> None:
    page.goto("/")

    page.get_by_label("Try it with any title").fill("tt0013442")
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(f"{site.url}/configure?id=tt0013442")


def test_the_whole_page_can_be_walked_through_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Configure").last).to_be_focused()
