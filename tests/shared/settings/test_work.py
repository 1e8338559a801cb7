"""The work of pictures: what a picture costs, relative to a medium JPEG poster."""

import pytest

from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.settings.parameters import parse
from shared.settings.work import plain_size, work_of


@pytest.mark.parametrize(
    ("kind", "fmt", "size", "work"),
    [
        (Kind.POSTER, Format.JPG, "medium", 1),
        (Kind.POSTER, Format.JPG, "large", 5),
        (Kind.POSTER, Format.WEBP, "medium", 6),
        (Kind.BACKDROP, Format.JPG, "medium", 4),
        (Kind.BACKDROP, Format.PNG, "large", 50),
        (Kind.BACKDROP, Format.WEBP, "large", 108),
        (Kind.LOGO, Format.PNG, "very-large", 23),
        (Kind.EPISODE, Format.JPG, "small", 1),
    ],
)
def test_work_follows_pixels_and_codec(kind: Kind, fmt: Format, size: str, work: int) -> None:
    assert work == work_of(parse(kind, fmt, {"imageSize": size}))


def test_plain_artwork_is_little_work_whatever_the_settings() -> None:
    for kind in Kind:
        for fmt in Format:
            for size in CANVAS[kind]:
                settings = parse(kind, fmt, {"imageSize": size})
                smaller = parse(kind, fmt, {"imageSize": plain_size(settings)})
                assert work_of(smaller) <= 16
                assert settings.size == smaller.size or work_of(settings) > 16


def test_plain_artwork_keeps_the_size_where_that_is_little_work() -> None:
    assert Size.VERY_LARGE is plain_size(parse(Kind.POSTER, Format.JPG, {"imageSize": "very-large"}))
    assert Size.SMALL is plain_size(parse(Kind.BACKDROP, Format.WEBP, {"imageSize": "large"}))
