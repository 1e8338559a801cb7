"""Keeping a look for whoever is signed in, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot
from tests.web.site import Key, Site

LOOK = "?ratings_limit=5&badge_shape=p"


def test_a_key_holder_keeps_a_look_for_the_key(
    page: Page, site: Site, sign_in_key: Callable[[Key], None], screenshot: Screenshot
) -> None:
    key = site.make_key("Kitchen")
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/settings", {"poster": {"position": "tl"}}, token=token)
    sign_in_key(key)

    page.goto(f"/configure{LOOK}")
    page.get_by_role("button", name="Save to my key").click()
    expect(page.get_by_text("Saved as your key’s poster settings.")).to_be_visible()
    screenshot("saved")

    kept = site.api("GET", "/api/key/me/settings", None, token=token)["settings"]
    assert {"poster": {"badge_shape": "p", "ratings_limit": 5}} == kept


def test_a_key_holder_keeps_a_look_as_a_profile(page: Page, site: Site, sign_in_key: Callable[[Key], None]) -> None:
    key = site.make_key("Cellar")
    sign_in_key(key)

    page.goto(f"/configure{LOOK}&profile=cinema")
    page.get_by_role("button", name="Save to “cinema”").click()
    expect(page.get_by_text("Saved in the profile “cinema”.")).to_be_visible()

    kept = site.api("GET", "/api/key/me/profiles/cinema", None, token=site.key_token(key))
    assert ("poster", {"badge_shape": "p", "ratings_limit": 5}) == (kept["kind"], kept["settings"])


def test_an_admin_makes_a_look_everybodys(page: Page, site: Site, sign_in_admin: Callable[[], str]) -> None:
    token = site.make_admin()
    site.api("PUT", "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}}, token=token)
    sign_in_admin()

    page.goto("/configure?ratings_limit=5")
    page.get_by_role("button", name="Save as global settings").click()
    expect(page.get_by_text("Saved as global poster settings")).to_be_visible()

    kept = site.api("GET", "/api/admin/settings", None, token=token)["settings"]
    site.api(
        "PUT", "/api/admin/settings", {"settings": {"poster": {"position": None, "ratings_limit": None}}}, token=token
    )
    assert {"poster": {"position": "tl", "ratings_limit": 5}} == kept


def test_a_stranger_is_offered_no_saving(page: Page) -> None:
    page.goto("/configure")

    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.get_by_role("button", name="Save to my key")).to_have_count(0)
