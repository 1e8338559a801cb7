"""The contact sheet: nothing that can be asked for is missing on it, and all that it shows is there."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from deploy.dev.sheet.art import PLAIN, Art, art, demo_picture
from deploy.dev.sheet.card_titles import CardTitle
from deploy.dev.sheet.design_shots import STRAINING
from deploy.dev.sheet.film_languages import NAMES, chosen_language, poster_in_language
from deploy.dev.sheet.page import write_sheet
from deploy.dev.sheet.sections import options, sections
from deploy.dev.sheet.shots import RATINGS, Row, Section, Shot
from gateway.pictures.address import CARD
from renderer.drawing.rating_text import Verdict
from shared.designs.builtin import builtin_presets
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Format, Kind
from shared.domain.ratings import RatingSite
from shared.settings.model import MOST_BADGES, Axis, Fit, Label, LabelPosition, Position
from shared.settings.parameters import PARAMETERS, Parameter, parse

CARD_QUERY = {name: str(value) for name, value in CARD.items()}
EVERY = sections()
BY_KEY = {section.key: section for section in EVERY}
SHOTS = {section.key: tuple(one for one in section.shots if isinstance(one, Shot)) for section in EVERY}
APPLIES = [pytest.param(p, kind, id=f"{p.names[0]}-{kind}") for p in PARAMETERS for kind in Kind if kind in p.kinds]


def shot(kind: Kind = Kind.EPISODE, **query: str) -> Shot:
    """Return a small picture."""
    return Shot(kind=kind, query={"imageSize": "small", **query}, caption="<one>", art=Art.DARK)


def small_sheet(*shots: Shot) -> Section:
    return Section("few", "A & B", "A few.", (Row("row", shots),))


@pytest.mark.parametrize(
    ("param", "kind"), APPLIES, ids=lambda value: value.names[0] if isinstance(value, Parameter) else ""
)
def test_every_parameter_has_a_picture_of_each_value_for_each_kind(param: Parameter, kind: Kind) -> None:
    shown = [one for one in SHOTS[param.names[0]] if one.kind is kind]

    assert list(options(param, kind)) == [one.query[param.names[0]] for one in shown]


@pytest.mark.parametrize(
    ("param", "kind"), APPLIES, ids=lambda value: value.names[0] if isinstance(value, Parameter) else ""
)
def test_the_pictures_of_a_parameter_differ(param: Parameter, kind: Kind) -> None:
    shown = [one for one in SHOTS[param.names[0]] if one.kind is kind]

    assert len({(one.settings, demo_picture(one.settings)) for one in shown}) >= 2


@pytest.mark.parametrize("kind", list(Kind))
def test_every_size_is_shown(kind: Kind) -> None:
    shown = {one.settings.canvas for one in SHOTS["imageSize"] if one.kind is kind}

    assert set(CANVAS[kind].values()) == shown


def test_every_number_of_badges_is_shown() -> None:
    shown = {one.settings.limit for one in SHOTS["ratings_limit"]}

    assert set(range(MOST_BADGES + 1)) == shown


def test_every_position_is_shown_along_and_down() -> None:
    shown = {(one.kind, one.settings.position, one.settings.strip_axis) for one in SHOTS["placement"]}

    kinds = (Kind.POSTER, Kind.BACKDROP, Kind.EPISODE)
    assert {(kind, position, axis) for kind in kinds for position in Position for axis in Axis} == shown


def test_every_award_is_shown_with_every_position() -> None:
    shown = {(one.award, one.settings.position) for one in SHOTS["statuettes"]}

    assert {(award, position) for award in Award for position in Position} <= shown


def test_every_site_verdict_fit_and_format_is_shown() -> None:
    sites = {(site, one.settings.label) for one in SHOTS["sites"] for site in one.ratings}
    framed = (Kind.POSTER, Kind.BACKDROP)
    fits = {(one.kind, one.settings.fit, one.art) for one in SHOTS["fits"]}

    assert {(site, label) for site in RatingSite for label in Label} == sites
    assert set(Verdict) == {one.caption for one in SHOTS["verdicts"]}
    assert {(kind, fit, ground) for kind in framed for fit in Fit for ground in (Art.NARROW, Art.WIDE)} == fits
    assert set(Format) == {one.settings.format for one in SHOTS["formats"]}
    assert set(RatingSite) == set(RATINGS)


def test_one_film_is_shown_in_its_six_languages_its_own_and_without_text() -> None:
    chosen = {one.caption: chosen_language(one.settings) for one in SHOTS["languages"]}

    assert chosen == {tag: tag for tag in NAMES} | {"ko,original": "de", "ta,none": "xx", "pt-BR": "en"}
    assert len(NAMES) == len({poster_in_language(parse(Kind.POSTER, Format.JPG, {"lang": tag})) for tag in NAMES})


def test_cards_are_shown_with_every_logo_on_every_ground_and_with_badges_and_labels_everywhere() -> None:
    shown = SHOTS["cards"]

    assert {(card, ground) for card in CardTitle for ground in (Art.SCENE, *PLAIN)} <= {(s.card, s.art) for s in shown}
    assert set(Position) == {one.settings.position for one in shown}
    assert set(LabelPosition) == {one.settings.chips_position for one in shown if one.settings.chips}
    assert all(one.is_card for one in shown)
    assert all(one.query | CARD_QUERY == one.query for one in shown if one.caption in set(CardTitle))


def test_every_preset_is_shown_on_every_title_that_strains_a_design() -> None:
    shown = {(row.name, shot.caption) for row in BY_KEY["presets"].rows for shot in row.shots}

    assert {(name, title.strain) for name in builtin_presets() for title in STRAINING} == shown
    assert 6 == len(STRAINING)


def test_a_value_that_repeats_an_earlier_one_is_left_out() -> None:
    flag = next(param for param in PARAMETERS if param.names[0] == "blur")
    size = next(param for param in PARAMETERS if param.names[0] == "imageSize")

    assert ("true", "false") == options(flag, Kind.POSTER)
    assert ("medium", "large", "very-large") == options(size, Kind.POSTER)


def test_a_parameter_of_an_unknown_form_is_noticed() -> None:
    novel = Parameter(
        ("novel",),
        "novel",
        frozenset(Kind),
        read=lambda text, _: text,
        allowed=lambda _: "any colour you like",
        json=lambda _: str,
    )

    with pytest.raises(LookupError, match="novel"):
        options(novel, Kind.POSTER)


def test_no_logo_is_without_letters() -> None:
    logos = {demo_picture(one.settings).tag for section in EVERY for one in section.shots if one.kind is Kind.LOGO}

    assert {"en", "de"} == logos


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("ground", [Art.SCENE, *PLAIN])
def test_art_is_as_wide_as_the_picture(kind: Kind, ground: Art) -> None:
    settings = parse(kind, Format.JPG, {})

    with Image.open(io.BytesIO(art(ground, settings))) as opened:
        width = opened.width

    assert settings.canvas[0] == width


@pytest.mark.parametrize(("ground", "shape"), [(Art.NARROW, 0.4), (Art.WIDE, 2.4)])
def test_shaped_art_is_narrower_and_wider_than_any_picture(ground: Art, shape: float) -> None:
    with Image.open(io.BytesIO(art(ground, parse(Kind.POSTER, Format.JPG, {})))) as opened:
        width, height = opened.size

    assert shape == pytest.approx(width / height, abs=0.01)


def test_the_page_shows_every_picture_once_and_each_is_whole(tmp_path: Path) -> None:
    shots = (shot(), shot(ratings_limit="0"), shot(Kind.LOGO, imageSize="medium"), shot())

    index = write_sheet([small_sheet(*shots)], tmp_path)

    words = index.read_text(encoding="utf-8")
    named = re.findall(r'<img src="([^"]+)"', words)
    assert [one.file for one in shots] == named
    assert {"index.html", *named} == {path.name for path in tmp_path.iterdir()}
    for name in named:
        with Image.open(tmp_path / name) as opened:
            opened.load()
            assert f'src="{name}"' in words
            assert f'width="{opened.width}" height="{opened.height}"' in words


def test_the_page_needs_nothing_from_elsewhere_and_escapes_its_words(tmp_path: Path) -> None:
    index = write_sheet([small_sheet(shot())], tmp_path)

    words = index.read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|<script|<link|@import|url\(", words)
    assert "&lt;one&gt;" in words
    assert "A &amp; B" in words


def test_a_new_sheet_removes_the_pictures_of_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "poster-0123456789abcdef.jpg").write_bytes(b"old")
    (tmp_path / "holiday.jpg").write_bytes(b"dear")

    write_sheet([small_sheet(shot())], tmp_path)

    assert {"index.html", "holiday.jpg", shot().file} == {path.name for path in tmp_path.iterdir()}
