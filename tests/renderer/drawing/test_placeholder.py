import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageChops

from renderer.drawing.lettering import fit_lines
from renderer.drawing.placeholder import KnownTitle, placeholder, titled_placeholder
from renderer.drawing.text import ink_width
from shared.domain.pictures import CANVAS, Format, Kind, Size
from tests.renderer.drawing.arts import decoded
from tests.renderer.drawing.test_script_fonts import shaped

EVERY = [(kind, size) for kind in Kind for size in CANVAS[kind]]


@pytest.mark.parametrize(("kind", "size"), EVERY)
def test_a_placeholder_has_the_size_of_its_kind(kind: Kind, size: Size) -> None:
    raw = placeholder(kind, size, Format.JPG)

    assert len(raw) > 100
    assert CANVAS[kind][size] == decoded(raw).size


@pytest.mark.parametrize(("fmt", "name"), [(Format.JPG, "JPEG"), (Format.PNG, "PNG"), (Format.WEBP, "WEBP")])
def test_a_placeholder_has_the_requested_format(fmt: Format, name: str) -> None:
    assert name == decoded(placeholder(Kind.POSTER, Size.MEDIUM, fmt)).format


@pytest.mark.parametrize("fmt", list(Format))
def test_a_logo_is_transparent_in_every_format(fmt: Format) -> None:
    picture = decoded(placeholder(Kind.LOGO, Size.MEDIUM, fmt))

    assert "RGBA" == picture.mode
    assert 0 == picture.getchannel("A").getpixel((0, 0))


def test_a_placeholder_is_drawn_once() -> None:
    assert placeholder(Kind.POSTER, Size.MEDIUM, Format.JPG) is placeholder(Kind.POSTER, Size.MEDIUM, Format.JPG)


LONG = "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb"


@pytest.mark.parametrize(("kind", "size"), EVERY)
@pytest.mark.parametrize("name", ["Nosferatu", LONG, "W" * 200, "Ö"])
def test_a_name_is_written_within_a_placeholder_of_every_size(kind: Kind, size: Size, name: str) -> None:
    drawn = decoded(titled_placeholder(kind, size, Format.PNG, KnownTitle(name, 1922))).convert("RGB")
    plain = decoded(placeholder(kind, size, Format.PNG)).convert("RGB")

    left, top, right, bottom = ImageChops.difference(drawn, plain).getbbox() or (0, 0, 0, 0)
    width, height = CANVAS[kind][size]

    assert (width, height) == drawn.size
    assert 0.04 * width <= left < right <= 0.96 * width
    assert 0 < top < bottom < height


@pytest.mark.parametrize("name", ["\U00012000", "", "  ", "Ran \U00012000"])
def test_a_name_that_no_font_has_is_left_out_with_its_year(name: str) -> None:
    look = Kind.POSTER, Size.MEDIUM, Format.JPG

    assert placeholder(*look) == titled_placeholder(*look, KnownTitle(name, 1954))


@pytest.mark.parametrize("name", ["七人の侍", "乱 Ran", pytest.param("عربي", marks=shaped)])
def test_a_name_in_another_script_is_drawn(name: str) -> None:
    look = Kind.POSTER, Size.MEDIUM, Format.JPG

    assert placeholder(*look) != titled_placeholder(*look, KnownTitle(name, 1954))


def test_a_year_is_left_out_where_it_is_not_known() -> None:
    look = Kind.POSTER, Size.MEDIUM, Format.JPG
    pictures = {titled_placeholder(*look, KnownTitle("Ran", year)) for year in (None, 1985)}

    assert 2 == len(pictures)


@given(
    st.text(st.characters(codec="latin-1", categories=["L", "N"]), min_size=1, max_size=300),
    st.integers(1, 3),
    st.floats(150, 600),
)
def test_fitted_lines_are_as_few_and_as_narrow_as_asked(name: str, most: int, width: float) -> None:
    fitted = fit_lines(name, width, most=most, em=40.0)

    assert fitted is None or (
        1 <= len(fitted.lines) <= most
        and all(ink_width(line) * fitted.em <= width + 1e-6 or len(line) <= 2 for line in fitted.lines)
    )


def test_a_name_is_complete_where_it_fits() -> None:
    fitted = fit_lines(LONG, 475.0, most=3, em=47.0)

    assert fitted is not None
    assert LONG == " ".join(fitted.lines)
    assert 3 == len(fitted.lines)


def test_a_name_that_is_too_long_ends_in_an_ellipsis() -> None:
    fitted = fit_lines(" ".join([LONG] * 3), 300.0, most=2, em=47.0)

    assert fitted is not None
    assert fitted.lines[-1].endswith("…")
