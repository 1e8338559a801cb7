"""Choosing a look where the free key is off, in a real browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from tests.web.browser import Screenshot, no_axe_violations, no_sideways_scrolling, on_screen_and_phone
from tests.web.site import ADMIN, PASSWORD, Key, Site

SITE = {"FREE_KEY_ENABLED": "false"}


@on_screen_and_phone
def test_a_stranger_signs_in_to_see_pictures(page: Page, site: Site, screenshot: Screenshot) -> None:
    site.make_admin()
    page.goto("/configure")
    expect(page.get_by_text("Sign in to see a preview.")).to_be_visible()
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("stranger")

    page.get_by_label("Name", exact=True).fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 580)
    expect(page.locator("#snippet code").first).to_have_text(re.compile("/YOUR-KEY/imdb/"))


def test_a_key_holder_sees_pictures_at_once(page: Page, site: Site, sign_in_key: Callable[[Key], None]) -> None:
    key = site.make_key()
    sign_in_key(key)
    renewals: list[Request] = []
    page.on("request", lambda request: renewals.append(request) if request.url.endswith("/auth/refresh") else None)

    page.goto("/configure")
    page.get_by_label("Your key").fill(key.share)

    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 580)
    expect(page.get_by_text("Parameters that the address omits come from this key’s settings.")).to_be_visible()
    expect(page.locator("#snippet code").first).to_have_text(re.compile(re.escape(f"/{key.share}/imdb/")))
    assert 1 == len(renewals)  # of two, the later can ask about a token that the other has just used
