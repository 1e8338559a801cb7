"""The manual in a real browser: its pages can be read and moved through in every look."""

from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, in_every_look, no_axe_violations, no_sideways_scrolling

PAGES = ("", "/configuration")  # the longest pages would take axe minutes, and are of the same parts


@in_every_look
def test_the_manual_can_be_read_in_every_look(page: Page, screenshot: Screenshot) -> None:
    for path in PAGES:
        page.goto(f"/docs{path}")

        expect(page.get_by_role("heading", level=1)).to_be_visible()
        no_axe_violations(page)
        no_sideways_scrolling(page)
        screenshot(f"docs{path.replace('/', ' ')}")


def test_a_parameter_is_found_from_the_first_page(page: Page) -> None:
    page.goto("/docs")
    page.get_by_role("main").get_by_role("link", name="Parameters", exact=True).last.click()
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Picture", exact=True).click()

    picture = page.get_by_role("img", name="fit=cover")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_in_viewport()
    expect(picture).to_have_js_property("complete", True)  # noqa: FBT003 - what the browser says
    assert 0 < picture.evaluate("image => image.naturalWidth")
