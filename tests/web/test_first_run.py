"""The first run of an installation, in a real browser: set-up, first key, preset, client, and the first picture."""

import re

from playwright.sync_api import Page, expect

from tests.web.browser import PATIENCE_MS, Screenshot, no_axe_violations
from tests.web.site import ADMIN, PASSWORD, Site

SITE: dict[str, str] = {}  # nobody has been there yet


def test_the_first_run_leads_from_set_up_to_the_first_picture_of_a_client(
    page: Page, site: Site, screenshot: Screenshot
) -> None:
    steps = page.locator("#first-steps")

    page.goto("/admin")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create admin").click()
    expect(steps.get_by_role("heading", name="First steps")).to_be_visible()
    expect(steps.locator("li.done")).to_have_count(1)
    screenshot("1 first steps")

    steps.get_by_role("link", name="Create your first key").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Living room")
    page.get_by_role("button", name="Create key").click()
    share = page.get_by_role("textbox", name="Read-only key").input_value()
    page.get_by_role("button", name="Copy the read-only key").click()
    page.get_by_role("button", name="I’ve saved them").click()
    page.get_by_role("navigation", name="Admin", exact=True).get_by_role("link", name="Overview").click()
    expect(steps.locator("li.done")).to_have_count(2)
    expect(steps).to_contain_text("Waiting for a client to request it.")

    steps.get_by_role("link", name="Configure").click()
    page.get_by_role("group", name="Presets", exact=True).get_by_role("button", name="Glass").click()
    page.get_by_label("Your key").fill(share)
    page.get_by_label("Client", exact=True).select_option(label="AIOMetadata")
    page.get_by_role("region", name="Copy").get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Poster copied")).to_be_visible()
    pattern = page.evaluate("navigator.clipboard.readText()")
    assert f"{site.url}/{share}/imdb/poster-default/{{imdb_id}}.jpg?ratings_limit=4&badge_background=t" == pattern

    client = {"User-Agent": "AIOMetadata/2.16.5"}
    assert 302 == site.ask("GET", pattern.replace("{imdb_id}", "tt0013442"), headers=client).status
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Admin").click()

    expect(steps.get_by_role("heading", name="It works")).to_be_visible(timeout=2 * PATIENCE_MS)
    expect(steps.locator("li.done")).to_have_count(5)
    expect(steps).to_contain_text(re.compile(r"AIOMetadata fetched its first poster .* ago"))
    no_axe_violations(page)
    screenshot("2 it works")
