"""Choosing a look, in a real browser: controls, preview, addresses and links."""

import base64
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.stack.services import FREE_KEY
from tests.web.browser import (
    Screenshot,
    Watch,
    in_every_look,
    no_axe_violations,
    no_sideways_scrolling,
    on_screen_and_phone,
    open_groups,
    press_on,
    still_box,
)
from tests.web.site import Site

FINISHED = re.compile("HIT|MISS$|STALE")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OWN_SHARE = "h." + "0f" * 16


@pytest.fixture(scope="module", autouse=True)
def art(site: Site) -> None:
    """Have the art of what the page shows fetched beforehand, so that each test waits for a drawing only."""
    for kind in ("poster", "backdrop", "logo"):
        site.until_drawn(site.picture(kind=kind))
    site.until_drawn(site.picture("tt0006206:1:1.jpg", kind="episode"))


def open_only(page: Page, query: str = "") -> None:
    """Open the page with all of its controls, which are closed at first, and do not wait for a picture."""
    page.goto(f"/configure{query}")
    expect(page.locator("#snippet code").first).to_be_visible()
    open_groups(page)


def open_page(page: Page, query: str = "") -> None:
    """Open the page with all of its controls, and wait for its first picture."""
    open_only(page, query)
    until_shown(page)


def until_shown(page: Page) -> None:
    expect(page.locator("#frame")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".state")).to_have_attribute("data-cache", FINISHED)


def open_group(page: Page, name: str) -> Locator:
    """Open a group of controls."""
    group = page.locator(".group").filter(has=page.get_by_role("heading", name=name))
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    return group


def pick(page: Page, group: str, legend: str, choice: str) -> None:
    """Choose one of a few words."""
    field = open_group(page, group).get_by_role("group", name=legend)
    field.get_by_role("radio", name=choice, exact=True).check(force=True)


def name_title(page: Page, text: str) -> None:
    """Write what names a title, and take the first that is found."""
    page.get_by_role("combobox", name="Title").fill(text)
    page.keyboard.press("Enter")


def pick_sample(page: Page, name: str) -> None:
    """Choose one of the titles that are suggested."""
    page.get_by_role("combobox", name="Title").click()
    page.locator(".title-search").get_by_role("option", name=name).click()


def picture(page: Page) -> str:
    return page.locator("#frame img").get_attribute("src") or ""


def until_another(page: Page, before: str) -> None:
    expect(page.locator("#frame img")).not_to_have_attribute("src", before)
    until_shown(page)


def address(page: Page) -> str:
    return page.locator("#snippet code").first.text_content() or ""


