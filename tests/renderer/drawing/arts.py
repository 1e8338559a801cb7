"""Artwork and settings for the tests, made in code, so that the repository holds no copyrighted artwork."""

import io

from PIL import Image, ImageDraw, ImageFilter

from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.recorded_inputs import FIXTURES, recorded

PICTURES = FIXTURES / "images"

RATINGS: Ratings = {
    RatingSite.IMDB: Rating(8.5, 1_000_000),
    RatingSite.TMDB: Rating(85.2, 20_000),
    RatingSite.RT: Rating(92, 300),
    RatingSite.RTA: Rating(88),
    RatingSite.MC: Rating(78),
    RatingSite.TRAKT: Rating(82),
    RatingSite.LB: Rating(4.2),
    RatingSite.MAL: Rating(8.5),
    RatingSite.MDBLIST: Rating(81),
    RatingSite.EBERT: Rating(3.5),
    RatingSite.MCU: Rating(7.9),
    RatingSite.AVG: Rating(82),
    RatingSite.ANILIST: Rating(86),
    RatingSite.KITSU: Rating(84.23),
}


def settings_of(fmt: Format = Format.PNG, kind: Kind = Kind.POSTER, **query: object) -> Settings:
    """Return the settings that a query gives."""
    return parse(kind, fmt, {name: str(value) for name, value in query.items()})


def picture(size: tuple[int, int] = (580, 859)) -> Image.Image:
    """Return a picture that is bright at the top and dark at the bottom, with colours from left to right."""
    across = Image.linear_gradient("L").rotate(90).resize(size, Image.Resampling.BICUBIC)
    down = Image.linear_gradient("L").rotate(180).resize(size, Image.Resampling.BICUBIC)
    return Image.merge("RGB", (down, across.point([v // 2 for v in range(256)]), across))


def lettering(size: tuple[int, int] = (900, 300)) -> Image.Image:
    """Return a logo: soft-edged bars on a transparent background, off centre."""
    mask = Image.new("L", size)
    for number in range(5):
        at = size[0] // 6 + number * size[0] // 8
        mask.paste(255, (at, size[1] // 3, at + size[0] // 16, size[1] - size[1] // 6))
    mask = mask.filter(ImageFilter.GaussianBlur(2))
    logo = Image.new("RGBA", size, (235, 170, 60, 0))
    logo.putalpha(mask)
    return logo


def lettered(*boxes: tuple[int, int, int, int], ground: int = 235, ink: int = 20) -> Image.Image:
    """Return a plain poster with bars as wide as the strokes of a title's letters in these boxes."""
    art = Image.new("RGB", (580, 859), (ground,) * 3)
    pen = ImageDraw.Draw(art)
    for left, top, right, bottom in boxes:
        for x in range(left, right, 24):
            pen.rectangle((x, top, x + 11, bottom), fill=(ink,) * 3)
    return art


def encoded(image: Image.Image, name: str = "PNG", **options: object) -> bytes:
    """Return the picture as a file of that format."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def decoded(raw: bytes) -> Image.Image:
    """Return the pixels of an encoded picture."""
    with Image.open(io.BytesIO(raw)) as opened:
        opened.load()
        return opened


def fixture(name: str) -> bytes:
    """Return a recorded picture, or skip the test where there are no recordings."""
    return recorded(PICTURES / name).read_bytes()


def near(expected: tuple[int, ...], actual: object, slack: int) -> bool:
    """Tell whether two colours differ by at most ``slack`` in every channel."""
    assert isinstance(actual, tuple)
    return all(abs(one - other) <= slack for one, other in zip(expected, actual, strict=True))
