"""A newcomer's five minutes: from the first page of a new installation to a poster through an address in a client."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import (
    Screenshot,
    Watch,
    copied_by,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
    open_groups,
    pictures_are_drawn,
    pictures_are_there,
)
from tests.web.site import ADMIN, PASSWORD, Site

SITE: dict[str, str] = {}  # nobody has been there yet
KEY = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def new_site(site: Site) -> Iterator[Site]:
    """Forget the admins again, so that each look finds an installation that is new."""
    yield site
    site.write("DELETE FROM admin_users")


@on_screen_and_phone
def test_newcomer_has_a_poster_in_five_minutes(
    new_site: Site, page: Page, watch: Watch, screenshot: Screenshot
) -> None:
    page.goto("/")
    pictures_are_there(page.locator(".collage img, .wall img"))
    pictures_are_drawn(page)
    page.evaluate("scrollTo(0, 0)")
    screenshot("1 home")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", name="Create the first admin")).to_be_visible()
    no_axe_violations(page)
    screenshot("2 set up")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create admin").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    screenshot("3 overview")

    page.get_by_role("navigation", name="Admin", exact=True).get_by_role("link", name="Keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Living room")
    page.get_by_role("button", name="Create key").click()
    share = page.get_by_role("textbox", name="Read-only key").input_value()
    assert KEY.fullmatch(page.get_by_role("textbox", name="Key Signs in").input_value())
    no_axe_violations(page)
    screenshot("4 key")
    page.get_by_role("button", name="Copy the read-only key").click()
    expect(page.get_by_text("Read-only key copied.")).to_be_visible()
    page.get_by_role("button", name="I’ve saved them").click()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Configure").click()
    expect(page.locator(".state")).to_have_attribute("data-cache", re.compile("HIT|MISS$|STALE"))
    screenshot("5 configure")
    open_groups(page)
    before = page.locator("#frame img").get_attribute("src") or ""
    page.get_by_role("slider", name="Maximum ratings").fill("2")
    expect(page.locator("#frame img")).not_to_have_attribute("src", before)
    expect(page.locator(".state")).to_have_attribute("data-cache", re.compile("HIT|MISS$|STALE"))
    page.get_by_label("Your key").fill(share)
    page.get_by_role("tab", name="AIOMetadata").click()
    no_sideways_scrolling(page)
    screenshot("6 shaped")
    pattern = copied_by(page, page.get_by_role("button", name="Copy: Poster", exact=True))
    assert f"{new_site.url}/{share}/imdb/poster-default/{{imdb_id}}.jpg?ratings_limit=2" == pattern

    address = pattern.replace("{imdb_id}", "tt0013442")
    new_site.until_drawn(address)
    watch.allow(404)  # Chromium looks for an icon beside a picture that stands alone
    page.goto(address)
    expect(page.locator("img")).to_have_js_property("naturalWidth", 580)
    screenshot("7 poster")


def test_newcomer_who_looks_for_a_key_is_shown_the_way(new_site: Site, page: Page) -> None:
    assert new_site.api("GET", "/api/auth/status")["setup_needed"]
    page.goto("/key")

    page.get_by_role("link", name="Create its first admin").click()

    expect(page.get_by_role("heading", name="Create the first admin")).to_be_visible()


def test_a_password_that_is_too_short_is_said_so(new_site: Site, page: Page, watch: Watch) -> None:
    watch.allow(400)
    page.goto("/admin")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create admin").click()

    expect(page.get_by_role("alert")).to_have_text("Use 8 to 1,000 characters.")
    assert new_site.api("GET", "/api/auth/status")["setup_needed"]