def chosen(url: str) -> dict[str, str]:
    """What the query of an address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@in_every_look
def test_a_look_is_shown_at_once(page: Page, screenshot: Screenshot) -> None:
    open_page(page)

    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 580)
    expect(page.locator(".state")).to_contain_text(re.compile(r"580 × 859.*kB.*\d\.\d\d s"))
    no_sideways_scrolling(page)
    screenshot("first")
    for group in ("Badges", "Place", "Picture"):
        open_group(page, group)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("everything")


@on_screen_and_phone
def test_a_choice_changes_picture_address_and_link(page: Page) -> None:
    open_page(page)
    before = picture(page)

    pick(page, "Badges", "Corners", "Pill")

    until_another(page, before)
    expect(page.locator("#snippet code").first).to_have_text(re.compile(r"tt0017136\.jpg\?badge_shape=p$"))
    assert {"poster.badge_shape": "p"} == chosen(page.url)


def test_the_address_leads_to_the_picture_that_was_seen(page: Page, site: Site) -> None:
    seen: list[str] = []
    page.on("response", lambda answer: seen.append(answer.url))

    open_page(page, "?position=tl&split=true&ratings_limit=4&edge_inset=5")

    assert address(page).startswith(f"{site.url}/{FREE_KEY}/imdb/poster-default/tt0017136.jpg?")
    assert site.ask("GET", address(page)).headers["Location"] in seen


LINKS = {
    "": {},
    "?poster.position=tl&poster.split=true": {"position": "tl", "split": "true"},
    "?position=TL&split=1&position_=x": {"position": "tl", "split": "true"},
    "?poster.position=zz&poster.ratings_limit=11&poster.unheard=1&poster.lang=%3Cb%3E&backdrop.split=true": {},
    "?poster.edge_inset=10": {"edge_inset": "10"},
    "?poster.edge_inset_x=3&poster.edge_inset=10": {"edge_inset_x": "3", "edge_inset_y": "10"},
    "?poster.ratings_order=rt,imdb,nobody": {"ratings_order": "rt,imdb"},
    "?poster.ratings_order=mal,imdb": {},
    "?poster.ratings_exclude=mal,lb&poster.lang=pt-BR": {"ratings_exclude": "mal,lb", "lang": "pt-BR"},
    "?poster.ratings_exclude=imdb&poster.ratings_order=mal,lb,imdb": {"ratings_exclude": "imdb"},
    "?poster.position=bc&poster.awards=true&poster.ratings_exclude=,": {},
    "?poster.ratings_order=rt,avg": {"ratings_order": "rt,avg"},
    "?poster.ratings_order=avg&poster.ratings_exclude=imdb,mcu": {"ratings_order": "avg", "ratings_exclude": "imdb"},
    "?poster.ratings_exclude=avg": {},
    "?poster.chips=year,genre,plot&poster.badges=4k,hdr": {"chips": "year,genre", "badges": "4k,hdr"},
    "?poster.badges=1080p,4k,hdr,web,dvd&poster.chips=none": {"badges": "1080p,4k,hdr,web"},
    "?poster.badge_colour=gold&poster.weights=imdb:2,rt:1&poster.badgePos=bottom|left": {
        "badge_colour": "gold",
        "weights": "imdb:2,rt:1",
        "badgePos": "bottom|left",
    },
    "?poster.sash=new,award,unheard&poster.region=DE": {"sash": "new,award", "region": "DE"},
    "?poster.sash=none&poster.age_rating=none&poster.sash_position=tl": {},
}
"""What links of the page say, and what then differs from the usual poster."""

READ = """async (queries) => {
  const script = document.querySelector("script[src$='/configure.js']").src;
  const { PictureSettings } = await import(script.replace("configure.js", "configure-settings.js"));
  const facts = JSON.parse(document.querySelector("#facts").textContent);
  return queries.map((query) => {
    const look = new PictureSettings(facts);
    look.readLink(query, "poster");
    const again = new PictureSettings(facts);
    again.readLink(look.link({}), "poster");
    return [query, Object.fromEntries(look.pairs("poster")), look.link({}) === again.link({})];
  });
}"""


def test_a_link_says_what_differs_and_is_read_again(page: Page) -> None:
    open_only(page)

    read = page.evaluate(READ, list(LINKS))

    assert [[query, said, True] for query, said in LINKS.items()] == read


def test_a_link_is_brought_to_its_normal_form(page: Page) -> None:
    open_only(page, "?position=TL&split=1&nothing=x")

    assert {"poster.position": "tl", "poster.split": "true"} == chosen(page.url)
    assert {"position": "tl", "split": "true"} == chosen(address(page))


def test_a_link_restores_the_controls(page: Page) -> None:
    open_only(page, "?kind=backdrop&backdrop.position=bl&backdrop.ratings_exclude=imdb&backdrop.ratings_limit=2")

    expect(page.get_by_role("tab", name="Backdrop")).to_have_attribute("aria-selected", "true")
    place = page.get_by_role("group", name="Position of the badges")
    expect(place.get_by_role("radio", name="Bottom left")).to_be_checked()
    expect(page.get_by_role("switch", name="Show IMDb")).not_to_be_checked()
    expect(page.get_by_label("Maximum ratings")).to_have_value("2")


def test_sources_are_put_in_order_from_the_keyboard(page: Page) -> None:
    open_only(page)
    up = page.get_by_role("button", name="Move Letterboxd up")

    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Letterboxd is now 1 of 14.")).to_be_attached()
    expect(page.get_by_role("button", name="Move Letterboxd down")).to_be_focused()
    expect(page.locator("#snippet code").first).to_have_text(re.compile("ratings_order=lb$"))


def test_labels_are_switched_on_and_put_in_order(page: Page) -> None:
    open_only(page)
    snippet = page.locator("#snippet code").first
    labels = page.locator('[data-group="labels"]')
    if labels.get_attribute("open") is None:
        labels.locator("summary").click()

    labels.get_by_label("Show Award won").check()
    labels.get_by_label("Show New", exact=True).check()
    expect(snippet).to_have_text(re.compile("sash=award,new$"))
    labels.get_by_role("button", name="Move New up").click()
    expect(snippet).to_have_text(re.compile("sash=new,award$"))
    labels.get_by_label("Show Award won").uncheck()
    labels.get_by_label("Show New", exact=True).uncheck()

    expect(snippet).not_to_have_text(re.compile("sash="))


def test_sources_are_put_in_order_by_dragging(page: Page) -> None:
    page.goto("/configure")
    until_shown(page)
    row = open_group(page, "Ratings").locator(".order li")
    expect(row.nth(3)).to_contain_text("Rotten Tomatoes (critics)")

    start = press_on(page, row.nth(3).locator(".grip"))
    expect(row.nth(3)).to_have_class(re.compile("held"))
    page.mouse.move(start["x"] + 10, still_box(row.nth(0))["y"] + 2, steps=15)
    expect(row.first).to_contain_text("Rotten Tomatoes (critics)")
    page.mouse.up()

    expect(page.locator(".order .held")).to_have_count(0)
    expect(row.first).to_contain_text("Rotten Tomatoes (critics)")
    expect(page.locator("#snippet code").first).to_have_text(re.compile("ratings_order=rt$"))


def test_a_source_is_left_out_by_its_switch(page: Page) -> None:
    open_page(page)
    before = picture(page)

    page.get_by_role("switch", name="Show IMDb").uncheck()

    until_another(page, before)
    expect(page.locator("#snippet code").first).to_have_text(re.compile("ratings_exclude=imdb$"))


def test_the_average_is_shown_when_it_is_switched_on(page: Page) -> None:
    open_page(page)
    before = picture(page)
    switch = page.get_by_role("switch", name="Show Average")
    expect(switch).not_to_be_checked()

    for _ in range(11):
        page.get_by_role("button", name="Move Average up").click()
    switch.check()

    until_another(page, before)
    expect(page.locator("#snippet code").first).to_have_text(re.compile("ratings_order=avg$"))
    switch.uncheck()
    expect(page.locator("#snippet code").first).to_have_text(re.compile(r"tt0017136\.jpg$"))


def test_facts_are_shown_in_the_order_in_which_they_are_picked(page: Page) -> None:
    open_page(page)
    before, group = picture(page), open_group(page, "Facts and quality")

    for name in ("Year", "Genre"):
        group.get_by_role("button", name=name, exact=True).click()

    until_another(page, before)
    expect(group.get_by_role("button", name="Year", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#snippet code").first).to_have_text(re.compile("chips=year,genre$"))


def test_no_more_than_four_qualities_are_picked(page: Page) -> None:
    open_only(page, "?poster.badges=4k,dolbyvision,remux")
    group = open_group(page, "Facts and quality")

    group.get_by_role("button", name="Atmos", exact=True).click()

    expect(group.get_by_role("button", name="HDR10+", exact=True)).to_be_disabled()
    group.get_by_role("button", name="4K", exact=True).click()
    expect(group.get_by_role("button", name="HDR10+", exact=True)).to_be_enabled()
    expect(page.locator("#snippet code").first).to_have_text(re.compile("badges=dolbyvision,remux,atmos$"))


@on_screen_and_phone
def test_places_are_clicked_on_the_picture(page: Page, screenshot: Screenshot) -> None:
    open_page(page)
    before = picture(page)
    place = open_group(page, "Place")

    place.locator(".at-tr").click()

    until_another(page, before)
    expect(place.locator("output").first).to_have_text("Top right")
    assert {"position": "tr"} == chosen(address(page))
    screenshot("place")


@pytest.mark.parametrize(("kind", "width"), [("Backdrop", 1920), ("Logo", 780), ("Episode", 780)])
def test_each_kind_has_its_preview(page: Page, watch: Watch, kind: str, width: int, screenshot: Screenshot) -> None:
    watch.allow(404)  # the first sample of an episode is none of the demo's
    open_page(page)
    before = picture(page)

    page.get_by_role("tab", name=kind).click()

    until_another(page, before)
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", width)
    assert f"/{kind.lower()}-default/" in address(page)
    screenshot(kind)


@pytest.mark.parametrize("kind", ["backdrop", "logo"])
def test_what_is_below_the_preview_stays_where_it_is_when_the_other_kinds_come(page: Page, kind: str) -> None:
    held: list[Route] = []
    page.route("**/api/preview/**", lambda route: held.append(route))  # noqa: PLW0108 - a builtin is no handler
    page.set_viewport_size({"width": 1440, "height": 900})
    open_only(page, f"?kind={kind}")
    expect(page.locator(".tab").first).to_be_visible()
    before = still_box(page.locator(".state"))["y"]

    page.route("**/api/preview/**", lambda route: route.continue_())
    for route in held:
        route.continue_()
    until_shown(page)

    expect(page.locator(".other").first).to_be_visible()
    assert before == still_box(page.locator(".state"))["y"]


def test_tabs_are_walked_by_arrow_keys(page: Page) -> None:
    open_only(page)

    page.get_by_role("tab", name="Poster").focus()
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("tab", name="Backdrop")).to_be_focused()
    expect(page.get_by_role("tab", name="Backdrop")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Poster")).to_have_attribute("tabindex", "-1")


def test_another_title_is_shown_by_its_id(page: Page) -> None:
    open_page(page)
    before = picture(page)

    name_title(page, "movie-653")

    until_another(page, before)
    assert "/tmdb/poster-default/movie-653.jpg" in address(page)
    assert {"id": "movie-653"} == chosen(page.url)


@pytest.mark.parametrize(
    ("name", "path", "lines"),
    [
        ("Judex, season 2 1918", "/imdb/poster-default/season-tt0006886-S2.jpg", ['"tt0006886":', "seasons:", "2:"]),
        (
            "The Tramp Collection 1921",
            "/tmdb/poster-default/collection-192101.jpg",
            ["collections:", "tmdb_collection: 192101"],
        ),
    ],
)
def test_a_season_and_a_collection_are_chosen_by_name(
    page: Page, name: str, path: str, lines: list[str], screenshot: Screenshot
) -> None:
    open_page(page)
    before = picture(page)

    pick_sample(page, name)

    until_another(page, before)
    assert path in address(page)
    page.get_by_role("tab", name="Kometa").click()
    snippet = page.locator("#take code").first
    for line in lines:
        expect(snippet).to_contain_text(line)
    screenshot(path.rpartition("/")[2].partition(".")[0])


def test_an_unknown_title_is_said_and_the_old_picture_stays(page: Page, watch: Watch, screenshot: Screenshot) -> None:
    watch.allow(404)
    open_page(page)
    before = picture(page)

    name_title(page, "tt9999999")

    problem = page.locator(".title-search .problem")
    expect(problem).to_contain_text("Nothing found for “tt9999999”")
    assert before == picture(page)
    screenshot("unknown-title")
    name_title(page, "<b>nonsense</b>")
    expect(problem).to_contain_text("Nothing found for “<b>nonsense</b>”")
    expect(problem.locator("b")).to_have_count(0)
    page.goto("/configure?id=tt9999999")
    expect(page.locator(".preview .problem")).to_be_visible()
    expect(page.locator(".preview .problem")).not_to_be_empty()
    expect(page.locator(".others")).to_be_hidden()


class Previews:
    """Answers for the service's previews: in turn what is given, and then a finished picture."""

    def __init__(self, page: Page, *answers: tuple[int, str]) -> None:
        self.asked = 0
        self.held: list[Route] = []
        self.is_held = False
        self._answers = list(answers)
        page.route("**/api/preview/**", self._answer)

    def _answer(self, route: Route) -> None:
        if "fallback=true" in route.request.url:  # one of the small pictures
            self.give(route, 200, "HIT")
            return
        if self.is_held:
            self.held.append(route)
            return
        if "ratings_limit=0" not in route.request.url:  # the plain picture on which one clicks places
            self.asked += 1
        status, cache = self._answers.pop(0) if self._answers else (200, "HIT")
        self.give(route, status, cache)

    def give(self, route: Route, status: int, cache: str) -> None:
        said = {"body": PIXEL, "content_type": "image/png"} if status == 200 else {"json": {"error": "Not now."}}
        route.fulfill(status=status, headers={"X-Cache-Status": cache}, **said)


