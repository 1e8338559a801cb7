"""The first page, in a real browser."""

import re

from playwright.sync_api import Page, Request, Response, Route, expect

from tests.web.browser import (
    Screenshot,
    Watch,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
    pictures_are_drawn,
    pictures_are_there,
)
from tests.web.site import Site

LARGEST_PAGE = 150_000
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
    expect(page.locator(".collage img")).to_have_count(4)
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


def test_the_comparison_is_moved_by_keyboard(page: Page) -> None:
    page.goto("/")
    pictures_are_drawn(page)
    slider = page.get_by_role("slider", name="Compare the poster before and after")
    expect(slider).to_have_attribute("aria-valuetext", "50% with ratings")

    slider.press("Home")

    expect(slider).to_have_attribute("aria-valuetext", "100% with ratings")
    assert "inset(0px 0px 0px 0%)" == page.locator(".compare .after").evaluate("img => getComputedStyle(img).clipPath")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "99% with ratings")


def test_a_caption_takes_its_look_to_the_configurator(page: Page, site: Site) -> None:
    page.goto("/")

    page.locator(".wall li", has_text="Pills").first.get_by_role("link").click()

    expect(page).to_have_url(re.compile(rf"{re.escape(site.url)}/configure\?id=tt0010323&"))
    assert "badge_shape=p" in page.url
    assert "ratings_limit=2" in page.url


def test_a_link_with_a_look_shows_the_wall_in_it(page: Page, screenshot: Screenshot) -> None:
    page.goto("/?badge_shape=p&ratings_limit=1&key=t0-free-rpdb")

    expect(page.locator("#wall-note")).to_contain_text("In the look of this link.")
    sources = page.locator(".wall img").evaluate_all("all => all.map((img) => new URL(img.src).search)")
    links = page.locator(".wall a").evaluate_all("all => all.map((a) => new URL(a.href).search)")
    assert {"badge_shape=p&ratings_limit=1"} == {
        "&".join(one.split("&")[1:]).removesuffix("&fallback=true") for one in sources
    }
    assert {"badge_shape=p&ratings_limit=1"} == {"&".join(one.split("&")[1:]) for one in links}
    pictures_are_drawn(page)
    pictures_are_there(page.locator(".wall img"))
    screenshot("look")


@on_screen_and_phone
def test_a_pasted_library_becomes_the_wall(page: Page, screenshot: Screenshot) -> None:
    page.goto("/")
    page.get_by_text("Show my library").click()
    page.get_by_label("Titles or a list").fill("https://www.imdb.com/title/tt0017136/ movie-653, nonsense")
    page.get_by_label("Look", exact=True).select_option(label="Pills")
    page.locator("#library").get_by_role("button", name="Show").click()

    expect(page.get_by_role("heading", name="Your library")).to_be_focused()
    expect(page.locator("#wall-note")).to_have_text("2 titles. “nonsense” was left out.")
    expect(page.locator(".wall li")).to_have_count(2)
    pictures_are_drawn(page)
    pictures_are_there(page.locator(".wall img"))
    expect(page.locator(".wall a").first).to_have_attribute(
        "href", "/configure?id=tt0017136&badge_shape=p&ratings_limit=2&label_style=i"
    )
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("library")


def test_a_list_becomes_the_wall_and_what_is_none_is_explained(page: Page, watch: Watch) -> None:
    watch.allow(400, 404)
    page.goto("/")
    page.get_by_text("Show my library").click()
    field = page.get_by_label("Titles or a list")
    show = page.locator("#library").get_by_role("button", name="Show")
    for text, expected in {
        "nonsense": "“nonsense” isn’t an id I know.",
        "https://trakt.tv/users/me/lists/films": "Trakt has no such list, or it is private.",
        "https://trakt.tv/users/me": "Enter the address of a public list of Trakt",
        "87654321": "MDBList has no such list, or it is private.",
        "https://mdblist.com/lists/demo/no-such-list": "MDBList has no such list, or it is private.",
    }.items():
        field.fill(text)
        show.click()
        expect(page.locator("#library").get_by_role("alert")).to_contain_text(expected)

    for address, number in {"mdblist:2718": 24, "https://trakt.tv/users/demo/watchlist": 6}.items():
        field.fill(address)
        show.click()
        expect(page.locator(".wall li")).to_have_count(number)
    field.fill("https://mdblist.com/lists/demo/silent-films")
    show.click()

    expect(page.locator(".wall li")).to_have_count(24)
    pictures_are_there(page.locator(".wall img").first)
    before = page.locator(".wall li").count()
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".wall li").nth(before)).to_be_attached()
