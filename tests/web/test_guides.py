"""The guides, client by client, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, in_every_look, no_axe_violations, no_sideways_scrolling
from tests.web.site import Site

CLIENTS = ("AIOStreams", "AIOMetadata", "Nuvio", "Harbor", "Discover+", "Jellyfin", "Kometa", "Plex")


@in_every_look
def test_every_client_has_its_guide(page: Page, site: Site, screenshot: Screenshot) -> None:
    page.goto("/docs")
    page.get_by_role("main").get_by_role("link", name="Clients", exact=True).locator("visible=true").first.click()

    for client in CLIENTS:
        expect(page.get_by_role("heading", name=client, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("do not follow redirects"))).to_be_visible()
    expect(page.locator("#loopback")).to_be_visible()
    page.get_by_label("Your key").fill("h." + "0f" * 16)
    lines = page.locator("pre[aria-label='AIOMetadata']")
    expect(lines).to_contain_text(f"{site.url}/h.{'0f' * 16}/imdb/poster-default/{{imdb_id}}.jpg")
    expect(page.get_by_role("row", name=re.compile("MediaFusion"))).to_contain_text("In their source")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("guides")
