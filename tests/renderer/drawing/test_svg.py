"""Untrusted SVGs: valid ones are sharp at any size; hostile ones reach nothing outside and use bounded resources."""

import resource
import time
from pathlib import Path

import pytest
import resvg_py
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.drawing import svg as vector
from renderer.drawing.codec import Undecodable, decode
from renderer.drawing.svg import Drawing, Refused, is_vector
from tests.renderer.drawing.arts import encoded, near, picture

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
GREEN = '<rect width="100%" height="100%" fill="#0a0"/>'
COVER = '<rect width="780" height="244" '


def svg(body: str = GREEN, frame: str = 'viewBox="0 0 780 244"') -> bytes:
    return f"<svg {NAMES} {frame}>{body}</svg>".encode()


def fitted(width: int, height: int) -> tuple[int, int]:
    """Return the size at which art fills a box of 390×122."""
    ratio = min(390 / width, 122 / height)
    return round(width * ratio), round(height * ratio)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\n \t",
        b'<?xml version="1.0" encoding="utf-8"?>\n<!-- drawn by a program -->\n',
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
    ],
)
def test_an_svg_is_recognised_after_any_prologue(start: bytes) -> None:
    raw = (start if start.startswith((b"\xef", b"\n")) else start.lstrip()) + svg()

    art = decode(raw, fitted)

    assert (390, 122) == art.image.size
    assert near((0, 170, 0, 255), art.image.getpixel((195, 61)), 0)


@pytest.mark.parametrize("raw", [b"", b"<", b"<html></html>", encoded(picture((8, 8))), b"svg"])
def test_other_bytes_are_not_taken_for_an_svg(raw: bytes) -> None:
    assert not is_vector(raw)


@pytest.mark.parametrize(
    ("frame", "shape"),
    [
        ('viewBox="0 0 780 244"', (10000, 3128)),
        ('viewBox="-5,-5 10,20"', (5000, 10000)),
        ('width="40" height="10"', (10000, 2500)),
        ('width="4cm" height="20mm"', (10000, 5000)),
        ('width="100%" height="100%" viewBox="0 0 30 10"', (10000, 3333)),
        ('width="80" height="20" viewBox="0 0 10 10"', (10000, 2500)),
    ],
)
def test_an_svg_has_the_aspect_ratio_of_its_box(frame: str, shape: tuple[int, int]) -> None:
    assert shape == Drawing(svg(frame=frame)).shape


@pytest.mark.parametrize(
    "frame",
    [
        "",
        'viewBox="0 0 0 10"',
        'viewBox="0 0 -4 4"',
        'viewBox="0 0 nan inf"',
        'viewBox="0 0 1e40 1e40"',
        'width="0" height="9"',
        'viewBox="0 0 5000 1"',
        'width="1e400" height="1e400"',
    ],
)
def test_an_svg_without_a_valid_box_is_refused(frame: str) -> None:
    with pytest.raises(Undecodable, match="SVG"):
        decode(svg(frame=frame), fitted)


def test_an_svg_is_sharp_at_any_size() -> None:
    body = '<path d="M0 0H390V244H0z" fill="#fff"/><path d="M390 0H780V244H390z"/>'

    image = Drawing(svg(body)).rasterise((2689, 841)).convert("L")

    row = [image.getpixel((x, 400)) for x in range(2689)]
    assert 1 >= sum(1 for level in row if level not in {0, 255})


def test_an_svg_with_wide_margins_is_drawn_larger_so_that_they_can_be_cropped() -> None:
    art = decode(svg('<rect x="340" y="97" width="100" height="50" fill="#0a0"/>'), fitted)

    left, top, right, bottom = art.image.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert right - left >= 195
    assert bottom - top >= 98


def test_an_svg_with_more_pixels_than_any_canvas_is_refused() -> None:
    with pytest.raises(Undecodable, match="pixels"):
        decode(svg(), lambda _width, _height: (10_001, 1000))


def test_classes_gradients_clips_and_shadows_are_drawn() -> None:
    body = """<style>.a{fill:url(#g)} .b{fill:#00f}</style><title>Name</title>
    <defs><linearGradient id="g"><stop stop-color="#0a0"/></linearGradient><clipPath id="c"><path d="M0 0h390v244H0z"/>
    </clipPath><filter id="f"><feDropShadow dx="1" dy="1" stdDeviation="2"/></filter><path id="p" d="M0 0h780v244H0z"/>
    </defs><use xlink:href="#p" class="b"/><g clip-path="url('#c')" filter="url(#f)"><use href="#p" class="a"/></g>"""

    image = Drawing(svg(body)).rasterise((390, 122))

    assert near((0, 170, 0, 255), image.getpixel((20, 61)), 2)
    assert near((0, 0, 255, 255), image.getpixel((380, 61)), 2)


