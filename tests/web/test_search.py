"""A title is named by its name, a link or an id in a browser; and a stranger's way from a name to a copied line."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.web.browser import (
    Screenshot,
    Watch,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
)
from tests.web.site import Site

LONGEST_WAY_S = 60.0  # two seconds by themselves


@pytest.fixture(scope="module", autouse=True)
def art(site: Site) -> None:
    """Have the art fetched beforehand, so that each test waits for drawings only."""
    for kind in ("poster", "backdrop", "logo"):
        site.until_drawn(site.picture("movie-19.jpg", kind=kind).replace("/imdb/", "/tmdb/"))


def title_field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Title")


def options(page: Page) -> Locator:
    return page.locator(".title-search").get_by_role("option")


def test_a_stranger_gets_from_a_name_to_a_copied_line_in_five_clicks(page: Page) -> None:
    page.goto("/")
    clicks = 0
    started = time.monotonic()

    def click(what: Locator) -> None:
        nonlocal clicks
        clicks += 1
        what.click()

    click(page.get_by_label("Try it with any title"))
    page.keyboard.type("Metropolis")
    click(options(page).filter(has_text="1927"))
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 580)
    click(page.get_by_role("button", name="Glass", exact=True))
    click(page.get_by_role("combobox", name="Client"))
    page.keyboard.type("AIOS")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Query string")).to_have_text("ratings_limit=4&badge_background=t")
    click(page.get_by_role("region", name="Copy").get_by_role("button", name="Copy"))
    expect(page.locator("#said")).to_contain_text("copied")

    assert 5 >= clicks
    assert LONGEST_WAY_S >= time.monotonic() - started
    assert 0 == page.evaluate("scrollY")
    assert "ratings_limit=4&badge_background=t" == page.evaluate("navigator.clipboard.readText()")
    assert "id=movie-19" in page.url


@in_every_look
def test_a_name_is_found_as_it_is_typed(page: Page, screenshot: Screenshot) -> None:
    page.goto("/configure")
    title_field(page).click()
    expect(options(page).first).to_contain_text("Metropolis")

    title_field(page).fill("joan of arc")

    expect(options(page)).to_have_count(1)
    expect(options(page).locator("img")).to_have_js_property("naturalWidth", 92)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("found")
    options(page).first.click()
    expect(title_field(page)).to_have_value("The Passion of Joan of Arc (1928)")
    expect(page.locator("#snippet code").first).to_have_text(re.compile("/tmdb/poster-default/movie-780.jpg"))


def test_the_list_is_walked_through_by_keyboard(page: Page) -> None:
    page.goto("/configure")
    field = title_field(page)
    field.fill("the")
    expect(options(page).nth(1)).to_be_visible()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")

    second = options(page).nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowUp")
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("id=(movie|series)-"))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("https://www.imdb.com/title/tt0013442/", "tt0013442"),
        ("https://www.themoviedb.org/movie/653-nosferatu", "movie-653"),
        ("https://letterboxd.com/film/the-kid/", "movie-10098"),
        ("https://trakt.tv/movies/safety-last-1923", "movie-22596"),
        ("653", "movie-653"),
    ],
)
def test_a_link_and_a_number_are_understood(page: Page, text: str, title: str) -> None:
    page.goto("/configure")

    title_field(page).fill(text)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"id={title}$"))
    expect(page.locator(".title-search .problem")).to_be_hidden()


@on_screen_and_phone
def test_what_is_wrong_is_said_beside_the_field(page: Page, watch: Watch, screenshot: Screenshot) -> None:
    watch.allow(400)
    page.goto("/configure")
    problem = page.locator(".title-search .problem")

    title_field(page).fill("no such film")
    expect(problem).to_contain_text("Nothing found for “no such film”.")
    title_field(page).fill("https://boxd.it/2a9q")
    page.keyboard.press("Enter")

    expect(problem).to_contain_text("This is a short link.")
    expect(title_field(page)).to_have_attribute("aria-errormessage", problem.get_attribute("id") or "")
    no_axe_violations(page)
    screenshot("wrong")


def test_an_answer_that_is_no_longer_wanted_is_dropped(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/search?q=metro", hold)
    page.goto("/configure")
    title_field(page).fill("metro")
    expect(title_field(page)).to_have_attribute("aria-busy", "true")

    title_field(page).fill("nosferatu")

    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("Nosferatu")


def test_admins_name_titles_in_the_prewarm_form_and_among_pictures(
    page: Page, sign_in_admin: object, screenshot: Screenshot
) -> None:
    assert callable(sign_in_admin)
    sign_in_admin()
    page.goto("/admin#prewarm")

    for name in ("metropolis", "nosferatu"):
        page.get_by_role("combobox", name="Find and add").fill(name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("combobox", name="Find and add")).to_have_value("")

    expect(page.locator("#prewarm-ids")).to_have_value("movie-19\nmovie-653")
    no_axe_violations(page)
    screenshot("prewarm")
    page.goto("/admin#pictures")
    page.get_by_role("combobox", name="Search").fill("metropolis")
    options(page).first.click()
    expect(page).to_have_url(re.compile("#pictures/movie-19$"))
    expect(page.get_by_role("combobox", name="Search")).to_have_value("movie-19")
