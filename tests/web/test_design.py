"""The editor of freehand designs, in a real browser: what is dragged there is where the picture has it."""

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from gateway.web.assets import STATIC
from shared.designs.checks import checked_design
from shared.designs.document import DesignDocument, canonical_text
from tests.web.browser import Screenshot, Viewport, Watch, no_axe_violations, no_sideways_scrolling
from tests.web.site import Key, Site

SignIn = Callable[[Key], None]

LARGEST_SCRIPTS = 60_000
"""Bytes of the page's own scripts, as they are sent."""

ART = {"textless": True}
RED = {"type": "box", "anchor": "tl", "x": 100, "y": 100, "width": 200, "height": 150, "colour": "#e00000", "opacity": 100}
GREEN = {"type": "box", "anchor": "br", "x": 60, "y": 80, "width": 260, "height": 120, "colour": "#00d000", "opacity": 100}
BLUE = {"type": "box", "anchor": "mc", "width": 180, "height": 180, "colour": "#0000f0", "opacity": 100}
THREE = {"kind": "poster", "art": ART, "elements": [RED, GREEN, BLUE]}
GROUND = {"type": "box", "width": 1000, "height": 2000, "colour": "#101010", "opacity": 100}
ON_PLAIN_GROUND = {"kind": "poster", "elements": [GROUND, RED, GREEN, BLUE]}
CHANNELS = (("red", 0), ("green", 1), ("blue", 2))
DRAWN_MS = 60_000

on_tablet = pytest.mark.parametrize("look", [Viewport("dark", 820)], indirect=True, ids=str)
in_three_widths = pytest.mark.parametrize(
    "look",
    [Viewport("light", 1440), Viewport("dark", 1440), Viewport("light", 820), Viewport("dark", 390), Viewport("light", 390)],
    indirect=True,
    ids=str,
)


def server_text(document: object) -> str:
    """Return the canonical text that the service has of a document."""
    return canonical_text(checked_design(msgspec.convert(document, DesignDocument)))


def link(document: object) -> str:
    """Return an address that opens a document."""
    coded = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    return f"/design#d={coded}"


def open_design(page: Page, address: str) -> None:
    """Open the editor, and wait for the picture of its design."""
    page.goto(address)
    until_drawn(page)


def until_drawn(page: Page) -> None:
    """Wait until the picture shows the design as it is."""
    expect(page.locator("#canvas")).to_have_attribute("data-shown", "current", timeout=DRAWN_MS)


