"""Properties of any design: its normal form, its canonical text, its settings and its schema."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from gateway.designs.designs_api import design_schema
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument, canonical_text, decode_design
from shared.designs.normal_form import normal_design
from shared.designs.read import read_design
from shared.domain.pictures import Format
from shared.settings.digest import settings_hash, settings_text
from shared.settings.model import Settings
from tests.shared.designs.documents import designs, documents
from tests.shared.designs.written import SPECIMEN

SCHEMA = Draft202012Validator(design_schema())


@given(designs)
def test_a_design_survives_its_canonical_text(design: DesignDocument) -> None:
    text = canonical_text(design)

    assert design == decode_design(text) == read_design(msgspec.json.decode(text))
    assert text == canonical_text(decode_design(text))


@given(designs)
def test_the_normal_form_of_a_normal_form_is_itself(design: DesignDocument) -> None:
    assert design == normal_design(design)


@given(designs)
def test_what_a_design_means_survives_the_store_and_is_one_line_of_text(design: DesignDocument) -> None:
    settings = design_settings(design, Format.WEBP, {})

    again = msgspec.json.decode(msgspec.json.encode(settings), type=Settings)
    assert settings_hash(settings) == settings_hash(again)
    assert len([line for line in settings_text(settings).splitlines() if line.startswith("design ")]) <= 1


@given(documents)
def test_the_schema_accepts_what_the_service_accepts(document: dict[str, Any]) -> None:
    plain = msgspec.to_builtins(document)

    assert [] == list(SCHEMA.iter_errors(plain))
    assert [] == list(SCHEMA.iter_errors(msgspec.json.decode(canonical_text(read_design(plain)))))


def test_the_schema_accepts_an_element_of_every_type() -> None:
    assert [] == list(SCHEMA.iter_errors(SPECIMEN))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "banner"},
        {"kind": "poster", "version": 2},
        {"kind": "poster", "elements": [{"type": "circle"}]},
        {"kind": "poster", "elements": [{"type": "award", "x": 1001}]},
        {"kind": "poster", "elements": [{"type": "text", "text": "x", "colour": "red"}]},
        {"kind": "poster", "elements": [{"type": "text", "text": "x", "more": 1}]},
        {"kind": "poster", "elements": [{"type": "award", "when": [["imdb", "eq"]]}]},
        {"kind": "poster", "elements": [{"type": "award"}] * 25},
    ],
)
def test_the_schema_refuses_what_the_types_refuse(wrong: dict[str, Any]) -> None:
    assert [] != list(SCHEMA.iter_errors(wrong))
