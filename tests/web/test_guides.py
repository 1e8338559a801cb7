"""The guides, client by client, in a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

from gateway.pictures.client_rules import CLIENTS as RULES
from tests.web.browser import (
    Screenshot,
    Watch,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
)
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


@on_screen_and_phone
def test_a_client_is_played_and_what_it_sees_is_said(
    page: Page, site: Site, watch: Watch, screenshot: Screenshot
) -> None:
    watch.allow(401)
    key, direct = site.make_key("tested"), site.make_key("tested, direct", direct=True)
    site.until_drawn(site.picture(key=key.key))
    page.goto("/docs/clients#test")
    form, result = page.locator("#client-test"), page.locator("#test-result")
    assert list(RULES) == form.locator("option").all_inner_texts()

    def played(client: str, key: str) -> Locator:
        form.get_by_role("combobox", name="Client").select_option(label=client)
        form.get_by_role("textbox", name="Key").fill(key)
        form.get_by_role("button", name="Test").click()
        expect(form.get_by_role("button", name="Test")).to_be_enabled()
        return result

    shown = played("AIOMetadata", key.share)
    expect(shown).to_contain_text("AIOMetadata would show this poster.")
    expect(shown.locator("li.good")).to_have_count(3)
    expect(shown).to_contain_text("image/jpeg")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("client test")

    expect(played("Emby", key.share)).to_contain_text("It gets a redirect and does not follow any.")
    expect(result).to_contain_text("Emby would not show this poster.")
    screenshot("client refuses")
    expect(played("Emby", direct.share)).to_contain_text("Emby would show this poster.")
    expect(played("Watchly", key.share)).to_contain_text("Watchly would accept this key;")
    expect(played("AIOStreams", "0" * 64)).to_contain_text("It gets 401 and refuses the key")
    expect(result).to_contain_text("AIOStreams would not show this poster.")


def test_every_client_is_played_with_a_key_that_suits_all(page: Page, site: Site) -> None:
    direct = site.make_key("for every client", direct=True)
    site.until_drawn(site.picture(key=direct.key))
    page.goto("/docs/clients")
    form, result = page.locator("#client-test"), page.locator("#test-result")
    form.get_by_role("textbox", name="Key").fill(direct.share)

    for client, rules in RULES.items():
        form.get_by_role("combobox", name="Client").select_option(label=client)
        form.get_by_role("button", name="Test").click()

        does = "show this poster." if rules.pictures else "accept this key;"
        expect(result.locator(".verdict.good")).to_contain_text(f"{client} would {does}", timeout=60_000)


def test_a_client_that_waits_too_short_is_said_to_give_up(page: Page, site: Site) -> None:
    key = site.make_key("late")
    page.goto("/docs/clients")
    page.route("**/imdb/poster-default/**", lambda _: None)  # the answer never comes
    form = page.locator("#client-test")
    form.get_by_role("combobox", name="Client").select_option(label="AIOStreams")
    form.get_by_role("textbox", name="Key").fill(key.share)

    form.get_by_role("button", name="Test").click()

    expect(page.locator("#test-result")).to_contain_text("It gets no answer within 3 s and gives up.")