def text_of(page: Page) -> str:
    """Return the canonical text that the editor has of its design, by its link."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied").last).to_be_visible()
    coded = str(page.evaluate("navigator.clipboard.readText()")).partition("#d=")[2]
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()


def elements(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text_of(page)).get("elements", [])
    return found


def pixels(page: Page) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return the picture that the editor shows, height by width by red, green and blue."""
    data = page.locator("#canvas img").evaluate(
        """image => {
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            canvas.getContext("2d").drawImage(image, 0, 0);
            return canvas.convertToBlob().then((blob) => new Promise((resolve) => {
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result.split(",")[1]);
                reader.readAsDataURL(blob);
            }));
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def drawn_box(picture: "np.ndarray[Any, np.dtype[np.uint8]]", channel: int) -> tuple[float, ...]:
    """Return left, top, right and bottom of what is purely red, green or blue, in thousandths of the width."""
    others = [each for each in range(3) if each != channel]
    is_pure = (picture[:, :, channel] > 150) & (picture[:, :, others].max(axis=2) < 60)
    down, across = np.nonzero(is_pure)
    unit = 1000 / picture.shape[1]
    return tuple(float(each) * unit for each in (across.min(), down.min(), across.max() + 1, down.max() + 1))


def handle_box(page: Page, nth: int) -> tuple[float, ...]:
    """Return the same of a handle, as it lies over the picture."""
    frame, box = page.locator("#canvas").bounding_box(), page.locator(".handle").nth(nth).bounding_box()
    assert frame is not None
    assert box is not None
    unit = 1000 / frame["width"]
    left, top = (box["x"] - frame["x"]) * unit, (box["y"] - frame["y"]) * unit
    return left, top, left + box["width"] * unit, top + box["height"] * unit


def drag(page: Page, selector: str, across: float, down: float, *, free: bool = False) -> None:
    """Drag something by thousandths of the picture's width; ``free`` of snapping."""
    target = page.locator(selector)
    target.scroll_into_view_if_needed()
    box, frame = target.bounding_box(), page.locator("#canvas").bounding_box()
    assert box is not None
    assert frame is not None
    unit = frame["width"] / 1000
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    if free:
        page.keyboard.down("Alt")
    page.mouse.move(x + across * unit / 2, y + down * unit / 2)
    page.mouse.move(x + across * unit, y + down * unit)
    page.mouse.up()
    if free:
        page.keyboard.up("Alt")


def handle(nth: int) -> str:
    return f".handle >> nth={nth}"


def test_what_is_dragged_is_there_in_the_picture(
    page: Page, site: Site, sign_in_key: SignIn, screenshot: Screenshot
) -> None:
    key = site.make_key("Designer")
    sign_in_key(key)
    open_design(page, link(ON_PLAIN_GROUND))

    drag(page, handle(1), 330, 250, free=True)
    drag(page, handle(2), -600, -300, free=True)
    drag(page, handle(3), 250, 380, free=True)
    page.locator(".handle").nth(2).click()
    drag(page, ".grips .at-se", 55, 35, free=True)
    page.locator(".handle").nth(1).focus()
    before = elements(page)[1]
    page.locator(".handle").nth(1).press("ArrowRight")
    page.locator(".handle").nth(1).press("Shift+ArrowDown")

    moved = elements(page)
    assert [before | {"x": before["x"] + 1, "y": before["y"] + 10}] == moved[1:2]
    assert {200} == {moved[1]["width"]}
    assert (260 + 55, 120 + 35) == pytest.approx((moved[2]["width"], moved[2]["height"]), abs=3)
    assert before != RED
    until_drawn(page)
    picture = pixels(page)
    for name, channel in CHANNELS:
        assert drawn_box(picture, channel) == pytest.approx(handle_box(page, channel + 1), abs=4), name

    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert moved != elements(page)
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    assert moved == elements(page)

    page.get_by_role("button", name="Save as profile…").click()
    page.get_by_role("dialog").get_by_label("Name").fill("three-boxes")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".saving")).to_contain_text("Profile “three-boxes” as saved")
    kept = site.api("GET", "/api/key/me/profiles/three-boxes", token=site.key_token(key))
    assert text_of(page) == server_text(kept["design"])

    page.reload()
    until_drawn(page)
    assert moved == elements(page)
    picture = pixels(page)
    for name, channel in CHANNELS:
        assert drawn_box(picture, channel) == pytest.approx(handle_box(page, channel + 1), abs=4), name
    screenshot("three boxes")


def test_a_box_catches_on_the_middle_and_on_others(page: Page) -> None:
    page.goto(link(THREE))
    expect(page.locator(".handle")).to_have_count(3)

    drag(page, handle(0), 303, -97)  # its middle to the canvas's, its top to the canvas's

    assert {"anchor": "tc", "height": 150, "width": 200} == {
        name: value for name, value in elements(page)[0].items() if name not in {"type", "colour", "opacity"}
    }
    drag(page, handle(1), -3, 4, free=True)
    drag(page, handle(1), 3, -4)  # back in line with the others is not asked for: it only has to stay inside
    assert elements(page)[1]["width"] == 260


def test_many_changes_are_one_picture(page: Page) -> None:
    asked: list[Request] = []
    open_design(page, link(THREE))
    page.on("request", lambda request: asked.append(request) if "/api/preview/design?id=tt0017136" in request.url else None)
    field = page.get_by_label("X", exact=True)
    page.locator(".layers .name").first.click()

    field.evaluate(
        """input => { for (let x = 1; x <= 40; x += 1) { input.value = String(x); input.dispatchEvent(new Event("input", {bubbles: true})); } }"""
    )

    until_drawn(page)
    assert 1 == len(asked)
    assert 40 == elements(page)[2]["x"]


