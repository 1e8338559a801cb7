"""Presets, undo, languages and the other pictures of a title, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.browser import (
    Screenshot,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
)
from tests.web.site import Key, Site

LOADED_MS = 60_000


@pytest.fixture(scope="module", autouse=True)
def art(site: Site) -> None:
    """Have the art fetched beforehand, so that each test waits for drawings only."""
    for kind in ("poster", "backdrop", "logo"):
        site.until_drawn(site.picture(kind=kind))


def preset(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Presets", exact=True).get_by_role("button", name=name, exact=True)


def published(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Presets of this server").get_by_role("button", name=name, exact=True)


def line(page: Page) -> Locator:
    return page.get_by_role("region", name="Copy").locator(".line")


@in_every_look
def test_twelve_presets_are_drawn_on_the_title_that_is_shown(page: Page, screenshot: Screenshot) -> None:
    page.goto("/configure")

    expect(page.locator(".preset img[src^='blob:']").nth(2)).to_be_visible(timeout=LOADED_MS)
    expect(page.get_by_role("group", name="Presets", exact=True).get_by_role("button")).to_have_count(12)
    expect(preset(page, "Classic")).to_have_attribute("aria-pressed", "true")
    page.locator(".preset").last.scroll_into_view_if_needed()
    expect(page.locator(".preset").last.locator("img")).to_have_js_property("naturalWidth", 580, timeout=LOADED_MS)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    page.evaluate("scrollTo(0, 0)")
    screenshot("presets")


def test_a_preset_replaces_the_look_and_keeps_the_art(page: Page) -> None:
    page.goto("/configure?poster.badge_shape=p&poster.lang=de&poster.imageSize=large")

    preset(page, "Glass").click()

    expect(preset(page, "Glass")).to_have_attribute("aria-pressed", "true")
    expect(line(page)).to_have_text(re.compile(r"\?ratings_limit=4&badge_background=t&imageSize=large&lang=de$"))


def test_a_preset_of_the_server_is_chosen_by_one_click_as_the_style_of_the_address(
    page: Page, site: Site, screenshot: Screenshot
) -> None:
    page.goto("/configure?poster.badge_shape=p&poster.imageSize=large")
    names = [each["name"] for each in site.api("GET", "/api/presets")["presets"] if each["kind"] == "poster"]
    expect(page.get_by_role("group", name="Presets of this server").get_by_role("button")).to_have_count(len(names))

    published(page, "Big score").click()

    expect(published(page, "Big score")).to_have_attribute("aria-pressed", "true")
    expect(preset(page, "Pills")).to_have_attribute("aria-pressed", "false")
    expect(line(page)).to_have_text(re.compile(r"/imdb/preset-big-score/tt0017136\.jpg\?imageSize=large$"))
    expect(page).to_have_url(re.compile(r"poster\.preset=big-score"))
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 1280, timeout=LOADED_MS)
    expect(page.locator('.group[data-group="badges"]')).to_be_hidden()
    expect(page.locator('.group[data-group="picture"]')).to_be_visible()
    expect(page.get_by_role("link", name="Open in the designer")).to_have_attribute(
        "href", "/design?id=tt0017136&preset=big-score"
    )
    no_axe_violations(page)
    screenshot("published")
    page.reload()
    expect(published(page, "Big score")).to_have_attribute("aria-pressed", "true")
    preset(page, "Glass").click()
    expect(line(page)).to_have_text(
        re.compile(r"/poster-default/tt0017136\.jpg\?ratings_limit=4&badge_background=t&imageSize=large$")
    )
    page.keyboard.press("Control+z")
    expect(published(page, "Big score")).to_have_attribute("aria-pressed", "true")


def test_clients_get_a_preset_as_style_or_are_said_how_else(page: Page, site: Site) -> None:
    page.goto("/configure?poster.preset=minimal")
    client = page.get_by_label("Client", exact=True)
    host = f"{site.url}/t0-free-rpdb"

    for name, expected in {
        "AIOMetadata": f"{host}/imdb/preset-minimal/{{imdb_id}}.jpg",
        "Nuvio": f"{host}/{{id_type}}/preset-minimal/{{typed_id}}.jpg",
        "Discover+": f"{host}/{{rating_id_type}}/preset-minimal/{{rating_id}}.jpg",
    }.items():
        client.select_option(label=name)
        expect(line(page)).to_have_text(expected)

    for name in ("AIOStreams", "Jellyfin"):
        client.select_option(label=name)
        expect(line(page)).to_contain_text("cannot name a preset. Save it to your key")
        expect(page.get_by_role("region", name="Copy").get_by_role("button", name="Copy")).to_be_disabled()


def test_a_preset_that_is_saved_to_a_key_is_what_its_plain_addresses_show(
    page: Page, site: Site, sign_in_key: Callable[[Key], None]
) -> None:
    key = site.make_key("Cinema")
    sign_in_key(key)
    page.goto("/configure")
    page.get_by_label("Client", exact=True).select_option(label="AIOStreams")

    published(page, "Kids").click()
    expect(page.locator(".saving")).to_contain_text("not saved yet – Poster: preset")
    page.get_by_role("button", name="Save to my key").click()
    expect(page.get_by_text("Saved as your key’s poster settings.")).to_be_visible()

    expect(page.locator(".saving")).to_contain_text("as saved")
    expect(line(page)).to_have_text("Leave this field empty.")
    plain, named = (site.picture(key=key.key), site.picture(key=key.key).replace("poster-default", "preset-kids"))
    assert site.ask("GET", named).headers["Location"] == site.ask("GET", plain).headers["Location"]
    page.goto("/key")
    expect(page.locator("#settings-poster")).to_contain_text("Preset: kids")
    page.goto("/configure")
    expect(published(page, "Kids")).to_have_attribute("aria-pressed", "true")

    preset(page, "Pills").click()
    page.get_by_role("button", name="Save to my key").click()
    expect(page.get_by_text("Saved as your key’s poster settings.")).to_be_visible()

    settings = site.api("GET", "/api/key/me/settings", token=site.key_token(key))["settings"]
    assert {"badge_shape": "p", "label_style": "i"} == settings["poster"]
    assert "default_profile" not in settings


def test_changes_are_undone_and_done_again_also_by_keyboard(page: Page) -> None:
    page.goto("/configure")
    for name in ("Glass", "Pills"):
        preset(page, name).click()
        expect(preset(page, name)).to_have_attribute("aria-pressed", "true")
        expect(page).to_have_url(re.compile("badge_background=t" if name == "Glass" else "badge_shape=p"))

    page.keyboard.press("Control+z")
    expect(preset(page, "Glass")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Undo").click()
    expect(preset(page, "Classic")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(line(page)).to_have_text(re.compile(r"tt0017136\.jpg$"))
    page.get_by_role("button", name="Redo").click()
    page.keyboard.press("Control+Shift+Z")

    expect(preset(page, "Pills")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


def test_languages_are_chosen_from_a_list(page: Page) -> None:
    page.goto("/configure")
    group = page.locator('[data-group="picture"]')
    group.locator("summary").click()
    add = group.get_by_label("Languages")

    for language in ("German", "Original language"):
        add.select_option(label=language)

    expect(line(page)).to_have_text(re.compile(r"\?lang=de,original$"))
    no_axe_violations(page)
    group.get_by_role("button", name="Remove German").click()
    expect(line(page)).to_have_text(re.compile(r"\?lang=original$"))
    expect(add).to_be_focused()


def test_the_other_pictures_of_the_title_lead_to_their_kind(page: Page) -> None:
    page.goto("/configure")
    others = page.get_by_role("group", name="Other pictures of this title")
    expect(others.locator("img[src^='blob:']")).to_have_count(2, timeout=LOADED_MS)

    others.get_by_role("button", name="Backdrop").click()

    expect(page.get_by_role("tab", name="Backdrop")).to_have_attribute("aria-selected", "true")
    expect(others.get_by_role("button")).to_have_text(["Poster", "Logo"])


def test_of_a_series_that_is_chosen_an_episode_is_shown_as_well(page: Page) -> None:
    page.goto("/configure")

    page.get_by_role("combobox", name="Title").fill("vampires")
    page.keyboard.press("Enter")

    others = page.get_by_role("group", name="Other pictures of this title")
    expect(others.get_by_role("button")).to_have_text(["Backdrop", "Logo", "Episode"])
    others.get_by_role("button", name="Episode").click()
    expect(line(page)).to_have_text(re.compile(r"/tmdb/episode-default/episode-91501-S1E1\.jpg$"))


def test_the_sources_are_numbered_as_the_picture_shows_them(page: Page) -> None:
    page.goto("/configure")  # MyAnimeList is first, and has no rating of Metropolis
    page.locator('[data-group="ratings"] summary').click()

    def rank(site: str) -> Locator:
        return page.locator(f'.order li[data-site="{site}"] .rank')

    expect(rank("mal")).to_have_text("–")
    for place, site in enumerate(("imdb", "lb", "rt"), 1):
        expect(rank(site)).to_have_text(str(place))
    expect(page.locator(".order .first")).to_have_count(3)


def test_the_bar_shows_each_field_of_a_client(page: Page, site: Site) -> None:
    page.goto("/configure?poster.badge_shape=p")

    page.get_by_label("Client", exact=True).select_option(label="AIOStreams")
    expect(line(page)).to_have_text("badge_shape=p")
    page.get_by_label("Field", exact=True).select_option(label="Base URL")

    expect(line(page)).to_have_text(site.url)
    expect(page.get_by_role("tab", name="AIOStreams")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Nuvio").click()
    expect(page.get_by_label("Client", exact=True)).to_have_value("nuvio")
    preset(page, "Classic").click()
    page.get_by_label("Client", exact=True).select_option(label="Jellyfin")
    expect(line(page)).to_have_text("Leave this field empty.")
    expect(page.get_by_role("region", name="Copy").get_by_role("button", name="Copy")).to_be_disabled()
