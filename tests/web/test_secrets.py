"""New keys are shown once, in a dialog that nobody closes by accident."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, no_axe_violations, no_sideways_scrolling, on_screen_and_phone
from tests.web.site import Key, Site

QUESTION = "Nothing was copied or downloaded, and nobody can show"


@on_screen_and_phone
def test_a_new_key_is_not_closed_by_accident_and_is_downloaded(
    page: Page, site: Site, sign_in_admin: Callable[[], None], screenshot: Screenshot
) -> None:
    sign_in_admin()
    page.goto("/admin#keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Guest room")
    page.get_by_label("Tier").fill("3")
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog", name="Key “Guest room” created")
    expect(dialog).to_be_visible()
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("new key")

    page.keyboard.press("Escape")
    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    for _ in range(3):
        page.keyboard.press("Escape")
    page.mouse.click(3, 3)
    expect(dialog).to_be_visible()
    expect(page.get_by_text(QUESTION)).to_have_count(0)

    with page.expect_download() as started:
        dialog.get_by_role("link", name="Download .txt").click()
    key = dialog.get_by_role("textbox", name="Key Signs in").input_value()
    dialog.get_by_role("button", name="I’ve saved them").click()
    expect(dialog).to_have_count(0)
    assert "marquee-guest-room.txt" == started.value.suggested_filename
    tiered = dict(line.split(": ", 1) for line in Path(started.value.path()).read_text().splitlines() if ": " in line)
    assert 200 == site.ask("GET", f"/{tiered['Read-only key with its tier']}/isValid").status
    assert f"t3-{tiered['Read-only key']}" == tiered["Read-only key with its tier"]
    assert f"Key: {key}" in Path(started.value.path()).read_text().splitlines()


def test_a_key_that_nobody_copied_is_asked_about_once(
    page: Page, site: Site, sign_in_key: Callable[[Key], None]
) -> None:
    sign_in_key(site.make_key("Pantry"))
    page.goto("/configure")
    page.get_by_role("button", name="Replace the read-only key…").click()
    page.get_by_role("button", name="Replace it").click()
    dialog = page.get_by_role("dialog", name="New read-only key")
    share = dialog.get_by_role("textbox").input_value()

    dialog.get_by_role("button", name="I’ve saved it").click()
    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.get_by_role("button", name="Close anyway").click()

    expect(dialog).to_have_count(0)
    expect(page.locator("#snippet code").first).to_have_text(re.compile(re.escape(f"/{share}/imdb/")))
    assert 200 == site.ask("GET", f"/{share}/isValid").status
