"""The page of whoever holds a key, by clicking."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.web.browser import (
    Screenshot,
    Watch,
    copied_by,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    pictures_are_drawn,
    pictures_are_there,
)
from tests.web.site import Key, Site

SignIn = Callable[[Key], None]
FILE = "tt0017136.jpg"


@in_every_look
def test_key_page_shows_looks_profiles_usage_and_share(
    site: Site, page: Page, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key("Living room", monthly_limit=500)
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 5, "badge_shape": "p"}}, token=token)
    profile = {"kind": "backdrop", "settings": {"position": "bl", "badge_size": "l"}}
    site.api("PUT", "/api/key/me/profiles/cinema", profile, token=token)
    site.until_drawn(site.picture(FILE, key=key.key))
    sign_in_key(key)

    page.goto("/key")

    expect(page.get_by_role("heading", name="Living room", level=1)).to_be_visible()
    expect(page.locator(".sample img")).to_have_count(5)
    pictures_are_drawn(page)
    pictures_are_there(page.locator(".sample img"))
    expect(page.locator("#settings-poster .chip")).to_have_text(["Maximum ratings: 5", "Corners: Pill"])
    expect(page.locator("#usage .figure")).to_contain_text("of 500 pictures this month")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    page.evaluate("scrollTo(0, 0)")
    screenshot("signed in")


@in_every_look
def test_sign_in_form_lets_the_holder_in(site: Site, page: Page, watch: Watch, screenshot: Screenshot) -> None:
    key = site.make_key("Attic")
    watch.allow(401)
    page.goto("/key")
    page.get_by_label("Key", exact=True).fill(key.share)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This API key is not valid.")
    no_axe_violations(page)
    screenshot("sign in refused")

    page.get_by_label("Key", exact=True).fill(key.key)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Attic", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Attic", level=1)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in with your key")).to_be_visible()


def test_an_admin_is_told_that_the_page_needs_a_key(page: Page, sign_in_admin: Callable[[], None]) -> None:
    sign_in_admin()

    page.goto("/key")

    expect(page.get_by_text("You are signed in as someone else (ada): this page needs a key.")).to_be_visible()


def test_a_pasted_link_becomes_the_look_of_the_key(
    site: Site, page: Page, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key()
    sign_in_key(key)
    page.goto("/key")
    page.get_by_role("button", name="Paste a link for the poster").click()
    page.get_by_label("Link from the configurator").first.fill(f"{site.url}/configure?kind=logo&logo.ratings_limit=2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("This link has no settings for the poster.")
    screenshot("pasting")

    link = f"{site.url}/configure?kind=poster&poster.ratings_limit=4&poster.ratings_order=rt,imdb&poster.split=true"
    page.get_by_role("dialog").get_by_label("Link from the configurator").fill(link)
    page.get_by_role("button", name="Save").click()

    chips = ["Sources: Rotten Tomatoes (critics), IMDb", "Maximum ratings: 4", "Split: yes"]
    expect(page.locator("#settings-poster .chip")).to_have_text(chips)
    kept = site.api("GET", "/api/key/me/settings", token=site.key_token(key))["settings"]
    assert {"poster": {"ratings_order": ["rt", "imdb"], "ratings_limit": 4, "split": True}} == kept


def test_a_look_that_is_reset_is_everybodys_again(site: Site, page: Page, sign_in_key: SignIn) -> None:
    key = site.make_key()
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/settings", {"poster": {"split": True}, "logo": {"badge_size": "l"}}, token=token)
    sign_in_key(key)
    page.goto("/key")

    page.get_by_role("button", name="Reset the poster").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()

    expect(page.locator("#settings-poster .chip")).to_have_text(["Global settings"])
    kept = site.api("GET", "/api/key/me/settings", token=token)["settings"]
    assert {"logo": {"badge_size": "l"}} == kept
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#settings-poster .chip")).to_have_text(["Split: yes"])


def test_a_profile_is_made_renamed_reshaped_copied_and_deleted(
    site: Site, page: Page, watch: Watch, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key()
    watch.allow(400)
    sign_in_key(key)
    page.goto("/key")
    form = page.locator("form.new-profile")
    form.get_by_label("Name").fill("cinema")
    form.get_by_label("Kind").select_option("backdrop")
    form.get_by_label("Link from the configurator").fill("?kind=backdrop&position=bl")
    form.get_by_role("button", name="Create", exact=True).click()
    profile = page.locator("#profiles article")
    expect(profile.get_by_role("heading")).to_have_text("cinema")
    expect(profile.locator(".chip")).to_have_text(["Backdrop", "Position of the badges: Bottom left"])
    form.get_by_label("Name").fill("cinema")
    form.get_by_role("button", name="Create", exact=True).click()
    expect(form.get_by_role("alert")).to_have_text("There is already a profile named cinema.")
    screenshot("profile made")

    page.get_by_role("button", name="Rename cinema").click()
    page.get_by_label("New name").fill("Not a name")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("A profile name has")
    page.get_by_label("New name").fill("wide")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(profile.get_by_role("heading")).to_have_text("wide")
    page.get_by_role("button", name="Paste a link for wide").click()
    page.get_by_role("dialog").get_by_label("Link from the configurator").fill("badge_size=xl")
    page.get_by_role("button", name="Save").click()
    expect(profile.locator(".chip")).to_have_text(["Backdrop", "Badges, size: Huge"])
    page.get_by_label("Key or read-only key").fill(key.share)
    copied = copied_by(page, page.get_by_role("button", name="Copy the address of wide"))

    assert f"{site.url}/{key.share}/imdb/wide/{{imdb_id}}.jpg" == copied
    site.until_drawn(copied.replace("{imdb_id}", "tt0017136"))
    page.get_by_role("button", name="Delete wide").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No profiles yet.")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(profile.locator(".chip")).to_have_text(["Backdrop", "Badges, size: Huge"])


def test_a_profile_without_a_link_begins_with_the_default_look(site: Site, page: Page, sign_in_key: SignIn) -> None:
    key = site.make_key()
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/settings", {"poster": {"split": True}}, token=token)
    sign_in_key(key)
    page.goto("/key")

    page.get_by_label("Name").fill("cinema")
    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.locator("#profiles article")).to_have_count(1)
    (profile,) = site.api("GET", "/api/key/me/profiles", token=token)["profiles"]
    assert ("cinema", "poster", {"split": True}) == (profile["name"], profile["kind"], profile["settings"])


def test_a_replaced_share_form_is_shown_once_and_the_old_one_stops(
    site: Site, page: Page, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key()
    sign_in_key(key)
    page.goto("/key")

    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_role("dialog")).to_contain_text("Every address with the old one stops")
    page.get_by_role("dialog").get_by_role("button", name="Replace it").click()

    dialog = page.get_by_role("dialog", name="New read-only key")
    share = dialog.get_by_role("textbox").input_value()
    screenshot("share replaced")
    dialog.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Read-only key copied.")).to_be_visible()
    dialog.get_by_role("button", name="I’ve saved it").click()
    expect(dialog).to_have_count(0)
    assert share == page.evaluate("navigator.clipboard.readText()")
    assert 200 == site.ask("GET", f"/{share}/isValid").status
    site.until_refused(f"/{key.share}/isValid")
    page.reload()
    expect(page.locator("#share")).to_contain_text("You have one.")
    assert share not in page.content()


def test_usage_tells_what_is_left_and_what_is_spent(
    site: Site, page: Page, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key, began = site.make_key(monthly_limit=2), datetime.now(UTC)
    for title in ("tt0017136.jpg", "tt0013442.jpg"):
        site.ask("GET", site.picture(title, key=key.key))
    sign_in_key(key)

    page.goto("/key")

    expect(page.locator("#usage .figure")).to_have_text("2 of 2 pictures this month")
    expect(page.locator("#usage .problem")).to_contain_text("This month’s quota is used up")
    day = page.get_by_role("table").first.get_by_role("row")
    expect(day).to_contain_text(re.compile(f"{began:%-d %B}|{datetime.now(UTC):%-d %B}"))
    expect(day).to_contain_text("2")
    screenshot("quota spent")


def test_a_holder_sees_nothing_of_others(site: Site, page: Page, sign_in_key: SignIn) -> None:
    other = site.make_key("The neighbours")
    site.api("PUT", "/api/key/me/profiles/theirs", {"kind": "poster", "settings": {}}, token=site.key_token(other))
    sign_in_key(site.make_key("Ours"))

    page.goto("/key")

    expect(page.locator("#profiles .empty")).to_be_visible()
    assert [] == [word for word in ("neighbours", "theirs", other.key[:8]) if word in page.content()]


def test_a_design_is_a_profile_that_is_used_by_default(
    site: Site, page: Page, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key("Freehand")
    token = site.key_token(key)
    box = {"type": "box", "width": 300, "height": 200, "colour": "#e00000", "opacity": 100}
    design = {"kind": "poster", "elements": [box]}
    site.api("PUT", "/api/key/me/profiles/cinema", {"kind": "poster", "design": design}, token=token)
    sign_in_key(key)
    page.goto("/key")
    card = page.locator("#profiles article").filter(has=page.get_by_role("heading", name="cinema"))

    expect(card).to_contain_text("1 element")
    expect(card.get_by_role("link", name="Edit cinema")).to_have_attribute("href", "/design?profile=cinema")
    expect(card.get_by_role("button", name="Paste a link")).to_have_count(0)
    expect(card.locator("figure.drawing")).to_have_count(0, timeout=60_000)
    card.get_by_role("button", name="Use cinema by default").click()

    expect(card).to_contain_text("Used by default")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("design")
    saved = site.api("GET", "/api/key/me/settings", token=token)["settings"]
    assert {"poster": "cinema"} == saved["default_profile"]
    card.get_by_role("button", name="Delete cinema").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("cinema is back.")).to_be_visible()
    kept = site.api("GET", "/api/key/me/profiles/cinema", token=token)
    assert design["elements"] == kept["design"]["elements"]
    page.goto("/configure?profile=cinema")
    expect(page).to_have_url(f"{site.url}/design?profile=cinema")
