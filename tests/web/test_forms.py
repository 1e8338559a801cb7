"""What is wrong in a form is said beside its field, in a sentence that stays until the form is sent again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import Screenshot, Watch, no_axe_violations, on_screen_and_phone
from tests.web.site import Site

NAME_RULE = "Use 1 to 64 letters, digits, dots, hyphens, underscores and @."


@on_screen_and_phone
def test_a_refusal_stays_beside_its_field(
    page: Page, sign_in_admin: Callable[[], None], screenshot: Screenshot, watch: Watch
) -> None:
    watch.allow(400)
    sign_in_admin()
    page.goto("/admin#admins")
    page.get_by_role("button", name="New admin").click()
    dialog = page.get_by_role("dialog")
    name, password = dialog.get_by_label("Name"), dialog.get_by_label("Password")
    problem = dialog.get_by_role("alert")

    name.fill("two words")
    password.fill("long enough")
    dialog.get_by_role("button", name="Create admin").click()

    expect(problem).to_have_text(NAME_RULE)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    assert "username" == name.evaluate("input => input.nextElementSibling.previousElementSibling.name")
    no_axe_violations(page)
    screenshot("refused")

    name.fill("two.words")
    password.fill("short")
    dialog.get_by_role("button", name="Create admin").click()

    expect(problem).to_have_count(1)
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(name).not_to_have_attribute("aria-invalid", "true")


def test_a_number_that_is_none_is_not_sent(page: Page, sign_in_admin: Callable[[], None]) -> None:
    sign_in_admin()
    page.goto("/admin#keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("kitchen")
    limit = dialog.get_by_label("Pictures per month")

    limit.press("ControlOrMeta+a")
    limit.press_sequentially("1e")
    dialog.get_by_role("button", name="Create key").click()

    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(limit).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Key “kitchen” created")).to_have_count(0)


def test_what_is_about_no_single_field_stands_above_the_button(site: Site, page: Page, watch: Watch) -> None:
    watch.allow(401)
    site.admin_cookie()  # only where there is an admin can one sign in
    page.goto("/admin")
    page.get_by_label("Name").fill("nemo")
    page.get_by_label("Password").fill("wrong horse")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_axe_finds_a_button_without_a_name(page: Page) -> None:
    page.goto("about:blank")
    page.set_content("<html lang=en><title>A page</title><main><h1>A page</h1><button></button></main></html>")

    with pytest.raises(AssertionError):
        no_axe_violations(page)
    page.evaluate("document.querySelector('button').textContent = 'Press'")
    no_axe_violations(page)
