"""The editor of freehand designs, in a real browser: what is dragged there is where the picture has it."""

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.web.browser import Screenshot, Viewport, no_axe_violations, no_sideways_scrolling, press_on, still_box
from tests.web.designer import (
    BLUE,
    DRAWN_MS,
    GREEN,
    RED,
    THREE,
    drag,
    elements,
    handle,
    link,
    open_design,
    server_text,
    text_of,
    until_drawn,
)
from tests.web.site import Key, Site

SignIn = Callable[[Key], None]

GROUND = {"type": "box", "width": 1000, "height": 2000, "colour": "#101010", "opacity": 100}
ON_PLAIN_GROUND = {"kind": "poster", "elements": [GROUND, RED, GREEN, BLUE]}
CHANNELS = (("red", 0), ("green", 1), ("blue", 2))

on_tablet = pytest.mark.parametrize("look", [Viewport("dark", 820)], indirect=True, ids=str)
in_three_widths = pytest.mark.parametrize(
    "look", [Viewport("light", 1440), Viewport("dark", 820), Viewport("light", 390)], indirect=True, ids=str
)


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
    frame, box = still_box(page.locator("#canvas")), still_box(page.locator(".handle").nth(nth))
    unit = 1000 / frame["width"]
    left, top = (box["x"] - frame["x"]) * unit, (box["y"] - frame["y"]) * unit
    return left, top, left + box["width"] * unit, top + box["height"] * unit


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


def test_a_box_catches_on_the_edge_and_on_the_middle(page: Page) -> None:
    open_design(page, link(THREE))
    box, frame = press_on(page, page.locator(".handle").first), still_box(page.locator("#canvas"))
    unit = frame["width"] / 1000
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(x + 303 * unit, y - 97 * unit, steps=3)  # near the middle of the canvas, and near its top
    expect(page.locator(".guides .x, .guides .y")).to_have_count(2)
    page.mouse.up()

    expect(page.locator(".guides i")).to_have_count(0)
    placed = {name: value for name, value in elements(page)[0].items() if name in {"anchor", "x", "y"}}
    assert {"anchor": "tc"} == placed  # x and y are 0, as for every element that does not say them


def test_a_title_goes_by_its_name_and_another_one_is_found(page: Page) -> None:
    open_design(page, link(THREE))
    field = page.get_by_role("combobox", name="Title")
    expect(field).to_have_value("Metropolis (1927)")

    page.locator(".thumbs").get_by_role("button", name=re.compile("No ratings")).click()
    expect(field).to_have_value("Judex")
    field.fill("vampires")
    with page.expect_request("**/api/preview/design?id=series-*"):
        page.keyboard.press("Enter")

    expect(field).to_have_value("Les Vampires (1915)")


def test_many_changes_are_one_picture(page: Page) -> None:
    asked: list[Request] = []
    open_design(page, link(THREE))
    page.on(
        "request", lambda request: asked.append(request) if "/api/preview/design?id=tt0017136" in request.url else None
    )
    field = page.get_by_label("X", exact=True)
    page.locator(".layers .name").first.click()

    field.evaluate(
        """input => {
            for (let x = 1; x <= 40; x += 1) {
                input.value = String(x);
                input.dispatchEvent(new Event("input", {bubbles: true}));
            }
        }"""
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


def test_elements_are_sorted_by_dragging_their_row(page: Page) -> None:
    open_design(page, link(THREE))
    rows = page.locator(".layers li")
    expect(rows).to_have_count(3)

    front, back = press_on(page, rows.nth(0).locator(".grip")), still_box(rows.nth(2).locator(".grip"))
    expect(rows.nth(0)).to_have_class(re.compile("held"))
    page.mouse.move(front["x"] + 10, (front["y"] + back["y"]) / 2, steps=4)
    page.mouse.move(back["x"] + 10, back["y"] + back["height"] - 3, steps=4)
    page.mouse.up()

    assert ["#0000f0", "#e00000", "#00d000"] == [each["colour"] for each in elements(page)]


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
    open_design(page, link(THREE))
    box = still_box(page.locator(".handle").nth(0))
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


def test_a_drag_that_is_cancelled_leaves_the_design_its_history_and_the_selection_as_they_were(page: Page) -> None:
    open_design(page, link(THREE))
    red = page.locator(".handle").first
    before, place = elements(page), red.get_attribute("style") or ""
    red.scroll_into_view_if_needed()
    box = still_box(red)

    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 90)
    expect(red).not_to_have_attribute("style", place)
    page.keyboard.press("Escape")
    page.mouse.up()

    expect(red).to_have_attribute("style", place)
    expect(red).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    assert before == elements(page)
