"""The presets in the admin panel, in a real browser: listed, published, replaced, deleted, and taken back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.browser import Screenshot, no_axe_violations
from tests.web.designer import DRAWN_MS, THREE, server_text
from tests.web.site import Site


def presets(site: Site) -> dict[str, Any]:
    return {each["name"]: each for each in site.api("GET", "/api/presets")["presets"]}


def card(page: Page, name: str) -> Locator:
    return page.locator(".preset-card", has=page.get_by_role("heading", name=name, exact=True))


def undo(page: Page) -> None:
    page.locator("#said .undo").last.click()


@pytest.mark.usefixtures("restored")
def test_an_admin_publishes_a_file_and_takes_it_back(
    page: Page, site: Site, sign_in_admin: Callable[[], None], tmp_path: Path, screenshot: Screenshot
) -> None:
    sign_in_admin()
    file = tmp_path / "boxes.json"
    file.write_text(json.dumps(THREE))
    before = presets(site)
    page.goto("/admin#presets")
    expect(page.locator(".preset-card")).to_have_count(len(before))
    expect(card(page, "minimal").locator("img[src]")).to_be_visible(timeout=DRAWN_MS)
    expect(card(page, "minimal")).to_contain_text("comes with Marquee")
    expect(card(page, "minimal").get_by_role("button", name="Delete")).to_have_count(0)

    page.get_by_role("button", name="New preset").click()
    dialog = page.get_by_role("dialog").first
    dialog.get_by_label("Name").fill("from-a-file")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a file, or a profile of a key.")
    dialog.get_by_label("Design file").set_input_files(file)
    no_axe_violations(page)
    screenshot("new preset")
    dialog.get_by_role("button", name="Publish").click()

    expect(card(page, "from-a-file")).to_contain_text("published here")
    assert server_text(THREE) == server_text(presets(site)["from-a-file"]["design"])
    undo(page)
    expect(card(page, "from-a-file")).to_have_count(0)
    assert before == presets(site)


@pytest.mark.usefixtures("restored")
def test_a_preset_is_replaced_by_a_profile_and_deleted(
    page: Page, site: Site, sign_in_admin: Callable[[], None]
) -> None:
    key = site.make_key("Owner of looks")
    site.api(
        "PUT",
        "/api/key/me/profiles/few",
        {"kind": "poster", "settings": {"ratings_limit": 2}},
        token=site.key_token(key),
    )
    built_in = presets(site)["kids"]
    sign_in_admin()
    page.goto("/admin#presets")

    card(page, "kids").get_by_role("button", name="Replace kids").click()
    dialog = page.get_by_role("dialog").first
    dialog.get_by_label("Search keys").fill("Owner of looks")
    expect(dialog.get_by_label("Profile", exact=True).locator("option")).to_have_text(["None", "Owner of looks: few"])
    dialog.get_by_label("Profile", exact=True).select_option(label="Owner of looks: few")
    dialog.get_by_role("button", name="Publish").click()
    question = page.locator("dialog.ask")
    expect(question).to_contain_text("Pictures with it change for everybody. It has")
    expect(question).to_contain_text("stored picture")
    question.get_by_role("button", name="Replace").click()
    expect(card(page, "kids")).to_contain_text("published here")
    assert {"ratings_limit": 2} == presets(site)["kids"]["settings"]

    card(page, "kids").get_by_role("button", name="Delete kids").click()
    expect(question).to_contain_text("preset-kids")
    question.get_by_role("button", name="Delete").click()
    expect(card(page, "kids")).to_contain_text("comes with Marquee")
    assert built_in == presets(site)["kids"]
    undo(page)
    expect(card(page, "kids")).to_contain_text("published here")
    assert {"ratings_limit": 2} == presets(site)["kids"]["settings"]

    card(page, "kids").get_by_role("button", name="Delete kids").click()
    question.get_by_role("button", name="Delete").click()
    expect(card(page, "kids")).to_contain_text("comes with Marquee")
