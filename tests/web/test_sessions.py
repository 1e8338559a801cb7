"""A session that ends while a page is open: the user signs in on the spot, and what they did is done."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, Watch, no_axe_violations, no_sideways_scrolling, on_screen_and_phone
from tests.web.site import Key, Site

NAME, PASSWORD = "grace", "compilers-1952"


@pytest.fixture
def grace(site: Site) -> Iterator[int]:
    """An admin of this test's own; returns the number of the row."""
    with site.another_admin(NAME, PASSWORD) as number:
        yield number


@on_screen_and_phone
def test_what_a_holder_saved_is_saved_after_signing_in_again(
    page: Page, site: Site, watch: Watch, sign_in_key: Callable[[Key], None], screenshot: Screenshot
) -> None:
    watch.allow(401)
    key = site.make_key("Landing")
    sign_in_key(key)
    page.goto("/configure?badge_shape=p")
    expect(page.locator(".saving")).to_contain_text("not saved yet")
    site.write("DELETE FROM token_families WHERE key_id = $1", int(key.id))

    page.get_by_role("button", name="Save to my key").click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_contain_text("The session of the key “Landing” has ended.")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("again")
    dialog.get_by_label("Key", exact=True).fill(key.key)
    dialog.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Saved as your key’s poster settings.")).to_be_visible()
    saved = site.api("GET", "/api/key/me/settings", token=site.key_token(key))["settings"]
    assert {"poster": {"badge_shape": "p"}} == saved


def test_a_list_is_read_once_the_admin_has_signed_in_again(page: Page, site: Site, watch: Watch, grace: int) -> None:
    watch.allow(401)
    page.goto("/admin#keys")

    def sign_in() -> None:
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).last.click()

    sign_in()
    expect(page.locator("#section-keys")).to_be_visible()
    expect(page.locator("#keys-list .reading")).to_have_count(0)
    site.write("DELETE FROM token_families WHERE admin_id = $1", grace)
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("dialog").get_by_role("button", name="Not now").click()

    expect(page.locator("#audit-list .failed")).to_contain_text("Please sign in")
    expect(page.locator("#who")).to_contain_text("Your session has ended")
    page.locator("#audit-list").get_by_role("button", name="Try again").click()
    sign_in()
    expect(page.locator("#audit-list")).to_contain_text("signed in")
