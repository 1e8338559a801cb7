"""The document of the parameters is what the code says, and every picture in it is there and small."""

import io
import re
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from deploy.dev.documents.__main__ import PARAMETERS_DOCUMENT as DOCUMENT
from deploy.dev.documents.generated_block import NoSuchBlock
from deploy.dev.documents.parameters_page import FOLDER, page
from deploy.dev.documents.thumbnails import MAX_BYTES, WIDTH, draw_thumbnail, thumbnails, write_thumbnails
from gateway.web.controls import SITES, Control, controls
from shared.domain.pictures import Kind
from shared.settings.parameters import PARAMETERS, Parameter

TEXT: Final = DOCUMENT.read_text(encoding="utf-8")
PICTURES: Final = sorted((DOCUMENT.parent / FOLDER).iterdir())
MAX_BYTES_OF_ALL: Final = 1_500_000


def named(name: str) -> Parameter:
    return next(param for param in PARAMETERS if param.names[0] == name)


def section(name: str) -> str:
    return page(TEXT).partition(f"### `{name}`\n")[2].partition("\n### ")[0]


def test_the_document_says_what_the_code_says() -> None:
    assert page(TEXT) == TEXT, "run `make docs`"


def test_a_parameter_without_a_place_in_the_document_is_noticed() -> None:
    with pytest.raises(NoSuchBlock, match="blur"):
        page(TEXT.replace("<!-- blur: written by make docs -->", ""))


def test_every_picture_in_the_document_is_there_and_none_is_left_over() -> None:
    shown = re.findall(rf"!\[[^]]+\]\({FOLDER}/([^)]+)\)", TEXT)

    assert sorted(shown) == [path.name for path in PICTURES], "run `make docs`"


def test_pictures_are_as_wide_as_in_a_grid_and_small() -> None:
    widths = set()
    for path in PICTURES:
        with Image.open(path) as opened:
            widths.add(opened.width)

    assert set(WIDTH.values()) == widths
    assert all(path.stat().st_size <= MAX_BYTES for path in PICTURES)
    assert sum(path.stat().st_size for path in PICTURES) <= MAX_BYTES_OF_ALL


def test_a_section_has_meaning_default_kinds_and_labels() -> None:
    text = section("position")

    assert "**Default** `bc`, `tr` for backdrops and episodes · **For** posters, backdrops and episodes" in text
    assert "![position=bc](parameters/position-bc.webp)" in text
    assert "| `bc` (default) | `tc` |" in text
    assert "| Bottom centre | Top centre |" in text
    assert "**Default** `none` ·" in section("badges")
    assert "**Default** not set ·" in section("lang")
    assert "Here with `ratings_limit=4`:" in section("direction")
    assert "**Also** `badge_direction`" in section("direction")
    assert "a whole number from 0 to 50" in section("edge_inset")


@pytest.mark.parametrize(
    "control", [each for each in controls() if each.name != "imageSize"], ids=lambda each: each.name
)
def test_every_value_of_a_list_is_in_a_picture(control: Control) -> None:
    """All but sizes, which the table of kinds has in pixels: at the size of these pictures they look the same."""
    values = {choice.value for bounds in control.bounds.values() for choice in bounds.choices}
    values |= set(SITES) if control.name == "ratings_order" else set()

    shown = {word for shot in thumbnails(named(control.name)).values() for word in shot.caption.split(",")}

    assert set() == values - shown


def test_the_words_of_a_list_have_their_meaning_below_the_picture() -> None:
    assert "| Rotten Tomatoes (critics) | Rotten Tomatoes (audience) |" in section("ratings_order")
    assert "| 3D, HDR, HDR10+, Dolby Vision |" in section("badges")
    assert "| Genre, Runtime, Year | None |" in section("chips")


def test_values_with_signs_of_markdown_do_not_break_a_table() -> None:
    tables = [line for line in section("badgePos").splitlines() if line.startswith("|")]

    assert {3} == {len(re.findall(r"(?<!\\)\|", line)) - 1 for line in tables}


def test_a_picture_is_webp_of_a_poster_and_of_a_backdrop_where_posters_lack_the_parameter() -> None:
    poster = thumbnails(named("blur"))["blur-true.webp"]
    backdrop = thumbnails(named("title"))["title-logo.webp"]

    with Image.open(io.BytesIO(draw_thumbnail(poster))) as opened:
        assert ("WEBP", (150, 222)) == (opened.format, opened.size)
    assert (Kind.POSTER, Kind.BACKDROP) == (poster.kind, backdrop.kind)


def test_writing_removes_pictures_of_values_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "blur-maybe.webp").write_bytes(b"old")

    written = write_thumbnails([named("blur")], tmp_path)

    found = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert {"blur-true.webp", "blur-false.webp"} == set(found)
    assert written == sum(found.values())
