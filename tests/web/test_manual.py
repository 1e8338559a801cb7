"""The manual in a real browser: its pages can be read and moved through in every look."""

from typing import Final

from playwright.sync_api import Page, expect

from gateway.web.manual import manual_pages
from tests.web.browser import Screenshot, in_every_look, no_axe_violations, no_sideways_scrolling, pictures_are_there

PAGES = ("", "/configuration")
_ONE_OF_EACH: Final = """async (addresses) => {
  // Two are alike if their tags, classes, attributes and those of what is in them are, and both or neither are empty.
  const alike = (element, depth) => [
    element.tagName, element.className, element.getAttributeNames().sort().join(" "),
    Boolean(element.textContent.trim()),
    ...(depth ? new Set([...element.children].map((child) => alike(child, depth - 1))) : []),
  ].join("|");
  const thin = (element, path, seen) => {
    for (const child of [...element.children]) {
      const kind = `${path}>${alike(child, 2)}`;
      if (seen.has(kind)) child.remove();
      else thin(child, kind, seen.add(kind)); // what is in another kind of element is of another kind, too
    }
  };
  const ids = ["id", "for", "aria-labelledby", "aria-describedby"];
  const main = document.querySelector("main");
  const seen = new Set();
  let number = 0;
  for (const [nth, address] of addresses.entries()) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    number += page.querySelectorAll("*").length;
    thin(page, "main", seen);
    for (const name of ids) {
      for (const each of page.querySelectorAll(`[${name}]`)) {
        each.setAttribute(name, `${nth}-${each.getAttribute(name)}`);
      }
    }
    main.append(...page.children);
  }
  for (const each of main.querySelectorAll("details")) each.open = true;
  for (const each of main.querySelectorAll("[hidden]")) each.hidden = false;
  return [number, main.querySelectorAll("*").length];
}"""
"""Puts one of each kind of element of these pages on the page that is open; returns how many there were, and are."""


@in_every_look
def test_the_manual_can_be_read_in_every_look(page: Page, screenshot: Screenshot) -> None:
    for path in PAGES:
        page.goto(f"/docs{path}")

        expect(page.get_by_role("heading", level=1)).to_be_visible()
        no_axe_violations(page)
        no_sideways_scrolling(page)
        screenshot(f"docs{path.replace('/', ' ')}")


@in_every_look
def test_every_kind_of_element_in_the_manual_can_be_used_by_everybody(page: Page) -> None:
    """Axe takes a minute for the longest pages, of which thousands of elements differ in nothing but their words."""
    addresses = [each.address for each in manual_pages()]
    page.goto("/docs")

    before, after = page.evaluate(_ONE_OF_EACH, addresses)

    assert 15_000 < before
    assert 150 < after < 1_500
    no_axe_violations(page)
    no_sideways_scrolling(page)


def test_a_parameter_is_found_from_the_first_page(page: Page) -> None:
    page.goto("/docs")
    page.get_by_role("main").get_by_role("link", name="Parameters", exact=True).last.click()
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Picture", exact=True).click()

    picture = page.get_by_role("img", name="fit=cover")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_in_viewport()
    pictures_are_there(picture)
