"""The admin panel, in a real browser: each section by clicking."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from redis import Redis

from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import RenderJob, encode_message
from shared.queue.redis_keys import DEAD_STREAM
from shared.settings.digest import SettingsHash
from tests.waiting import eventually
from tests.web.browser import (
    Screenshot,
    Watch,
    copied_by,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
    pictures_are_there,
)
from tests.web.site import ADMIN, PASSWORD, Site

SITE = {"FREE_KEY_ENABLED": ""}
SECTIONS = ("overview", "keys", "settings", "presets", "pictures", "dead-letters", "prewarm", "audit", "admins")
MARKUP = '<img src=x onerror="document.title=1"><b>bold</b>'
HEDY, FREQUENCY = "hedy", "frequency-hopping"
DRAWN_MS = 60_000

SignIn = Callable[[], None]


def title_of(page: Page) -> str:
    return page.locator(".sections > section:not([hidden]) h1").inner_text()


CLIENTS = [
    {"name": "A browser", "kind": "logo", "method": "GET", "at": "2026-11-30T12:00:02Z", "age_s": 1},
    {"name": "AIOMetadata", "kind": "poster", "method": "HEAD", "at": "2026-11-30T12:00:00Z", "age_s": 3},
]


def opened(page: Page, name: str) -> Locator:
    """Open a section, and return it once it has read what it shows."""
    page.goto(f"/admin#{name}")
    section = page.locator(f"#section-{name}")
    expect(section).to_be_visible()
    expect(section.locator(".reading")).to_have_count(0)
    return section


def is_red(button: Locator) -> bool:
    """Return whether a button looks as if it destroyed something: in both schemes, red is far above blue."""
    red, _, blue = button.evaluate("button => getComputedStyle(button).backgroundColor.match(/\\d+/g).map(Number)")
    return bool(red > blue)


def change(page: Page) -> None:
    """Agree to change the global settings."""
    page.get_by_role("button", name="Change them").click()


@pytest.fixture
def hedy(site: Site) -> Iterator[None]:
    """An admin whose password may be changed."""
    with site.another_admin(HEDY, FREQUENCY):
        yield


@pytest.fixture(scope="module")
def drawn(site: Site) -> str:
    """A key whose poster of Metropolis is stored."""
    key = site.make_key("drawn for all")
    site.until_drawn(site.picture(key=key.key))
    site.until_listed("tt0017136")
    return key.key


@in_every_look
@pytest.mark.usefixtures("drawn")
def test_every_section_can_be_read_by_everybody(page: Page, sign_in_admin: SignIn, screenshot: Screenshot) -> None:
    sign_in_admin()
    for section in SECTIONS:
        opened(page, section)
        if section == "pictures":
            pictures_are_there(page.locator(".picture img"))
        no_axe_violations(page)
        no_sideways_scrolling(page)
        page.evaluate("scrollTo(0, 0)")
        screenshot(section)


def test_bookmarks_with_earlier_names_open_their_sections(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()

    for earlier, heading in (("look", "Global settings"), ("letters", "Dead letters"), ("warm", "Prewarm")):
        page.goto(f"/admin#{earlier}")
        expect(page.locator(".sections > section:not([hidden]) h1")).to_have_text(heading)


def test_the_panel_asks_who_it_is_and_opens_what_was_asked_for(page: Page, site: Site) -> None:
    site.make_admin()
    page.goto("/admin#audit")
    expect(page.locator("#admin")).to_be_hidden()

    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(page.locator("#audit-list")).to_contain_text("signed in")


def test_sections_have_addresses_and_the_way_back_leads_back(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "overview")
    page.get_by_role("link", name="Keys", exact=True).click()
    expect(page.get_by_role("heading", name="Keys")).to_be_focused()
    page.get_by_role("link", name="Prewarm").click()
    expect(page.get_by_role("heading", name="Prewarm", exact=True)).to_be_visible()

    page.go_back()

    expect(page.locator("#section-keys")).to_be_visible()
    expect(page.locator('.side a[aria-current="page"]')).to_have_text("Keys")
    assert ("Keys", "Keys – Admin – Marquee") == (title_of(page), page.title())


@on_screen_and_phone
def test_the_first_steps_end_with_the_first_picture(page: Page, sign_in_admin: SignIn, screenshot: Screenshot) -> None:
    now = {"keys": 0, "requests": 0}

    def tell(route: Route) -> None:
        answer = route.fetch()
        stats = answer.json()
        stats["keys"]["all"] = now["keys"]
        stats["requests"]["by_day"] = [{"day": "2026-11-30", "requests": now["requests"]}]
        stats["clients"] = CLIENTS[: now["requests"]]
        route.fulfill(response=answer, json=stats)

    page.route("**/api/admin/stats", tell)
    sign_in_admin()
    opened(page, "overview")
    steps = page.locator("#first-steps")
    expect(steps).to_contain_text("Create your first key")
    expect(steps).to_contain_text("Waiting for a client")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    page.evaluate("scrollTo(0, 0)")
    screenshot("first steps")

    now |= {"keys": 1, "requests": 3}

    expect(steps.get_by_role("heading", name="It works")).to_be_visible()
    expect(steps).to_contain_text("AIOMetadata found its first poster 3 s ago. 3 requested so far.")
    expect(steps.locator(".done")).to_have_count(5)
    expect(page.locator("#overview-stored")).to_contain_text("A browser, AIOMetadata")
    page.evaluate("scrollTo(0, 0)")
    screenshot("it works")


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("keys/new", "New key"),
        ("presets/new", "New preset"),
        ("pictures/purge", "Purge"),
        ("admins/new", "New admin"),
        ("admins/password", "Change your password"),
    ],
)
def test_a_dialog_has_an_address_and_the_way_back_closes_it(
    page: Page, site: Site, sign_in_admin: SignIn, address: str, heading: str
) -> None:
    sign_in_admin()
    opened(page, "audit")
    page.goto(f"/admin#{address}")
    expect(page.get_by_role("dialog").get_by_role("heading", name=heading)).to_be_visible()

    page.go_back()

    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#section-audit")).to_be_visible()
    page.go_forward()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page).to_have_url(f"{site.url}/admin#{address.partition('/')[0]}")


def test_the_way_back_also_closes_what_a_dialog_asks(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    key = site.make_key("left")
    sign_in_admin()
    opened(page, "audit")
    page.goto(f"/admin#keys/{key.id}")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("dialog.ask")).to_be_visible()

    page.go_back()

    expect(page.locator("dialog")).to_have_count(0)
    assert key.id in [each["id"] for each in site.api("GET", "/api/keys?q=left", token=site.make_admin())["keys"]]


def test_a_key_without_quota_and_the_hour_of_its_last_use_are_listed(
    page: Page, site: Site, sign_in_admin: SignIn
) -> None:
    key, token = site.make_key("all used up", monthly_limit=1), site.make_admin()
    site.ask("GET", site.picture(key=key.key))
    assert eventually(lambda: site.api("GET", f"/api/keys/{key.id}", token=token)["last_used_at"] is not None)
    site.write("UPDATE api_keys SET last_used_at = now() - interval '3 hours 20 minutes' WHERE id = $1", int(key.id))
    sign_in_admin()

    opened(page, "keys").get_by_label("Search").fill("all used up")

    row = page.locator("#keys-list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("quota used up")
    expect(row).to_contain_text("about 3 hours ago")


def test_the_figures_of_a_chart_can_be_read_as_a_table(
    page: Page, site: Site, sign_in_admin: SignIn, drawn: str
) -> None:
    site.ask("GET", site.picture(key=drawn))
    sign_in_admin()
    opened(page, "overview")
    requests = page.locator("figure", has_text="Requests")

    def counted() -> bool:
        page.wait_for_timeout(500)
        page.reload()
        expect(page.locator("#overview-tiles .tile")).to_have_count(6)
        return requests.locator("svg").count() > 0

    assert any(counted() for _ in range(60)), "the gateway never told what it counted"
    assert re.search(r"Requests: \d+ answered", requests.locator("svg").get_attribute("aria-label") or "")
    requests.get_by_text("As a table").click()
    expect(requests.locator("tbody tr")).to_have_count(48)


def test_the_labels_of_a_chart_keep_their_size_at_every_width(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "overview")
    module = page.locator("script[src$='admin.js']").evaluate("script => new URL('admin-charts.js', script.src).href")
    page.evaluate(
        """async (module) => {
            const { barChart } = await import(module);
            const series = [{ name: "answered", values: [1, 2, 3, 4] }];
            const chart = barChart({ title: "Sizes", labels: ["a", "b", "c", "d"], series, summary: "four" });
            document.querySelector("#overview-charts").after(chart);
        }""",
        module,
    )
    drawing = page.locator("figure", has_text="Sizes").locator("svg")

    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for _ in range(2):  # a resize is observed before the second frame
            page.evaluate("() => new Promise(requestAnimationFrame)")
        shown = drawing.evaluate(
            """(svg) => {
                const size = parseFloat(getComputedStyle(svg.querySelector("text")).fontSize);
                return (size * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width;
            }"""
        )
        assert pytest.approx(11, abs=0.2) == shown


def test_a_picture_of_settings_without_a_link_says_what_they_are(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "pictures")
    module = page.locator("script[src$='admin.js']").evaluate(
        "script => new URL('admin-picture-list.js', script.src).href"
    )

    words = page.evaluate("async (module) => (await import(module)).lookWords(null)", module)

    assert words == "a design, or settings of a newer version"


@on_screen_and_phone
def test_a_key_is_made_shown_once_changed_and_deleted(
    page: Page, site: Site, sign_in_admin: SignIn, screenshot: Screenshot
) -> None:
    sign_in_admin()
    keys, box = opened(page, "keys"), page.get_by_role("dialog")
    page.get_by_role("button", name="New key").click()
    box.get_by_label("Name").fill("Bedroom")
    box.get_by_label("Pictures per month").fill("50")
    box.get_by_role("button", name="Create key").click()
    expect(page.get_by_text("Copy them now.")).to_be_visible()
    no_axe_violations(page)
    secret = box.get_by_role("textbox", name="Key Signs in").input_value()
    assert (64, secret) == (len(secret), copied_by(page, page.get_by_role("button", name="Copy the key")))
    assert site.ask("GET", f"/{secret}/isValid").status == 200
    page.get_by_role("button", name="I’ve saved them").click()

    keys.get_by_label("Search").fill("bedr")
    expect(keys.get_by_role("status")).to_have_text("1 key matching “bedr”.")  # the rows are new ones now
    page.get_by_role("button", name="Open Bedroom").click()
    expect(page).to_have_url(re.compile(r"#keys/\d+$"))
    assert secret not in page.content()
    no_axe_violations(page)
    screenshot("key")
    box.get_by_label("Name").fill(f"Attic {MARKUP}")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_role("heading", name="Attic")).to_have_text(f"Attic {MARKUP}")
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("dialog .chip.bad")).to_have_text("disabled")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("dialog .chip.good")).to_have_text("active")
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("dialog .chip.bad")).to_have_text("disabled")
    site.until_refused(f"/{secret}/isValid")

    box.get_by_role("button", name="Delete").click()
    expect(page.locator("dialog.ask")).to_contain_text("0 profiles and usage")
    page.get_by_role("button", name="Delete it").click()

    expect(page.locator("dialog")).to_have_count(0)
    keys.get_by_label("Search").fill("attic")
    expect(page.locator("#keys-list")).to_contain_text("No key has “attic”")
    expect(page).to_have_url(re.compile(r"#keys$"))
    assert page.title().startswith("Keys")


def test_a_new_share_form_takes_the_place_of_the_old_one(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    key = site.make_key("shared")
    sign_in_admin()
    page.goto(f"/admin#keys/{key.id}")
    page.get_by_role("button", name="Replace the read-only key").click()
    page.get_by_role("button", name="Replace it").click()

    share = page.get_by_role("textbox", name="Read-only key").input_value()

    assert (34, True) == (len(share), share != key.share)
    site.until_refused(f"/{key.share}/isValid")
    assert site.ask("GET", f"/{share}/isValid").status == 200


def test_a_list_is_turned_over(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    for number in range(101):
        site.make_key(f"many {number:03d}")
    sign_in_admin()
    keys = opened(page, "keys")
    keys.get_by_label("Search").fill("many")
    expect(page.locator("#keys-list tbody tr")).to_have_count(100)

    page.get_by_role("button", name="Next").click()

    expect(page.locator("#keys-list tbody tr")).to_have_count(1)
    expect(page.locator("#keys-list")).to_contain_text("many 100")
    keys.get_by_label("Search").fill("many 00")
    expect(page.locator("#keys-list tbody tr")).to_have_count(10)


def test_what_somebody_named_is_never_markup(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    site.make_key(MARKUP)
    sign_in_admin()
    opened(page, "keys").get_by_label("Search").fill("bold")
    expect(page.locator("#keys-list").get_by_text(MARKUP).first).to_be_visible()
    opened(page, "audit")
    expect(page.locator("#audit-list").get_by_text(f"name: {MARKUP}").first).to_be_visible()
    assert (0, 0) == (page.locator(".list b").count(), page.locator(".list img[src=x]").count())


@on_screen_and_phone
@pytest.mark.usefixtures("drawn", "restored")
def test_global_settings_come_from_a_link_and_are_removed_one_by_one(
    page: Page, site: Site, sign_in_admin: SignIn, screenshot: Screenshot
) -> None:
    sign_in_admin()
    opened(page, "settings")
    posters = page.locator(".settings-kinds section", has_text="Posters")
    posters.get_by_role("textbox").fill(
        "https://somewhere.example/configure?kind=poster&ratings_limit=4&ratings_order=imdb,rt&blur=1"
    )
    posters.get_by_role("button", name="Apply").click()
    keys = site.api("GET", "/api/admin/stats", token=site.make_admin())["keys"]["all"]
    expect(page.get_by_role("dialog")).to_contain_text(f"This changes them for {keys} key")
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"\d+ stored posters? will be drawn again"))
    screenshot("look-asked")
    assert not is_red(page.get_by_role("button", name="Change them"))
    change(page)
    expect(posters.locator(".chip")).to_have_count(3)
    screenshot("look-chosen")

    posters.get_by_role("button", name="Remove blur").click()
    change(page)

    expect(posters.locator(".chip")).to_have_count(2)
    chosen = site.api("GET", "/api/admin/settings", token=site.make_admin())["settings"]["poster"]
    assert {"ratings_limit": 4, "ratings_order": ["imdb", "rt"]} == chosen
    posters.get_by_role("button", name="Remove all").click()
    change(page)
    expect(posters.locator(".chip")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(posters.locator(".chip")).to_have_count(2)
    kept = site.api("GET", "/api/admin/settings", token=site.make_admin())["settings"]["poster"]
    assert chosen == kept


def test_a_look_that_cannot_be_is_refused_in_a_sentence(page: Page, sign_in_admin: SignIn, watch: Watch) -> None:
    watch.allow(400)
    sign_in_admin()
    opened(page, "settings")
    logos = page.locator(".settings-kinds section", has_text="Logos")

    for text, words in (("ratings_limit=99", "ratings_limit"), ("position=tl", "no picture parameters")):
        logos.get_by_role("textbox").fill(text)
        logos.get_by_role("button", name="Apply").click()
        if "limit" in text:
            change(page)
        expect(logos.get_by_role("alert")).to_contain_text(words)

    expect(logos.locator(".chip")).to_have_count(0)


@pytest.mark.usefixtures("restored")
def test_the_free_key_is_switched(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "settings")
    switch = page.get_by_role("switch", name="The free key")

    def is_on() -> bool:
        return bool(site.api("GET", "/api/admin/settings", token=site.make_admin())["free_key"]["enabled"])

    switch.click()
    expect(page.get_by_text("The free key is enabled.")).to_be_visible()
    assert is_on()
    switch.click()
    expect(page.get_by_role("dialog")).to_contain_text("no requests this month")
    page.get_by_role("button", name="Disable it").click()
    expect(page.get_by_text("The free key is disabled.")).to_be_visible()
    expect(switch).not_to_be_checked()
    assert not is_on()
    page.get_by_role("button", name="Undo").last.click()
    expect(switch).to_be_checked()
    assert is_on()


@on_screen_and_phone
def test_a_title_is_always_drawn_on_the_picture_that_an_admin_chooses(
    page: Page, site: Site, drawn: str, sign_in_admin: SignIn, screenshot: Screenshot
) -> None:
    def drawn_on() -> str:
        return site.ask("GET", site.picture(key=drawn)).headers["Location"]

    automatic, german = drawn_on(), site.ask("GET", f"{site.picture(key=drawn)}?art=metropolis-poster-de.jpg")
    sign_in_admin()
    pictures = opened(page, "pictures")
    pictures.get_by_label("Kind").select_option("poster")
    pictures.get_by_label("Search").fill("tt0017136")
    pictures.get_by_role("button", name="Metropolis").first.click()
    box = page.get_by_role("dialog")
    box.get_by_role("button", name="Show this title").click()
    expect(box.locator(".strip img[src]")).to_have_count(8, timeout=2 * DRAWN_MS)
    choice = box.get_by_role("button", name=re.compile("^German, TMDB, metropolis-poster-de.jpg"))
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")

    box.get_by_role("button", name="Always use this for everybody").click()

    expect(box).to_contain_text("Always used for everybody: metropolis-poster-de.jpg")
    assert eventually(lambda: drawn_on() == german.headers["Location"])
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("pinned")
    box.get_by_role("button", name="Stop always using it").click()
    expect(box).not_to_contain_text("Always used for everybody")
    assert eventually(lambda: drawn_on() == automatic)


@on_screen_and_phone
@pytest.mark.usefixtures("drawn")
def test_a_picture_is_found_explained_and_drawn_anew(page: Page, sign_in_admin: SignIn, screenshot: Screenshot) -> None:
    sign_in_admin()
    pictures = opened(page, "pictures")
    pictures.get_by_label("Kind").select_option("poster")
    pictures.get_by_label("Search").fill("tt0017136")
    pictures.get_by_role("button", name=re.compile("Metropolis.*default look")).first.click()
    box = page.get_by_role("dialog")
    expect(page).to_have_url(re.compile(r"/admin#pictures/[0-9a-f]{32}/movie-19\.jpg$"))
    expect(box.get_by_role("link", name="Use this look")).to_have_attribute(
        "href", "/configure?id=tt0017136&kind=poster"
    )
    expect(box.get_by_role("heading", name="Metropolis")).to_be_visible()
    expect(box).to_contain_text("IMDb")
    expect(box).to_contain_text("its ratings have settled")
    no_axe_violations(page)
    screenshot("picture")

    box.get_by_role("button", name="Redraw").click()

    expect(page.get_by_text("Redrawn.")).to_be_visible(timeout=DRAWN_MS)
    pictures_are_there(box.locator("img"))
    page.reload()  # the address opens it again
    expect(box.get_by_role("heading", name="Metropolis")).to_be_visible()


def test_a_title_is_purged(page: Page, site: Site, sign_in_admin: SignIn) -> None:
    key = site.make_key("purged")
    site.until_drawn(site.picture("tt0013442.jpg", key=key.key))
    site.until_listed("tt0013442")
    sign_in_admin()
    pictures = opened(page, "pictures")
    page.get_by_role("button", name="Purge…").click()
    page.get_by_label("A title").fill("tt0013442")
    page.get_by_role("button", name="Purge the title").click()
    expect(page.locator("dialog.ask")).to_contain_text("Purge 1 stored picture of tt0013442?")
    assert is_red(page.get_by_role("button", name="Purge", exact=True))
    page.get_by_role("button", name="Purge", exact=True).click()

    expect(page.locator("#purges tbody tr").first).to_contain_text("done", timeout=DRAWN_MS)

    pictures.get_by_label("Search").fill("tt0013442")
    expect(page.locator("#pictures-list")).to_contain_text("No stored picture matches")


@on_screen_and_phone
def test_dead_letters_are_tried_again_and_dropped(
    page: Page, site: Site, sign_in_admin: SignIn, screenshot: Screenshot
) -> None:
    job = RenderJob(settings_hash=SettingsHash("ab" * 16), title=ExternalId(IdType.IMDB, 17136))
    with Redis.from_url(site.pair.stores.redis_url) as redis:
        redis.xadd(DEAD_STREAM, {"job": encode_message(job), "reason": "source_timeout: no answer", "tries": 3})
        redis.xadd(DEAD_STREAM, {"job": b"junk", "reason": MARKUP, "tries": 1})
    sign_in_admin()
    opened(page, "dead-letters")
    expect(page.locator("#dead-letters-count")).to_contain_text("2")
    expect(page.locator(".reason").first).to_have_text(MARKUP)
    screenshot("dead-letters-two")

    page.get_by_role("button", name="Retry imdb:tt0017136").click()
    expect(page.locator("#dead-letters-list tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Drop").click()
    page.get_by_role("button", name="Drop it").click()

    expect(page.locator("#dead-letters-list")).to_contain_text("No dead letters")
    expect(page.locator("#dead-letters-count")).to_be_hidden()


@on_screen_and_phone
def test_a_prewarm_run_is_followed_to_its_end(page: Page, sign_in_admin: SignIn, screenshot: Screenshot) -> None:
    sign_in_admin()
    opened(page, "prewarm")
    page.get_by_label("Titles").fill("tt0018455\ntt0010323, tt0015324\nnonsense")
    page.get_by_label("Pace").fill("20")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#prewarm-bad")).to_contain_text("Line 4")

    expect(page.locator("#prewarm-state")).to_contain_text("It is done.", timeout=DRAWN_MS)

    expect(page.locator("#prewarm-state")).to_contain_text("3 of 3 done: 3 drawn or already up to date")
    screenshot("prewarm-done")


def test_a_prewarm_run_is_stopped(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "prewarm")
    page.get_by_role("button", name="Fill in twelve old films").click()
    page.get_by_label("Pace").fill("0.1")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop it").click()

    expect(page.locator("#prewarm-state")).to_contain_text("It was stopped.")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def test_an_admin_is_made_and_removed(page: Page, sign_in_admin: SignIn) -> None:
    sign_in_admin()
    opened(page, "admins")
    box = page.get_by_role("dialog")
    page.get_by_role("button", name="New admin").click()
    box.get_by_label("Name").fill("grace")
    box.get_by_label("Password").fill("compilers-1952")
    page.get_by_role("button", name="Create admin").click()
    expect(page.locator("#admins-list tbody tr")).to_have_count(2)

    page.get_by_role("button", name="Remove grace").click()
    page.get_by_role("button", name="Remove", exact=True).click()

    expect(page.locator("#admins-list tbody tr")).to_have_count(1)
    expect(page.locator("#admins-list")).to_contain_text("you, the only one")


@pytest.mark.usefixtures("hedy")
def test_a_wrong_password_is_said_and_a_right_one_changed(page: Page, site: Site, watch: Watch) -> None:
    watch.allow(403)
    page.goto("/admin#admins")
    page.get_by_label("Name").fill(HEDY)
    page.get_by_label("Password").fill(FREQUENCY)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Change password").click()
    page.get_by_label("Current password").fill("wrong one")
    page.get_by_label("New password").fill("spread-spectrum")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("The old password is wrong.")

    page.get_by_label("Current password").fill(FREQUENCY)
    page.get_by_role("button", name="Change", exact=True).click()

    expect(page.get_by_text("Password changed.")).to_be_visible()
    site.api("POST", "/api/auth/login", {"username": HEDY, "password": "spread-spectrum"})


def test_a_list_that_cannot_be_read_says_so_and_stays(page: Page, sign_in_admin: SignIn, watch: Watch) -> None:
    watch.allow(503)
    sign_in_admin()
    keys = opened(page, "keys")
    rows = page.locator("#keys-list tbody tr").count()
    page.route("**/api/keys?*", lambda route: route.fulfill(status=503, json={"error": "The database is away."}))

    keys.get_by_label("Search").fill("a")

    expect(page.locator("#said .bad")).to_have_text("The database is away.")
    expect(page.locator("#keys-list tbody tr")).to_have_count(rows)


def test_settings_of_a_key_leave_as_a_file_and_another_key_takes_them(
    page: Page, site: Site, sign_in_admin: SignIn, screenshot: Screenshot, tmp_path: Path
) -> None:
    one, other = site.make_key("Living room"), site.make_key("Cellar")
    sign_in_admin()
    page.goto(f"/admin#keys/{one.id}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a file").click()
    file = json.loads(Path(download.value.path()).read_text())
    (tmp_path / "changed.json").write_text(json.dumps(file | {"settings": {"poster": {"position": "tl"}}}))
    (tmp_path / "other.json").write_text("<html>")

    page.goto(f"/admin#keys/{other.id}")
    screenshot("settings-file")
    chooser = page.get_by_label("File with settings")
    chooser.set_input_files(tmp_path / "other.json")
    expect(page.locator("#said")).to_contain_text("other.json is not a file of settings.")
    chooser.set_input_files(tmp_path / "changed.json")
    page.get_by_role("button", name="Replace them").click()
    expect(page.locator("#said")).to_contain_text("Loaded changed.json into “Cellar”.")
    with page.expect_download() as again:
        page.get_by_role("button", name="Download as a file").click()

    assert "marquee-Living-room.json" == download.value.suggested_filename
    assert {"marquee": 1, "settings": {}, "profiles": {}} == file
    assert {"poster": {"position": "tl"}} == json.loads(Path(again.value.path()).read_text())["settings"]