@pytest.mark.parametrize("first", [(200, "MISS-FALLBACK"), (503, "")])
def test_a_picture_that_is_not_there_yet_is_asked_for_again(page: Page, watch: Watch, first: tuple[int, str]) -> None:
    watch.allow(503)
    previews = Previews(page, first, (200, "MISS"))

    open_only(page)

    expect(page.locator(".state")).to_contain_text("drawn just now")
    expect(page.locator("#frame")).not_to_have_attribute("aria-busy", "true")
    assert 2 == previews.asked


def test_the_old_picture_stays_until_the_new_one_is_there(page: Page) -> None:
    previews = Previews(page)
    open_page(page)
    before = picture(page)
    previews.is_held = True

    pick(page, "Badges", "Corners", "Pill")

    expect(page.locator("#frame")).to_have_attribute("aria-busy", "true")
    assert before == picture(page)
    previews.give(previews.held[0], 200, "MISS")
    until_another(page, before)


def test_a_refusal_is_said_and_the_old_picture_stays(page: Page, watch: Watch) -> None:
    watch.allow(429)
    previews = Previews(page)
    open_page(page)
    before = picture(page)
    previews.is_held = True

    pick(page, "Badges", "Corners", "Pill")
    expect(page.locator("#frame")).to_have_attribute("aria-busy", "true")
    previews.give(previews.held[0], 429, "")

    expect(page.locator(".preview .problem")).to_contain_text("Not now.")
    assert before == picture(page)