def test_editor_metadata_is_dropped() -> None:
    body = f"""<ink:view xmlns:ink="http://www.inkscape.org/namespaces/inkscape"><x href="file:/x"/></ink:view>
    <metadata><image href="file:/x"/></metadata>{GREEN}"""

    image = Drawing(svg(body)).rasterise((39, 12))

    assert near((0, 170, 0, 255), image.getpixel((20, 6)), 0)


OUTSIDE = [
    '<image href="{there}" width="780" height="244"/>',
    '<image xlink:href="{there}" width="780" height="244"/>',
    '<image href="data:image/png;base64,AAAA" width="780" height="244"/>',
    '<use href="{there}#a"/>',
    '<use xlink:href="{there}"/>',
    '<filter id="f"><feImage href="{there}"/></filter>' + COVER + 'filter="url(#f)"/>',
    COVER + 'fill="url({there})"/>',
    COVER + "fill=\"url( '{there}#a' )\"/>",
    COVER + 'style="fill:URL({there}#a)"/>',
    COVER + r'style="fill:u\72l({there})"/>',
    COVER + 'mask="url({there}#a)"/>',
    "<style>@import url({there});</style>" + GREEN,
    '<style>@import "{there}";</style>' + GREEN,
    "<style>rect{{fill:url({there})}}</style>" + GREEN,
    "<style>rect{{fill:url(/**/{there})}}</style>" + GREEN,
    "<linearGradient id='a' href='{there}#b'/>" + GREEN,
    '<foreignObject><img src="{there}"/></foreignObject>' + GREEN,
    "<script>alert(1)</script>" + GREEN,
    '<a href="{there}">' + GREEN + "</a>",
    "<text>words</text>" + GREEN,
    '<svg:image xmlns:svg="http://www.w3.org/2000/svg" href="{there}"/>' + GREEN,
]


@pytest.mark.parametrize("body", OUTSIDE)
@pytest.mark.parametrize("where", ["{path}", "file://{path}", "http://127.0.0.1/{path}", "{name}"])
def test_nothing_outside_an_svg_is_reached(body: str, where: str, tmp_path: Path) -> None:
    there = tmp_path / "secret.png"
    there.write_bytes(encoded(picture((64, 64))))

    with pytest.raises(Undecodable, match="SVG"):
        decode(svg(body.format(there=where.format(path=there, name=there.name))), fitted)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "b">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;',
        "<!ATTLIST rect fill CDATA 'red'>",
        "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)),
    ],
)
def test_an_svg_with_internal_declarations_is_refused(declared: str) -> None:
    with pytest.raises(Undecodable, match="declarations"):
        decode(f"<!DOCTYPE svg [{declared}]>".encode() + svg("&a;"), fitted)


def test_an_undeclared_entity_is_refused() -> None:
    start = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "file:///etc/hostname">'

    with pytest.raises(Undecodable, match="SVG"):
        decode(start + svg(GREEN + "<title>&a;</title>"), fitted)


def test_resvg_in_the_sandbox_opens_no_file(tmp_path: Path) -> None:
    there = tmp_path / "secret.png"
    there.write_bytes(encoded(picture((64, 64)).convert("RGB")))
    reaching = svg(f'<image href="{there}" width="78" height="24"/>', 'width="78" height="24"').decode()

    in_the_open = resvg_py.svg_to_bytes(svg_string=reaching, skip_system_fonts=True, resources_dir=str(tmp_path))
    empty = vector._rasterise_sandboxed(svg("", 'width="78" height="24"').decode())
    walled = vector._rasterise_sandboxed(reaching)

    assert bytes(in_the_open) != empty
    assert walled == empty


def nested(kind: str, use: str, times: int = 6, levels: int = 11) -> str:
    first = f'<{kind} id="a0" {TILE}>{COVER}fill="#fff"/></{kind}>'
    rest = (
        f'<{kind} id="a{n}" {TILE}>' + (COVER + use.format(n - 1) + "/>") * times + f"</{kind}>"
        for n in range(1, levels)
    )
    return first + "".join(rest) + COVER + use.format(levels - 1) + "/>"


