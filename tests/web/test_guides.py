"""The guides, client by client, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, in_every_look, no_axe_violations, no_sideways_scrolling

CLIENTS = ("AIOStreams", "AIOMetadata", "Nuvio", "Harbor", "Discover+", "Jellyfin", "Kometa", "Plex")


@in_every_look
def test_every_client_has_its_guide(page: Page, screenshot: Screenshot) -> None:
    page.goto("/docs")
    page.get_by_role("link", name="guides").click()

    for client in CLIENTS:
        expect(page.get_by_role("heading", name=client, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("do not follow redirects"))).to_be_visible()
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("guides")