def test_the_usual_look_comes_back(page: Page) -> None:
    open_only(page, "?badge_shape=p&position=tl")

    page.get_by_role("button", name="Reset to defaults").click()

    expect(page.locator("#snippet code").first).to_have_text(re.compile(r"\.jpg$"))
    expect(page.get_by_role("button", name="Reset to defaults")).to_be_disabled()


def test_a_choice_is_made_for_all_kinds(page: Page) -> None:
    open_only(page, "?badge_shape=p&awards=false")

    page.get_by_role("button", name="Apply to all types").click()

    expect(page).to_have_url(re.compile("logo.badge_shape=p"))
    assert {
        **dict.fromkeys(("poster.badge_shape", "backdrop.badge_shape", "logo.badge_shape", "episode.badge_shape"), "p"),
        "poster.awards": "false",
    } == chosen(page.url)


def test_a_key_goes_into_snippets_and_nowhere_else(page: Page) -> None:
    open_only(page, "?badge_shape=p")

    page.get_by_label("Your key").fill(OWN_SHARE)

    expect(page.locator("#snippet code").first).to_have_text(re.compile(re.escape(f"/{OWN_SHARE}/imdb/")))
    kept = page.evaluate("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])")
    assert OWN_SHARE not in kept
    page.reload()
    expect(page.get_by_label("Your key")).to_have_value("")


