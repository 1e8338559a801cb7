"""What holds for all pages: nothing in them is run that we did not write, and nothing is told that is not theirs."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.web.assets import STATIC
from tests.web.browser import Screenshot, Watch, in_every_look, no_axe_violations, no_sideways_scrolling
from tests.web.site import ADMIN, PASSWORD, Key, Site

SignIn = Callable[[Key], None]

PAGES = ("/", "/configure", "/design", "/key", "/admin", "/docs", "/docs/clients")
EVIL = "<img src=x onerror=alert(1)>"
TEMPLATES = sorted(STATIC.with_name("templates").rglob("*.html"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
WANTS_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def policy(site: Site) -> str:
    content = site.content_url
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' blob: data: {content}; connect-src 'self' {content}; font-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    "path", ["/", "/configure", "/design", "/key", "/admin", "/docs", "/docs/clients", "/docs/api", "/nonsense"]
)
def test_a_page_lets_nothing_in_that_is_not_ours(site: Site, path: str) -> None:
    answer = site.ask("GET", path, headers=WANTS_PAGE)

    assert policy(site) == answer.headers["Content-Security-Policy"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert "no-referrer" == answer.headers["Referrer-Policy"]
    assert "DENY" == answer.headers["X-Frame-Options"]
    assert "same-origin" == answer.headers["Cross-Origin-Opener-Policy"]
    assert answer.headers["Cache-Control"] in {"no-cache", "no-store", "public, max-age=300"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.name))
def test_a_template_has_no_script_and_no_style_of_its_own(template: Path) -> None:
    text = template.read_text()

    found = re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    found += [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag and "application/json" not in tag]
    assert [] == found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.name))
def test_a_script_makes_no_markup_of_texts(script: Path) -> None:
    text = script.read_text()

    assert [] == re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)


def test_the_cookie_is_out_of_reach_for_scripts_and_for_other_sites(site: Site, page: Page) -> None:
    site.make_admin()

    answer = site.ask("POST", "/api/auth/login", {"username": ADMIN, "password": PASSWORD})

    words = {word.strip() for word in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/api/auth"} <= words
    page.goto("/admin")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_be_visible()
    assert "" == page.evaluate("document.cookie")
    stored = page.evaluate("({ ...localStorage, ...sessionStorage })")
    assert stored in ({}, {"first-picture-awaited": ""})  # a step of the first run, which may be shown by now


def test_the_cookie_alone_changes_nothing(site: Site) -> None:
    key = site.make_key()
    cookie = {"Cookie": f"refresh_token={site.key_cookie(key)}"}

    answers = [
        site.ask("POST", "/api/key/me/share", {}, headers=cookie),
        site.ask("PUT", "/api/key/me/settings", {}, headers=cookie),
        site.ask("DELETE", "/api/key/me/settings", headers=cookie),
    ]

    assert [401, 401, 401] == [answer.status for answer in answers]


def test_a_holder_is_not_let_into_what_belongs_to_others(site: Site) -> None:
    ours, theirs = site.make_key(), site.make_key()
    token = site.key_token(ours)

    statuses = {
        site.ask("GET", path, token=token).status
        for path in ("/api/keys", f"/api/keys/{theirs.id}", f"/api/keys/{theirs.id}/settings", "/api/admin/audit")
    }

    assert {403} == statuses


@in_every_look
def test_an_unknown_page_helps_people_back(page: Page, watch: Watch, screenshot: Screenshot) -> None:
    watch.allow(404)

    answer = page.goto(f"/nonsense?{EVIL}")

    assert answer is not None
    assert 404 == answer.status
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("not found")
    page.get_by_role("link", name="Back to the home page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your posters, with their ratings")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/nonsense", {}),
        ("/nonsense", {"Accept": "image/avif,image/webp,*/*"}),
        ("/api/nonsense", WANTS_PAGE),
        ("/c/nonsense", WANTS_PAGE),
        (f"/{'0' * 64}/nonsense", WANTS_PAGE),
        (f"/h.{'0' * 32}/nonsense", WANTS_PAGE),
        ("/t0-free-rpdb/imdb/poster-default/tt0017136/more", WANTS_PAGE),
    ],
)
def test_a_program_at_an_unknown_address_reads_json(site: Site, path: str, headers: dict[str, str]) -> None:
    answer = site.ask("GET", path, headers=headers)

    assert (404, "application/json") == (answer.status, answer.headers["Content-Type"])
    assert {"error"} == answer.json.keys()


def test_texts_go_compressed_to_those_who_can_read_them(site: Site) -> None:
    page = site.ask("GET", "/").body.decode()
    style = next(iter(re.findall(r"/static/[0-9a-f]+/style\.css", page)))

    plain, pressed = site.ask("GET", style), site.ask("GET", style, headers={"Accept-Encoding": "br, gzip"})

    assert "Accept-Encoding" == plain.headers["Vary"] == pressed.headers["Vary"]
    assert (None, "gzip") == (plain.headers.get("Content-Encoding"), pressed.headers["Content-Encoding"])
    assert plain.body == gzip.decompress(pressed.body)
    assert "public, max-age=31536000, immutable" == pressed.headers["Cache-Control"]
    assert "gzip" == site.ask("GET", "/", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"]


def test_the_name_of_a_key_stays_a_text_for_its_holder(site: Site, page: Page, sign_in_key: SignIn) -> None:
    sign_in_key(site.make_key(EVIL))

    page.goto("/key")

    expect(page.get_by_role("heading", level=1)).to_have_text(EVIL)
    expect(page.locator("#who")).to_contain_text(EVIL)


def test_the_name_of_a_key_stays_a_text_for_admins(site: Site, page: Page, sign_in_admin: Callable[[], None]) -> None:
    site.make_key(EVIL)
    sign_in_admin()

    page.goto("/admin#keys")
    expect(page.locator("#keys-list").get_by_text(EVIL).first).to_be_visible()
    page.goto("/admin#audit")
    expect(page.locator("#audit-list").get_by_text(EVIL).first).to_be_visible()


def test_the_search_for_keys_stays_a_text(page: Page, sign_in_admin: Callable[[], None]) -> None:
    sign_in_admin()
    page.goto("/admin#keys")

    page.locator("#keys-q").fill(f"none such {EVIL}")

    expect(page.locator("#keys-list").get_by_role("status")).to_contain_text(EVIL)


def test_the_name_of_a_title_stays_a_text(site: Site, page: Page, sign_in_admin: Callable[[], None]) -> None:
    site.until_drawn(site.picture())
    site.until_listed("tt0017136")
    sign_in_admin()

    site.write("UPDATE titles SET name = $1 || name", EVIL)
    try:
        page.goto("/admin#pictures")

        expect(page.locator("#pictures-list").get_by_text(EVIL).first).to_be_visible()
    finally:
        site.write("UPDATE titles SET name = replace(name, $1, '')", EVIL)


def test_a_name_that_no_profile_may_have_stays_a_text(
    site: Site, page: Page, watch: Watch, sign_in_key: SignIn
) -> None:
    watch.allow(400)
    key = site.make_key()
    site.api("PUT", "/api/key/me/profiles/cinema", {"kind": "poster", "settings": {}}, token=site.key_token(key))
    sign_in_key(key)
    page.goto("/key")

    page.get_by_role("button", name="Rename cinema").click()
    page.get_by_label("New name").fill(EVIL)
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("A profile name has")


def test_the_title_in_the_address_of_the_configurator_stays_a_text(page: Page, watch: Watch) -> None:
    watch.allow(400)

    page.goto(f"/configure?id={EVIL}&poster.lang={EVIL}&kind={EVIL}")

    expect(page.get_by_role("combobox", name="Title")).to_have_value(EVIL)
