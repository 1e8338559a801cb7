"""What the editor of freehand designs reads, keeps and saves, in a real browser."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.web.assets import STATIC
from tests.web.browser import Screenshot, Watch, no_axe_violations
from tests.web.designer import BLUE, DRAWN_MS, RED, THREE, elements, link, open_design, server_text, text_of
from tests.web.site import Key, Site

LARGEST_SCRIPTS = 60_000
"""Bytes of the page's own scripts, as they are sent."""


def test_elements_are_copied_to_another_design(page: Page) -> None:
    page.goto(link(THREE))
    page.locator(".handle").nth(2).click()

    page.keyboard.press("Control+c")
    expect(page.get_by_text("Element copied.")).to_be_visible()
    page.goto("about:blank")
    page.goto(link({"kind": "backdrop", "elements": []}))
    expect(page.locator("#kind")).to_have_value("backdrop")
    page.locator("#canvas").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+v")

    expect(page.locator(".handle")).to_have_count(1)
    assert server_text({"kind": "backdrop", "elements": [BLUE]}) == text_of(page)
    page.keyboard.press("Control+d")
    expect(page.locator(".handle")).to_have_count(2)
    page.keyboard.press("Delete")
    expect(page.locator(".handle")).to_have_count(1)


def test_conditions_and_values_are_what_the_service_keeps(page: Page) -> None:
    page.goto(link({"kind": "poster", "elements": [{"type": "text", "text": "{title}"}]}))
    page.locator(".layers .name").first.click()

    page.get_by_label("Field of the title").select_option("year")
    page.get_by_role("button", name="Insert").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact of condition 1").select_option("imdb")
    page.get_by_label("Comparison of condition 1").select_option("ge")
    page.get_by_label("Value of condition 1").fill("7")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact of condition 2").select_option("genre")
    page.get_by_label("Comparison of condition 2").select_option("has")
    page.get_by_label("Value of condition 2").fill("Drama")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact of condition 3").select_option("rt")
    page.get_by_label("Comparison of condition 3").select_option(label="is unknown")
    expect(page.get_by_label("Value of condition 3")).to_have_count(0)
    page.get_by_label("Text size").fill("52")
    page.get_by_label("Colour").evaluate(
        "input => { input.value = '#ffcc00'; input.dispatchEvent(new Event('input')); }"
    )

    wanted = {
        "kind": "poster",
        "elements": [
            {
                "type": "text",
                "text": "{title}{year}",
                "size": 52,
                "colour": "#ffcc00",
                "when": [["imdb", "ge", 7], ["genre", "has", "Drama"], ["rt", "has", False]],
            }
        ],
    }
    assert server_text(wanted) == text_of(page)


def test_a_number_out_of_bounds_stays_out_of_the_design(page: Page) -> None:
    page.goto(link(THREE))
    page.locator(".layers .name").first.click()

    page.get_by_label("Width", exact=True).fill("1001")

    expect(page.get_by_role("alert")).to_have_text("It must be a whole number from 1 to 1000.")
    assert server_text(THREE) == text_of(page)


def test_a_refused_design_is_said_and_the_picture_stays(page: Page, watch: Watch) -> None:
    watch.allow(400)
    open_design(page, link({"kind": "poster", "elements": [RED, {"type": "text", "text": "{title}"}]}))
    before = page.locator("#canvas img").get_attribute("src")
    page.locator(".layers .name").first.click()

    page.locator("#field-text").fill("{titel")

    expect(page.locator("#stage > .problem")).to_contain_text("elements[1].text")
    assert before == page.locator("#canvas img").get_attribute("src")


def test_back_loses_nothing(page: Page, watch: Watch, screenshot: Screenshot) -> None:
    page.goto("/")
    page.goto(link(THREE))
    page.locator(".handle").nth(0).focus()
    page.keyboard.press("Shift+ArrowRight")
    changed = elements(page)

    page.go_back()
    page.goto("/design")

    offer = page.get_by_role("region", name="Unsaved design")
    expect(offer).to_contain_text("poster, 3 elements")
    screenshot("draft")
    no_axe_violations(page)
    offer.get_by_role("button", name="Continue with it").click()
    expect(offer).to_be_hidden()
    assert changed == elements(page)
    assert ["beforeunload"] == watch.asked_to_stay


def test_a_reload_loses_nothing(page: Page, watch: Watch) -> None:
    page.goto(link(THREE))
    page.locator(".handle").nth(0).focus()
    page.keyboard.press("Shift+ArrowRight")
    changed = elements(page)

    page.reload()

    page.get_by_role("region", name="Unsaved design").get_by_role("button", name="Continue with it").click()
    assert changed == elements(page)
    assert ["beforeunload"] == watch.asked_to_stay