def test_what_is_no_key_goes_into_no_snippet(page: Page) -> None:
    open_only(page)

    page.get_by_label("Your key").fill('"; rm -rf "$HOME')
    page.keyboard.press("Tab")

    expect(page.get_by_text("A key is 64 characters")).to_be_visible()
    assert f"/{FREE_KEY}/" in address(page)


CLIENTS = {
    "AIOStreams": ["{origin}", "{key}", "badge_shape=p"],
    "AIOMetadata": [
        "{origin}/{key}/imdb/poster-default/{imdb_id}.jpg?badge_shape=p",
        "{origin}/{key}/imdb/poster-default/{imdb_id}.jpg?badge_shape=p&lang={language_short}",
        "{origin}/{key}/imdb/backdrop-default/{imdb_id}.jpg?position=tl",
        "{origin}/{key}/imdb/logo-default/{imdb_id}.png",
        "{origin}/{key}/imdb/episode-default/{imdb_id}:{season}:{episode}.jpg",
        "{origin}/{key}/kitsu/poster-default/{kitsu_id}.jpg?badge_shape=p",
        "{origin}/{key}/kitsu/backdrop-default/{kitsu_id}.jpg?position=tl",
        "{origin}/{key}/kitsu/episode-default/{kitsu_id}:{season}:{episode}.jpg",
    ],
    "Nuvio": ["{origin}/{key}/{id_type}/{shape}-default/{typed_id}.jpg?badge_shape=p"],
    "Harbor": ["{origin}/{key}/imdb/poster-default/{imdbId}.jpg?badge_shape=p"],
    "Discover+": [
        "{origin}/{key}/{rating_id_type}/poster-default/{rating_id}.jpg?badge_shape=p",
        "{origin}/{key}/{rating_id_type}/backdrop-default/{rating_id}.jpg?position=tl",
        "{origin}/{key}/{rating_id_type}/logo-default/{rating_id}.png",
        "{origin}/{key}/{rating_id_type}/landscape-default/{rating_id}.jpg?position=tl",
    ],
    "Jellyfin": ["{origin}", "{key}", "badge_shape=p"],
}


