"""The document of designs: every type has a section whose example is valid, and a small picture of it."""

import io
import re
from typing import Final, get_args

import msgspec
import pytest
from PIL import Image

from deploy.dev.documents.__main__ import DESIGNS
from deploy.dev.documents.design_pictures import design_pictures, examples
from deploy.dev.documents.thumbnails import MAX_BYTES, draw_thumbnail
from shared.designs.builtin import builtin_presets
from shared.designs.checks import TEXT_FIELDS
from shared.designs.conditions import Fact, Operator
from shared.designs.elements import AnyElement
from shared.designs.read import read_design

TEXT: Final = DESIGNS.read_text(encoding="utf-8")
FOLDER: Final = DESIGNS.with_suffix("")
TYPES: Final = {each.__struct_config__.tag for each in get_args(AnyElement)}


def test_every_type_of_element_has_an_example_that_is_valid() -> None:
    found = dict(examples(TEXT))

    assert TYPES == set(found)
    assert all(any(each.__struct_config__.tag == name for each in found[name].elements) for name in TYPES)


def test_the_complete_example_is_valid() -> None:
    complete = TEXT.partition("```json\n")[2].partition("```")[0]

    assert 5 == len(read_design(msgspec.json.decode(complete)).elements)


def test_the_example_of_conditions_is_valid() -> None:
    example = TEXT.partition("## Conditions")[2].partition("```json\n")[2].partition("```")[0]

    (element,) = read_design({"kind": "poster", "elements": [msgspec.json.decode(example)]}).elements
    assert 3 == len(element.when)


def test_every_field_fact_operator_and_preset_is_named() -> None:
    fields = TEXT.partition("## Fields of texts")[2].partition("## ")[0]
    conditions = TEXT.partition("## Conditions")[2].partition("## ")[0]

    assert [] == [name for name in TEXT_FIELDS if f"`{{{name}}}`" not in fields]
    assert [] == [word for word in (*Fact, *Operator) if f"`{word}`" not in conditions]
    assert [] == [name for name in builtin_presets() if f"`{name}`" not in TEXT]


def test_every_picture_in_the_document_is_there_and_none_is_left_over() -> None:
    named = re.findall(r"\]\(designs/([^)]+)\)", TEXT)

    assert sorted(named) == sorted(path.name for path in FOLDER.iterdir())
    assert set(named) == set(design_pictures(TEXT))


@pytest.mark.parametrize("name", ["element-text.webp", "preset-cinema-lobby.webp"])
def test_a_picture_is_small_and_like_the_one_in_the_document(name: str) -> None:
    raw = draw_thumbnail(design_pictures(TEXT)[name])

    with Image.open(io.BytesIO(raw)) as got, Image.open(FOLDER / name) as kept:
        assert len(raw) <= MAX_BYTES
        assert got.size == kept.size
