"""Every row of the parameter table draws what it says: its values give different pictures, for each of its kinds."""

from datetime import date
from functools import cache
from io import BytesIO
from itertools import combinations
from typing import Final

import msgspec
import pytest
from PIL import Image

from renderer.content.fallback import plain_settings
from renderer.jobs.pipeline import Pipeline
from services.artwork import Art
from services.titles import Release, ReleaseType, Showings, SourceRatings, Title
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind, Size
from shared.domain.ratings import GREATEST, Rating, RatingSite
from shared.settings.model import (
    AgeRating,
    ArtPreference,
    Axis,
    Background,
    BadgeSize,
    Corner,
    Fit,
    Label,
    LabelPosition,
    Position,
    QualityPosition,
    QualitySize,
    RatingScale,
    Shape,
)
from shared.settings.parameters import PARAMETERS, parse
from shared.settings.work import plain_size
from tests.renderer.steps.test_steps import drawn
from tests.renderer.studio import IMDB, PART_BY_ITS_SERIES, Studio, a_part, a_title


class Row(msgspec.Struct, frozen=True):
    """Values of one parameter, and other parameters that are needed for them to make a difference."""

    values: tuple[str, ...]
    beside: dict[str, str] = {}


FLAG: Final = ("true", "false")
ROWS: Final = {
    "imageSize": Row(tuple(Size)),
    "ratings_order": Row(("imdb", "rt", "ebert,mal"), {"ratings_limit": "2"}),
    "ratings_limit": Row(tuple(str(limit) for limit in range(11)), {"badge_size": "xs"}),
    "ratings_exclude": Row(("", "mal", "mal,imdb")),
    "badge_style": Row(tuple(Axis)),
    "label_style": Row(tuple(Label)),
    "badge_size": Row(tuple(BadgeSize), {"ratings_limit": "1"}),
    "badge_shape": Row(tuple(Shape), {"badge_style": "h"}),
    "badge_background": Row(tuple(Background)),
    "position": Row(tuple(Position), {"badge_style": "h", "direction": "v", "badge_size": "xs", "ratings_limit": "2"}),
    "direction": Row(("h", "v"), {"badge_style": "h", "badge_size": "xs", "ratings_limit": "2"}),
    "split": Row(FLAG, {"ratings_limit": "2"}),
    "fit": Row(tuple(Fit)),
    "blur": Row(FLAG),
    "edge_inset": Row(("0", "5", "20"), {"position": "tl", "ratings_limit": "1"}),
    "edge_inset_x": Row(("0", "5", "20"), {"position": "tl", "ratings_limit": "1"}),
    "edge_inset_y": Row(("0", "5", "20"), {"position": "tl", "ratings_limit": "1"}),
    "image_source": Row(tuple(ArtPreference)),
    "textless": Row(FLAG),
    "lang": Row(("de", "fr", "en")),
    "awards": Row(FLAG),
    "average": Row(("all", "critics"), {"ratings_order": "avg"}),
    "weights": Row(("equal", "imdb:1,rt:99"), {"ratings_order": "avg"}),
    "min_votes": Row(FLAG),
    "rating_scale": Row(tuple(RatingScale)),
    "badge_opacity": Row(("10", "60", "100")),
    "badge_colour": Row(("auto", "gold", "navy")),
    "font_colour": Row(("auto", "gold", "navy")),
    "site_colours": Row(("auto", "imdb:red", "mal:gold,imdb:navy"), {"label_style": "t"}),
    "badges": Row(("none", "4k", "4k,hdr", "hdr,4k", "1080p,dolbyvision,web,atmos")),
    "badgePos": Row(tuple(QualityPosition), {"badges": "4k"}),
    "badgeSize": Row(tuple(QualitySize), {"badges": "4k"}),
    "chips": Row(("none", "genre", "runtime", "year", "year,genre", "genre,year")),
    "chips_position": Row(tuple(LabelPosition), {"chips": "genre"}),
    "sash": Row(("none", "award"), {"awards": "false"}),
    "sash_position": Row(tuple(LabelPosition), {"sash": "award", "awards": "false"}),
    "age_rating": Row(tuple(AgeRating)),
    "age_position": Row(tuple(Corner), {"age_rating": "official"}),
    "title": Row(("none", "logo")),
    "art": Row(("english-{kind}.jpg", "german-{kind}.jpg")),
    "region": Row(("US", "DE"), {"age_rating": "official"}),
}
SHARES: Final = {RatingSite.RT: 0.55}
VOTES: Final = {RatingSite.MAL: 99}  # too few
SAME: Final = {("textless", Kind.BACKDROP): {FLAG}, ("badge_size", Kind.BACKDROP): {("m", "l")}}
"""Values that give the same picture: a backdrop prefers textless artwork anyway, and its usual badges are large."""

ART: Final = (300, 420)
"""Pixels: far enough from the ratio of every picture that each fit shows."""