@on_screen_and_phone
def test_a_client_gets_its_snippets(page: Page, site: Site) -> None:
    open_only(page, "?poster.badge_shape=p&backdrop.position=tl")
    seen = {}

    for client in CLIENTS:
        page.get_by_role("tab", name=client).click()
        seen[client] = page.locator("#snippet code").all_text_contents()
        no_sideways_scrolling(page)

    assert {
        client: [text.replace("{origin}", site.url).replace("{key}", FREE_KEY) for text in texts]
        for client, texts in CLIENTS.items()
    } == seen


@pytest.mark.parametrize(
    ("client", "parts"),
    [
        ("Kometa", ["curl -fsSL", "/imdb/poster-default/$id.jpg?badge_shape=p", "$assets/${folder}background.jpg"]),
        ("Plex", ["curl -fsSL", "/imdb/poster-default/$id.jpg?badge_shape=p", "${folder}fanart.jpg"]),
        ("HTML", ["?badge_shape=p&amp;split=true", 'width="580" height="859"', 'alt="Poster of Metropolis (1927)"']),
    ],
)
def test_a_snippet_is_copied(page: Page, client: str, parts: list[str], screenshot: Screenshot) -> None:
    open_only(page, "?badge_shape=p&split=true")
    page.get_by_role("tab", name=client).click()

    page.locator("#snippet").get_by_role("button", name="Copy").first.click()

    expect(page.locator("#said")).to_contain_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.locator("#snippet code").first.text_content() == copied
    assert [] == [part for part in parts if part not in copied]
    screenshot(client)


@pytest.mark.parametrize(("client", "backdrop"), [("Plex", "fanart.jpg"), ("Kometa", "background.jpg")])
def test_a_loop_fetches_jpegs_in_any_case(page: Page, tmp_path: Path, client: str, backdrop: str) -> None:
    shell = shutil.which("sh")
    if shell is None or shutil.which("curl") is None:
        pytest.skip("there is no shell or no curl on this machine")
    films = tmp_path / "films"
    (films / "Holidays; $(touch x)").mkdir(parents=True)
    film = "Metropolis (1927) {imdb-tt0017136}"
    (films / film).mkdir()
    assets = films if client == "Plex" else tmp_path / "assets"
    open_only(page, "?badge_shape=p&split=true")
    page.get_by_label("Format").select_option("webp")
    page.get_by_role("tab", name=client).click()

    script = page.locator("#snippet code").first.text_content() or ""
    command = [shell, "-eu", "-c", script, "pictures.sh", str(films), str(assets)]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - it is our own script, and what is tested

    assert sorted([backdrop, "poster.jpg"]) == sorted(path.name for path in (assets / film).iterdir())
    assert {b"\xff\xd8\xff"} == {path.read_bytes()[:3] for path in (assets / film).iterdir()}
    assert {film, "Holidays; $(touch x)"} == {path.name for path in films.iterdir()}
    assert not list((films / "Holidays; $(touch x)").iterdir())


