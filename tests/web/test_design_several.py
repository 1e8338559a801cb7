"""Several elements of a design at once, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.designer import GREEN, THREE, drag, elements, handle, link, open_design


def test_several_elements_are_moved_and_aligned_together(page: Page) -> None:
    open_design(page, link(THREE))
    before = elements(page)
    page.locator(".handle").nth(0).click()
    page.locator(".handle").nth(2).click(modifiers=["Shift"])
    expect(page.locator(".layers .selected")).to_have_count(2)
    expect(page.locator("#fields-title")).to_have_text("2 elements")
    expect(page.locator(".grips button")).to_have_count(0)

    drag(page, handle(0), 50, 70, free=True)
    red, green, blue = elements(page)
    assert (150, 170) == pytest.approx((red["x"], red["y"]), abs=2)
    assert (50, 70) == pytest.approx((blue["x"], blue["y"]), abs=2)
    assert GREEN | {"type": "box"} == green
    page.get_by_role("group", name="Align").get_by_role("button", name="Left").click()
    aligned = elements(page)
    assert red["x"] == aligned[0]["x"] == aligned[2]["x"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert before == elements(page)

    page.locator(".layers .name").nth(1).press("Shift+ ")
    expect(page.locator(".layers .selected")).to_have_count(3)
    page.locator(".handle").nth(0).focus()
    page.keyboard.press("Shift+ArrowDown")
    assert [110, 70] == [each["y"] for each in elements(page)[:2]]
    page.keyboard.press("Control+d")
    expect(page.locator(".handle")).to_have_count(6)
    page.keyboard.press("Delete")
    expect(page.locator(".handle")).to_have_count(3)