def test_every_preset_is_read_as_the_service_writes_it(page: Page, site: Site) -> None:
    presets = site.api("GET", "/api/presets")["presets"]
    assert 8 <= len(presets)

    for preset in presets:
        page.goto("about:blank")
        page.goto(f"/design?preset={preset['name']}")
        expect(page.locator(".saving")).to_contain_text(f"Preset “{preset['name']}”")
        assert server_text(preset["design"]) == text_of(page), preset["name"]


@pytest.mark.usefixtures("restored")
def test_an_admin_publishes_a_preset(page: Page, site: Site, sign_in_admin: Callable[[], None]) -> None:
    sign_in_admin()
    page.goto(link(THREE))

    page.get_by_role("button", name="Publish as preset…").click()
    page.get_by_role("dialog").get_by_label("Name").fill("boxes")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.locator(".saving")).to_contain_text("Preset “boxes” as saved")

    published = [each for each in site.api("GET", "/api/presets")["presets"] if each["name"] == "boxes"]
    assert [server_text(THREE)] == [server_text(each["design"]) for each in published]


def test_the_scripts_of_the_page_are_small(site: Site) -> None:
    own = sorted(STATIC.glob("js/design*.js"))
    version = site.ask("GET", "/design").body.decode().partition("/static/")[2].partition("/")[0]

    sizes = {
        script.name: len(
            site.ask("GET", f"/static/{version}/js/{script.name}", headers={"Accept-Encoding": "gzip"}).body
        )
        for script in own
    }

    assert "design.js" in sizes
    assert LARGEST_SCRIPTS > sum(sizes.values()), sizes


def test_a_design_starts_from_a_preset_or_from_nothing(page: Page, site: Site, screenshot: Screenshot) -> None:
    drawn = [each for each in site.api("GET", "/api/presets")["presets"] if "design" in each]
    page.goto(link(THREE))

    page.get_by_role("button", name="Start from…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="minimal")).to_be_visible()
    expect(dialog.locator(".thumb img[src]")).to_have_count(len(drawn), timeout=2 * DRAWN_MS)
    no_axe_violations(page)
    screenshot("start")
    dialog.get_by_role("button", name="minimal").click()

    expect(page.locator(".saving")).to_contain_text("Preset “minimal”")
    expect(page).to_have_url(re.compile(r"/design\?preset=minimal$"))
    page.get_by_role("button", name="Start from…").click()
    dialog.get_by_role("button", name="Blank backdrop").click()
    expect(dialog).to_have_count(0)
    assert server_text({"kind": "backdrop"}) == text_of(page)


def test_a_design_starts_from_the_look_on_the_key(page: Page, site: Site, sign_in_key: Callable[[Key], None]) -> None:
    key = site.make_key("Starter")
    site.api("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 2}}, token=site.key_token(key))
    sign_in_key(key)

    page.goto("/design")
    expect(page.locator(".handle").first).to_be_visible()

    (ratings,) = [each for each in elements(page) if each["type"] == "ratings"]
    assert 2 == ratings["limit"]


def test_a_design_goes_into_a_file_and_comes_back(page: Page, tmp_path: Path) -> None:
    page.goto(link(THREE))
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert server_text(THREE) == server_text(json.loads(file.read_text()))
    page.goto("about:blank")
    page.goto(link({"kind": "poster"}))

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)

    expect(page.locator(".handle")).to_have_count(3)
    assert server_text(THREE) == text_of(page)
    file.write_text(json.dumps({"kind": "poster", "elements": [BLUE | {"anchor": "up"}]}))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)
    expect(page.locator("#said")).to_contain_text("elements[0].anchor must be one of tl, tc")


def test_a_design_that_is_too_large_for_a_link_is_said(page: Page) -> None:
    page.goto(
        link(
            {
                "kind": "poster",
                "elements": [{"type": "text", "text": "x" * 60, "width": 500 + nth} for nth in range(24)],
            }
        )
    )

    page.get_by_role("button", name="Copy link").click()

    expect(page.locator("#said")).to_contain_text("too large for a link")


def test_a_hundred_steps_can_be_undone(page: Page) -> None:
    page.goto("/design")
    script = page.locator("script[src*='design.js']").get_attribute("src") or ""

    undone = page.evaluate(
        """async (path) => {
            const { DesignStore } = await import(path);
            const store = new DesignStore({ elements: [], step: 0 });
            for (let step = 1; step <= 130; step += 1) store.change({ elements: [], step });
            let count = 0;
            while (store.past.length) { store.undo(); count += 1; }
            return [count, store.design.step];
        }""",
        script.replace("design.js", "design-store.js"),
    )

    assert [100, 30] == undone
