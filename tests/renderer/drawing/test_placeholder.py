import pytest

from renderer.drawing.placeholder import placeholder
from shared.domain.pictures import CANVAS, Format, Kind, Size
from tests.renderer.drawing.arts import decoded

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
