"""The controls that the editor of designs offers for the elements."""

from typing import Any, get_args

import msgspec
import pytest
from msgspec.inspect import EnumType, UnionType, VarTupleType, type_info

from gateway.web.design_controls import design_context, design_fields
from gateway.web.design_words import FACT_VALUES, FACT_WORDS, OPERATORS, TITLES_IN_THE_STRIP, VALUES
from shared.designs.checks import checked_design
from shared.designs.conditions import Fact, Operator
from shared.designs.document import DesignArt, DesignDocument
from shared.designs.elements import AnyElement
from shared.domain.pictures import Kind
from shared.domain.ratings import RatingSite
from shared.queue.prewarm_input import parse_external_id

ELEMENTS = get_args(AnyElement)
BY_TYPE = {each["type"]: each for each in design_context()["elements"]}


def words_of(field: msgspec.structs.FieldInfo) -> set[str]:
    """Return the words that a field may have, apart from rating sites."""
    match type_info(field.type):
        case EnumType(cls=enum) | VarTupleType(item_type=EnumType(cls=enum)):
            return set() if enum is RatingSite else {each.value for each in enum}
        case _:
            return set()


def test_every_type_of_elements_can_be_added() -> None:
    assert [str(each.__struct_config__.tag) for each in ELEMENTS] == list(BY_TYPE)


@pytest.mark.parametrize("struct", [*ELEMENTS, DesignArt], ids=lambda struct: str(struct.__name__))
def test_every_field_has_a_control_with_words(struct: type[msgspec.Struct]) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct) if field.name != "when"}

    controls = {control.name: control for control in design_fields(struct)}

    assert fields.keys() == controls.keys()
    for name, control in controls.items():
        assert control.label
        assert control.is_required == (fields[name].default is msgspec.NODEFAULT)
        assert words_of(fields[name]) - {"none"} <= {choice.value for choice in control.choices}
        assert all(choice.words for choice in control.choices)


@pytest.mark.parametrize("type_name", BY_TYPE)
def test_a_new_element_is_valid(type_name: str) -> None:
    element = {"type": type_name, **BY_TYPE[type_name]["new"]}

    design = msgspec.convert({"kind": "poster", "elements": [element]}, DesignDocument)

    assert checked_design(design) == design


def test_numbers_have_the_bounds_of_the_types() -> None:
    (width,) = [field for field in BY_TYPE["box"]["fields"] if field["name"] == "width"]

    assert (1, 1000) == (width["lowest"], width["highest"])


def test_an_optional_site_can_be_nothing() -> None:
    (other,) = [field for field in BY_TYPE["rating"]["fields"] if field["name"] == "else"]

    assert {"", *RatingSite} == {choice["value"] for choice in other["choices"]}
    assert isinstance(type_info(RatingSite | None), UnionType)


def test_every_fact_and_every_comparison_has_words() -> None:
    assert set(Fact) == set(FACT_WORDS) == set(FACT_VALUES)
    assert set(Operator) == set(OPERATORS)


@pytest.mark.parametrize("fact", [fact for fact in Fact if FACT_VALUES[fact]["choices"]])
def test_the_words_that_a_fact_is_compared_with_are_those_of_the_service(fact: Fact) -> None:
    conditions: list[Any] = [[fact, "eq", word] for word in FACT_VALUES[fact]["choices"]]
    element = {"type": "scrim", "when": conditions}

    design = checked_design(msgspec.convert({"kind": "poster", "elements": [element]}, DesignDocument))

    assert len(conditions) == len(design.elements[0].when)


@pytest.mark.parametrize("kind", Kind)
def test_six_titles_strain_a_design(kind: Kind) -> None:
    titles = TITLES_IN_THE_STRIP[kind]

    assert 6 == len({title.words for title in titles}) == len({parse_external_id(title.id) for title in titles})


def test_no_label_is_left_over() -> None:
    names = {field["name"] for each in BY_TYPE.values() for field in each["fields"]}
    names |= {field["name"] for field in design_context()["art"]}

    assert VALUES.keys() <= names