def test_a_field_that_stays_empty_has_nothing_to_copy(page: Page, screenshot: Screenshot) -> None:
    open_only(page)

    for client, field in (("AIOStreams", "Query string"), ("Jellyfin", "Extra query")):
        page.get_by_role("tab", name=client).click()
        expect(page.locator("#snippet .blank")).to_contain_text("Leave this field empty")
        expect(page.get_by_role("button", name=f"Copy: {field}")).to_have_count(0)
        assert 2 == page.locator("#snippet code").count()
    expect(page.locator(".loopback")).to_contain_text("Only this computer can reach these addresses.")
    screenshot("empty field")


def test_the_query_for_jellyfin_is_refused_for_no_kind(page: Page, site: Site) -> None:
    open_only(page, "?imageSize=very-large&badge_shape=p&position=l&kind=poster")
    page.get_by_role("tab", name="Jellyfin").click()

    query = page.locator("#snippet code").last.text_content() or ""
    episode = site.picture("tt0006206:1:1.jpg", kind="episode")
    addresses = [*(site.picture(kind=kind) for kind in ("poster", "backdrop", "logo")), episode]

    assert "badge_shape=p" in query
    assert {302} == {site.ask("GET", f"{address}?{query}").status for address in addresses}


def test_format_and_fallback_are_in_the_address(page: Page) -> None:
    open_only(page)

    page.get_by_label("Format").select_option("webp")
    page.get_by_role("switch", name="Always return an image").check()

    expect(page.locator("#snippet code").first).to_have_text(re.compile(r"tt0017136\.webp\?fallback=true$"))


def test_a_picture_of_the_title_is_chosen_and_belongs_to_that_title(
    page: Page, site: Site, screenshot: Screenshot
) -> None:
    plain = "ratings_limit=0&awards=false&chips=none&badges=none"
    for name in (f"metropolis-poster-{tag}{sort}.jpg" for tag in ("en", "de", "fr", "xx") for sort in ("", "-duotone")):
        site.until_drawn(site.picture(f"tt0017136.jpg?{plain}&art={name}"))
    site.until_drawn(site.picture(f"tt0017136.jpg?{plain}"))
    site.until_drawn(site.picture("tt0017136.jpg?art=metropolis-poster-de.jpg"))
    open_page(page)
    group = open_group(page, "Picture")

    group.get_by_role("button", name="Show this title").click()
    choice = group.get_by_role("button", name=re.compile("^German, TMDB"))
    expect(choice.locator("img")).to_have_js_property("complete", value=True, timeout=60_000)
    expect(choice.locator("img")).to_have_attribute("src", re.compile("^blob:"), timeout=60_000)
    choice.click()

    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#snippet code").first).to_have_text(re.compile(r"\?art=metropolis-poster-de\.jpg$"))
    no_axe_violations(page)
    no_sideways_scrolling(page)
    expect(group.locator(".strip img[src]")).to_have_count(8)
    controls, stage = group.bounding_box(), page.locator("#stage").bounding_box()
    assert controls is not None
    assert stage is not None
    assert controls["x"] + controls["width"] <= stage["x"]
    screenshot("artwork")
    page.get_by_role("tab", name="Nuvio").click()
    expect(page.locator("#snippet code")).not_to_have_text(re.compile("art="))
    page.get_by_role("tab", name="Address").click()
    pick_sample(page, "Nosferatu 1922")
    expect(page.locator("#snippet code").first).not_to_have_text(re.compile("art="))
    expect(group.get_by_role("button", name=re.compile("TMDB"))).to_have_count(0)