TILE = 'width="1" height="1" patternUnits="userSpaceOnUse" maskUnits="userSpaceOnUse"'
BOMBS = {
    "uses": '<g id="a0"><path d="M0 0h9v9z"/></g>'
    + "".join(f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 12)),
    "patterns": nested("pattern", 'fill="url(#a{})"'),
    "masks": nested("mask", 'mask="url(#a{})" fill="#fff"'),
    "clips": nested("clipPath", 'clip-path="url(#a{})"'),
    "filters": '<filter id="f" x="-999" y="-999" width="99999" height="99999">'
    '<feGaussianBlur stdDeviation="50"/></filter>' + (COVER + 'filter="url(#f)"/>') * 64,
    "groups": (COVER + 'opacity=".5" fill="red"/>') * 19_000,
    "zigzag": f'<path d="{"M0 0L780 244L0 200L780 0" * 80_000}"/>',
    "dashes": '<path stroke="red" stroke-width="3" stroke-dasharray=".01 .01" d="' + "M0 0L780 244" * 150_000 + '"/>',
    "markers": '<marker id="m"><path d="M0 0h9v9z"/></marker><path marker-mid="url(#m)" d="'
    + "M0 0L9 9" * 200_000
    + '"/>',
    "rules": "<style>" + "".join(f".a{n}{{fill:red}}" for n in range(60_000)) + "</style>" + '<g class="a"/>' * 9000,
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_an_svg_bomb_costs_at_most_a_second(body: str) -> None:
    raw = svg(body)
    before, own = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()

    try:
        outcome: object = decode(raw, lambda _width, _height: (2689, 841)).image.size
    except Undecodable:
        outcome = Undecodable

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert vector.MAX_BYTES > len(raw)
    assert outcome in {Undecodable, (2689, 841)}
    assert 2.2 > after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # once, or twice for its margins
    assert 1.5 > time.process_time() - own


def test_an_svg_of_too_many_bytes_is_refused() -> None:
    raw = svg(GREEN + "<!--")[: -len("</svg>")]
    most = raw + b" " * (vector.MAX_BYTES - len(raw) - len("--></svg>")) + b"--></svg>"

    assert (10000, 3128) == Drawing(most).shape
    with pytest.raises(Refused, match="bytes"):
        Drawing(most + b" ")


def test_an_svg_of_too_many_elements_is_refused() -> None:
    assert (10000, 3128) == Drawing(svg("<g/>" * (vector.MAX_ELEMENTS - 1))).shape
    with pytest.raises(Refused, match="too many"):
        Drawing(svg("<g/>" * vector.MAX_ELEMENTS))


def test_an_svg_nested_too_deeply_is_refused() -> None:
    deepest = vector.MAX_DEPTH - 1

    assert (10000, 3128) == Drawing(svg("<g>" * deepest + "</g>" * deepest)).shape
    with pytest.raises(Refused, match="too deeply"):
        Drawing(svg("<g>" * (deepest + 1) + "</g>" * (deepest + 1)))


@pytest.mark.parametrize(
    "raw",
    [
        svg("<g>"),
        svg()[:-3],
        svg("<rect width=10/>"),
        svg("<q:rect/>"),
        b"<svg viewBox='0 0 9 9'><rect width='9' height='9'/></svg>",
        b"<html><svg/></html>",
        b"<?xml version='1.0' encoding='no-such'?>" + svg(),
        b"<svg \xff\xfe",
        svg(""),
        svg('<rect width="9" height="9" fill="none"/>'),
    ],
)
def test_a_broken_or_empty_svg_is_refused(raw: bytes) -> None:
    with pytest.raises(Undecodable, match="SVG"):
        decode(raw, fitted)


GOOD = svg('<style>.a{fill:#0a0}</style><g id="b"><path class="a" d="M0 0h390v244H0z"/></g><use href="#b" x="390"/>')


@settings(max_examples=25, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=8))
def test_a_damaged_svg_is_drawn_or_refused(position: float, junk: bytes) -> None:
    at = int(len(GOOD) * position)

    try:
        art = decode(GOOD[:at] + junk + GOOD[at + len(junk) :], fitted)
    except Undecodable:
        return

    assert 390 * 122 * 4 >= art.image.width * art.image.height