def test_everything_works_by_keyboard(page: Page, screenshot: Screenshot) -> None:
    open_design(page, link({"kind": "poster", "elements": [RED]}))

    page.get_by_label("Add an element").focus()
    page.keyboard.press("T")  # letters choose in a list
    expect(page.locator(".handle")).to_have_count(1)
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.locator(".layers .name").first).to_contain_text("Text")
    page.locator(".layers .name").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".layers .name").first).to_have_text("Box")
    expect(page.locator(".layers .name").nth(1)).to_be_focused()
    page.locator(".handle").first.focus()
    expect(page.locator(".handle").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+ArrowUp")
    text = next(each for each in elements(page) if each["type"] == "text")
    assert 100 == text["y"]
    page.get_by_role("button", name="Size").last.focus()
    page.keyboard.press("Shift+ArrowLeft")
    text = next(each for each in elements(page) if each["type"] == "text")
    assert 890 == text["width"]
    page.get_by_role("button", name=re.compile("^Hide Text")).press("Enter")
    expect(page.locator(".handle")).to_have_count(1)
    expect(page.locator(".saving")).to_contain_text("One element is hidden here only")
    page.get_by_role("button", name=re.compile("^Lock Box")).press("Enter")
    locked = elements(page)
    page.locator(".handle").first.focus()
    page.keyboard.press("ArrowRight")
    assert locked == elements(page)
    screenshot("keyboard")


def test_elements_are_copied_to_another_design(page: Page) -> None:
    page.goto(link(THREE))
    page.locator(".handle").nth(2).click()

    page.keyboard.press("Control+c")
    expect(page.get_by_text("Element copied.")).to_be_visible()
    page.goto("about:blank")
    page.goto(link({"kind": "backdrop", "elements": []}))
    expect(page.locator("#kind")).to_have_value("backdrop")
    page.locator("#canvas").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+v")

    expect(page.locator(".handle")).to_have_count(1)
    assert server_text({"kind": "backdrop", "elements": [BLUE]}) == text_of(page)
    page.keyboard.press("Control+d")
    expect(page.locator(".handle")).to_have_count(2)
    page.keyboard.press("Delete")
    expect(page.locator(".handle")).to_have_count(1)


def test_conditions_and_values_are_what_the_service_keeps(page: Page) -> None:
    page.goto(link({"kind": "poster", "elements": [{"type": "text", "text": "{title}"}]}))
    page.locator(".layers .name").first.click()

    page.get_by_label("Field of the title").select_option("year")
    page.get_by_role("button", name="Insert").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact of condition 1").select_option("imdb")
    page.get_by_label("Comparison of condition 1").select_option("ge")
    page.get_by_label("Value of condition 1").fill("7")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Fact of condition 2").select_option("genre")
    page.get_by_label("Comparison of condition 2").select_option("has")
    page.get_by_label("Value of condition 2").fill("Drama")
    page.get_by_label("Text size").fill("52")
    page.get_by_label("Colour").evaluate("input => { input.value = '#ffcc00'; input.dispatchEvent(new Event('input')); }")

    wanted = {
        "kind": "poster",
        "elements": [
            {
                "type": "text",
                "text": "{title}{year}",
                "size": 52,
                "colour": "#ffcc00",
                "when": [["imdb", "ge", 7], ["genre", "has", "Drama"]],
            }
        ],
    }
    assert server_text(wanted) == text_of(page)


def test_a_number_out_of_bounds_stays_out_of_the_design(page: Page) -> None:
    page.goto(link(THREE))
    page.locator(".layers .name").first.click()

    page.get_by_label("Width", exact=True).fill("1001")

    expect(page.get_by_role("alert")).to_have_text("It must be a whole number from 1 to 1000.")
    assert server_text(THREE) == text_of(page)


def test_a_refused_design_is_said_and_the_picture_stays(page: Page, watch: Watch) -> None:
    watch.allow(400)
    open_design(page, link({"kind": "poster", "elements": [RED, {"type": "text", "text": "{title}"}]}))
    before = page.locator("#canvas img").get_attribute("src")
    page.locator(".layers .name").first.click()

    page.locator("#field-text").fill("{titel")

    expect(page.locator("#stage .problem")).to_contain_text("elements[1].text")
    assert before == page.locator("#canvas img").get_attribute("src")


def test_back_loses_nothing(page: Page, watch: Watch, screenshot: Screenshot) -> None:
    page.goto("/")
    page.goto(link(THREE))
    page.locator(".handle").nth(0).focus()
    page.keyboard.press("Shift+ArrowRight")
    changed = elements(page)

    page.go_back()
    page.goto("/design")

    offer = page.get_by_role("region", name="Unsaved design")
    expect(offer).to_contain_text("poster, 3 elements")
    screenshot("draft")
    no_axe_violations(page)
    offer.get_by_role("button", name="Continue with it").click()
    expect(offer).to_be_hidden()
    assert changed == elements(page)
    assert ["beforeunload"] == watch.asked_to_stay


def test_every_preset_is_read_as_the_service_writes_it(page: Page, site: Site) -> None:
    presets = site.api("GET", "/api/presets")["presets"]
    assert 8 <= len(presets)

    for preset in presets:
        page.goto("about:blank")
        page.goto(f"/design?preset={preset['name']}")
        expect(page.locator(".saving")).to_contain_text(f"Preset “{preset['name']}”")
        assert server_text(preset["design"]) == text_of(page), preset["name"]


def test_an_admin_publishes_a_preset(page: Page, site: Site, sign_in_admin: Callable[[], None]) -> None:
    sign_in_admin()
    page.goto(link(THREE))

    page.get_by_role("button", name="Publish as preset…").click()
    page.get_by_role("dialog").get_by_label("Name").fill("boxes")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.locator(".saving")).to_contain_text("Preset “boxes” as saved")

    published = [each for each in site.api("GET", "/api/presets")["presets"] if each["name"] == "boxes"]
    assert [server_text(THREE)] == [server_text(each["design"]) for each in published]


