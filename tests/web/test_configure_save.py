"""Settings of the user who is signed in: where the page starts, what it saves, and whose key its addresses have."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.web.browser import (
    Screenshot,
    Watch,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
    open_groups,
)
from tests.web.site import Key, Site

SignIn = Callable[[Key], None]
LOOK = "?ratings_limit=5&badge_shape=p"
PAGES = ("/", "/configure", "/design", "/docs", "/docs/clients", "/key", "/nonsense")


def saved(site: Site, key: Key) -> dict[str, object]:
    settings: dict[str, object] = site.api("GET", "/api/key/me/settings", token=site.key_token(key))["settings"]
    return settings


@on_screen_and_phone
def test_a_key_holder_starts_from_saved_settings_and_saves_the_difference(
    page: Page, site: Site, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key("Kitchen")
    own = {"poster": {"position": "tl", "ratings_limit": 4, "edge_inset_x": 9}, "logo": {"badge_size": "l"}}
    site.api("PUT", "/api/key/me/settings", own, token=site.key_token(key))
    sign_in_key(key)
    seen: list[str] = []
    page.on("response", lambda answer: seen.append(urlsplit(answer.url).path))

    page.goto("/configure")
    open_groups(page)
    bar = page.locator(".saving")
    expect(bar).to_contain_text("Key “Kitchen” as saved")
    expect(page.get_by_label("Maximum ratings")).to_have_value("4")
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 580)
    assert urlsplit(site.ask("GET", site.picture(key=key.key)).headers["Location"]).path in seen
    no_axe_violations(page)

    page.get_by_role("slider", name="Maximum ratings").fill("3")
    page.get_by_role("tab", name="Logo").click()
    page.get_by_role("slider", name="Maximum ratings").fill("2")
    expect(bar).to_contain_text("not saved yet – Poster: Maximum ratings; Logo: Maximum ratings")
    no_sideways_scrolling(page)
    screenshot("changed")
    page.get_by_role("button", name="Save to my key").click()
    expect(page.get_by_text("Saved as your key’s poster and logo settings.")).to_be_visible()

    poster = {"position": "tl", "edge_inset_x": 9}  # the global limit is 3
    assert {"poster": poster, "logo": {"badge_size": "l", "ratings_limit": 2}} == saved(site, key)
    expect(bar).to_contain_text("as saved")


def test_a_key_holder_pins_a_picture_of_a_title(
    page: Page, site: Site, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key("Bedroom")
    sign_in_key(key)
    page.goto("/configure")
    open_groups(page)
    group = page.locator(".group").filter(has=page.get_by_role("heading", name="Picture"))
    group.get_by_role("button", name="Show this title").click()
    choice = group.get_by_role("button", name=re.compile("^French, TMDB, metropolis-poster-fr.jpg"))
    expect(choice).to_be_visible(timeout=60_000)
    expect(group.get_by_role("button", name="Always use this for my key")).to_be_hidden()
    choice.click()

    group.get_by_role("button", name="Always use this for my key").click()

    expect(group).to_contain_text("Always used for my key: metropolis-poster-fr.jpg", timeout=60_000)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("pinned")
    expect(page.locator(".saving")).to_contain_text("Key “Bedroom” as saved")  # it is for one title
    pins = site.api("GET", "/api/key/me/art", token=site.key_token(key))["pins"]
    pinned = {"title": "imdb:tt0017136", "media": "movie-19", "kind": "poster", "source": "tmdb"}
    assert [pinned | {"file": "metropolis-poster-fr.jpg"}] == [
        {name: each[name] for name in (*pinned, "file")} for each in pins
    ]
    page.get_by_role("combobox", name="Title").click()
    page.locator(".title-search").get_by_role("option").nth(1).click()
    expect(group.locator(".pin")).to_be_hidden()
    page.get_by_role("combobox", name="Title").click()
    page.locator(".title-search").get_by_role("option").first.click()
    group.get_by_role("button", name="Show this title").click()
    group.get_by_role("button", name="Stop always using it").click()
    expect(group.get_by_text("Always used for my key")).to_have_count(0)
    assert [] == site.api("GET", "/api/key/me/art", token=site.key_token(key))["pins"]


def test_addresses_of_a_key_holder_say_only_what_the_key_does_not(page: Page, site: Site, sign_in_key: SignIn) -> None:
    key = site.make_key("Attic")
    site.api("PUT", "/api/key/me/settings", {"poster": {"position": "tl"}}, token=site.key_token(key))
    sign_in_key(key)
    page.goto("/configure?badge_shape=p")
    open_groups(page)
    snippet = page.locator("#snippet code").first

    expect(snippet).to_have_text(f"{site.url}/YOUR-KEY/imdb/poster-default/tt0017136.jpg?badge_shape=p")
    page.get_by_label("Your key").fill(key.share)
    expect(snippet).to_have_text(re.compile(re.escape(f"/{key.share}/imdb/")))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()  # the clipboard is written in the background

    link = page.evaluate("navigator.clipboard.readText()")
    assert {"poster.position=tl", "poster.badge_shape=p"} == set(urlsplit(link).query.split("&"))


def test_a_key_holder_saves_a_profile_and_changes_it(page: Page, site: Site, sign_in_key: SignIn) -> None:
    key = site.make_key("Cellar")
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/settings", {"poster": {"position": "tl"}}, token=token)
    sign_in_key(key)
    page.goto(f"/configure{LOOK}")
    open_groups(page)

    page.get_by_role("button", name="Save as profile…").click()
    page.get_by_role("dialog").get_by_label("Name").fill("cinema")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".saving")).to_contain_text("Profile “cinema” as saved")
    snippet = page.locator("#snippet code").first
    expect(snippet).to_have_text(f"{site.url}/YOUR-KEY/imdb/cinema/tt0017136.jpg")
    page.reload()
    open_groups(page)
    page.get_by_role("slider", name="Maximum ratings").fill("2")
    page.get_by_role("button", name="Save to “cinema”").click()
    expect(page.get_by_text("Saved in the profile “cinema”.")).to_be_visible()

    kept = site.api("GET", "/api/key/me/profiles/cinema", token=token)
    assert ("poster", {"badge_shape": "p", "ratings_limit": 2}) == (kept["kind"], kept["settings"])
    assert {"poster": {"position": "tl"}} == saved(site, key)


def test_a_profile_that_is_used_by_default_is_named(page: Page, site: Site, sign_in_key: SignIn) -> None:
    key = site.make_key("Kitchen")
    token = site.key_token(key)
    site.api("PUT", "/api/key/me/profiles/kids", {"kind": "poster", "settings": {"ratings_limit": 1}}, token=token)
    site.api("PUT", "/api/key/me/settings", {"default_profile": {"poster": "kids"}}, token=token)
    sign_in_key(key)

    page.goto("/configure")
    bar = page.locator(".saving")
    expect(bar).to_contain_text("Addresses with poster-default use the profile “kids”, not these settings.")
    bar.get_by_role("link", name="Edit the profile").click()

    expect(bar).to_contain_text("Profile “kids” as saved")
    expect(bar.get_by_role("link")).to_have_count(0)


def test_a_profile_that_is_gone_is_said(page: Page, site: Site, sign_in_key: SignIn) -> None:
    sign_in_key(site.make_key("Cellar"))

    page.goto(f"/configure{LOOK}&profile=cinema")
    open_groups(page)

    expect(page.get_by_text("There is no profile named cinema.")).to_be_visible()
    expect(page.locator(".saving")).to_contain_text("Key “Cellar” not saved yet")


def test_changes_are_discarded(page: Page, site: Site, sign_in_key: SignIn) -> None:
    key = site.make_key("Porch")
    site.api("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 4}}, token=site.key_token(key))
    sign_in_key(key)
    page.goto(f"/configure{LOOK}")
    open_groups(page)

    page.get_by_role("button", name="Discard changes").click()

    expect(page.get_by_label("Maximum ratings")).to_have_value("4")
    expect(page.locator(".saving")).to_contain_text("as saved")
    expect(page).to_have_url(f"{site.url}/configure")


@on_screen_and_phone
def test_every_page_says_who_is_signed_in(
    page: Page, site: Site, sign_in_key: SignIn, watch: Watch, screenshot: Screenshot
) -> None:
    watch.allow(404)  # the unknown page itself
    key = site.make_key("The living room upstairs, on the left")
    sign_in_key(key)

    for path in PAGES:
        page.goto(path)
        expect(page.locator("#who")).to_have_text("Key “The living room upstairs, on the left”Sign out")
        no_sideways_scrolling(page)
    screenshot("signed in")
    page.get_by_role("button", name="Sign out").click()

    expect(page.locator("#who")).to_be_hidden()
    assert not page.evaluate("fetch('/api/auth/status').then((answer) => answer.json())")["signed_in"]


def test_a_page_that_is_left_at_once_ends_no_session(page: Page, site: Site, sign_in_key: SignIn) -> None:
    sign_in_key(site.make_key("In a hurry"))

    for _ in range(5):
        with page.expect_request("**/api/auth/refresh"):
            page.goto("/configure", wait_until="commit")

    page.goto("/docs")
    expect(page.locator("#who")).to_have_text("Key “In a hurry”Sign out")


def test_a_page_waits_for_the_renewal_that_the_page_before_it_began(
    page: Page, site: Site, sign_in_key: SignIn
) -> None:
    sign_in_key(site.make_key("On a slow line"))

    with site.while_open("SELECT FROM token_families FOR UPDATE"):
        with page.expect_request("**/api/auth/refresh"):
            page.goto("/configure", wait_until="commit")
        page.goto("/key", wait_until="commit")
        for _ in range(4):  # two parts of the page ask at first; each may do so again while the renewal goes on
            page.wait_for_event("response", lambda answer: answer.url.endswith("/api/auth/status"))

    expect(page.get_by_role("heading", name="On a slow line")).to_be_visible()


def test_an_admin_makes_a_look_everybodys(
    page: Page, site: Site, sign_in_admin: Callable[[], None], restored: str
) -> None:
    token = restored
    site.api("PUT", "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}}, token=token)
    sign_in_admin()

    page.goto("/configure?ratings_limit=5")
    open_groups(page)
    page.get_by_role("button", name="Save as global settings").click()
    expect(page.get_by_role("dialog")).to_contain_text("Change the global settings of all posters?")
    page.get_by_role("button", name="Save for everybody").click()
    expect(page.get_by_text("Saved as global poster settings")).to_be_visible()
    kept = site.api("GET", "/api/admin/settings", None, token=token)["settings"]
    expect(page.locator(".saving")).not_to_contain_text("not saved yet")
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(page.locator(".saving")).to_contain_text("not saved yet – Poster: Maximum ratings")

    back = site.api("GET", "/api/admin/settings", None, token=token)["settings"]
    assert {"poster": {"position": "tl", "ratings_limit": 5}} == kept
    assert {"poster": {"position": "tl"}} == back


def test_a_stranger_is_offered_no_saving(page: Page) -> None:
    page.goto("/configure")
    open_groups(page)

    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.locator(".saving")).to_be_hidden()