@cache
def striped(colour: tuple[int, int, int]) -> bytes:
    """Return artwork with edges, so that blurring and cropping make a difference."""
    picture = Image.new("RGB", ART, colour)
    for left in range(0, ART[0], 50):
        picture.paste((240, 240, 240), (left, left, left + 25, ART[1] - left // 2))
    body = BytesIO()
    picture.save(body, "PNG")
    return body.getvalue()


def art(name: str, lang: str | None, kind: Kind) -> Art:
    return Art(f"/{name}-{kind}.jpg", *ART, lang, kind=kind)


PICTURES: Final = {"english": "en", "german": "de", "french": "fr", "plain": None}
COLOURS: Final = {"english": (150, 40, 40), "german": (40, 150, 40), "french": (40, 40, 150), "plain": (150, 150, 40)}


@pytest.fixture
def stocked(studio: Studio) -> Studio:
    """Set up a title with artwork of every kind in three languages and textless, all ratings, and an Oscar."""
    for kind in Kind:
        for name in PICTURES:
            studio.sources.art[f"/{name}-{kind}.jpg"] = striped(COLOURS[name])
        studio.other_art.art[f"/other-{kind}.jpg"] = striped((40, 150, 150))
    lettered = {name: lang for name, lang in PICTURES.items() if lang}
    posters = tuple(art(name, lang, Kind.POSTER) for name, lang in PICTURES.items())
    gallery = {kind: tuple(art(name, lang, kind) for name, lang in lettered.items()) for kind in Kind}
    ratings = {site: Rating(greatest * SHARES.get(site, 0.83), VOTES.get(site)) for site, greatest in GREATEST.items()}
    assert set(RatingSite) == set(ratings)
    showings = Showings(
        releases=(
            Release("US", ReleaseType.THEATRICAL, None, "PG-13"),
            Release("DE", ReleaseType.THEATRICAL, None, "12"),
        )
    )
    studio.sources.title_known = msgspec.structs.replace(
        a_title(),
        gallery=gallery | {Kind.POSTER: posters},
        genre=18,
        runtime=153,
        released=date(1927, 2, 6),
        showings=showings,
    )
    studio.sources.answer = SourceRatings(ratings, award=Award.OSCAR, age=9)
    return studio


def episode(stocked: Studio) -> Title:
    """Return an episode without a still: only then does the source of its artwork matter."""
    assert stocked.sources.title_known is not None
    return a_part(gallery={Kind.BACKDROP: stocked.sources.title_known.gallery[Kind.BACKDROP]})


def with_a_logo(stocked: Studio) -> None:
    """Add a backdrop without text, on which the title is named, and a logo that can be seen through."""
    title, logo = stocked.sources.title_known, BytesIO()
    assert title is not None
    Image.new("RGBA", (300, 100), (240, 60, 60, 128)).save(logo, "PNG")
    stocked.sources.art["/english-logo.jpg"] = logo.getvalue()
    plain = {Kind.BACKDROP: (art("plain", None, Kind.BACKDROP),)}
    stocked.sources.title_known = msgspec.structs.replace(title, gallery=title.gallery | plain)


def test_every_parameter_has_a_row() -> None:
    assert {param.names[0] for param in PARAMETERS} == set(ROWS)


@pytest.mark.parametrize(
    ("name", "kind"), [(param.names[0], kind) for param in PARAMETERS for kind in Kind if kind in param.kinds]
)
async def test_every_value_of_a_parameter_gives_another_picture(stocked: Studio, name: str, kind: Kind) -> None:
    row, title = ROWS[name], IMDB
    if kind is Kind.EPISODE:
        title, stocked.sources.title_known = PART_BY_ITS_SERIES, episode(stocked)
    if name == "title":
        with_a_logo(stocked)
    stocked.other_art.pictures = {kind: (art("other", "en", kind),)} if name == "image_source" else {}
    if kind is Kind.EPISODE and name == "image_source":
        stocked.other_art.pictures = {Kind.BACKDROP: (art("other", "en", Kind.BACKDROP),)}
    values = [value.format(kind=kind) for value in row.values if is_allowed(name, value, kind)]

    bodies = {}
    for value in values:
        result = await drawn(stocked, title, kind, **{"ratings_limit": "3"} | row.beside | {name: value})
        assert result.picture is not None
        bodies[value] = result.picture.body

    same = {pair for pair in combinations(values, 2) if bodies[pair[0]] == bodies[pair[1]]}
    assert len(values) > 1
    assert SAME.get((name, kind), set()) == same


@pytest.mark.parametrize(
    ("name", "kind"), [(param.names[0], kind) for param in PARAMETERS for kind in Kind if kind in param.kinds]
)
async def test_plain_artwork_depends_on_no_parameter_that_its_settings_leave_out(
    stocked: Studio, name: str, kind: Kind
) -> None:
    row, pipeline, title = ROWS[name], Pipeline(stocked.dependencies, stocked.metrics), IMDB
    if kind is Kind.EPISODE:
        title, stocked.sources.title_known = PART_BY_ITS_SERIES, episode(stocked)
    job = await stocked.job(title)

    for value in (each.format(kind=kind) for each in row.values if is_allowed(name, each, kind)):
        fmt = Format.PNG if kind is Kind.LOGO else Format.JPG
        settings = parse(kind, fmt, {"ratings_limit": "3"} | row.beside | {name: value})
        exact = msgspec.structs.replace(settings, size=plain_size(settings))

        shared = await pipeline.run_fallback(job, plain_settings(settings))

        assert (await pipeline.run_fallback(job, exact)).body == shared.body


def is_allowed(name: str, value: str, kind: Kind) -> bool:
    """Tell whether a value differs for a kind: some sizes do not exist for every kind."""
    if name != "imageSize":
        return True
    if value == Size.SMALL:
        return kind in {Kind.BACKDROP, Kind.EPISODE}
    return not (kind is Kind.BACKDROP and value == Size.VERY_LARGE)  # the same as large