@in_three_widths
def test_the_editor_fits_every_screen(page: Page, look: Viewport, screenshot: Screenshot) -> None:
    open_design(page, "/design?preset=cinema-lobby")
    page.locator(".layers .name").first.click()

    expect(page.locator(".thumbs img[src]")).to_have_count(6, timeout=2 * DRAWN_MS)
    no_axe_violations(page)
    no_sideways_scrolling(page)
    screenshot("editor")
    if look.width == 390:
        scale = page.locator(".fields input[type=number]").first
        scale.fill("40")
        expect(page.locator(".saving")).to_contain_text("not saved yet")
        expect(page.locator(".grips")).to_be_hidden()


@on_tablet
def test_an_element_is_dragged_by_a_finger(page: Page) -> None:
    page.goto(link(THREE))
    box = page.locator(".handle").nth(0).bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)

    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 40, "y": y + 20}]),
        ("touchMove", [{"x": x + 97, "y": y + 61}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    moved = elements(page)[0]
    assert (moved["x"], moved["y"]) != (RED["x"], RED["y"])
    assert moved["x"] > 250


def test_the_scripts_of_the_page_are_small(site: Site) -> None:
    own = sorted(STATIC.glob("js/design*.js"))
    version = site.ask("GET", "/design").body.decode().partition("/static/")[2].partition("/")[0]

    sizes = {
        script.name: len(site.ask("GET", f"/static/{version}/js/{script.name}", headers={"Accept-Encoding": "gzip"}).body)
        for script in own
    }

    assert "design.js" in sizes
    assert LARGEST_SCRIPTS > sum(sizes.values()), sizes
