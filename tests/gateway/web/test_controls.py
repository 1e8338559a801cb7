"""The controls that a page offers for the parameters of a picture."""

import json
from typing import Any

import pytest

from gateway.web.controls import GROUPS, KINDS, SITES, controls, settings_context
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import RatingSite
from shared.settings.parameters import PARAMETERS, Parameter, normalize, parse_query

BY_NAME = {control.name: control for control in controls()}


def as_text(value: Any) -> str:
    """A value of JSON as a query has it."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return ",".join(value)
        case _:
            return str(value)


@pytest.mark.parametrize("param", PARAMETERS, ids=lambda param: param.names[0])
def test_every_parameter_has_a_control_with_words(param: Parameter) -> None:
    control = BY_NAME[param.names[0]]

    assert param.kinds == set(control.kinds) == set(control.bounds) == set(control.defaults)
    assert control.label
    assert control.group in GROUPS
    assert control.control in {"sites", "list", "slider", "segments", "switch", "position", "text", "picks"}


@pytest.mark.parametrize("param", PARAMETERS, ids=lambda param: param.names[0])
def test_every_choice_can_be_asked_for(param: Parameter) -> None:
    control = BY_NAME[param.names[0]]

    asked = [
        parse_query(kind, {control.name: value})
        for kind, bounds in control.bounds.items()
        for value in (
            *(choice.value for choice in bounds.choices),
            *_ends(bounds.control, bounds.lowest, bounds.highest),
        )
    ]

    assert all(len(chosen) == 1 for chosen in asked)


def _ends(control: str, lowest: int, highest: int) -> tuple[str, ...]:
    return (str(lowest), str(highest)) if control == "slider" else ()


def test_nothing_is_offered_that_there_is_not() -> None:
    assert {param.names[0] for param in PARAMETERS} == set(BY_NAME)
    assert set(RatingSite) == set(SITES)
    assert set(Kind) == set(KINDS)


@pytest.mark.parametrize("kind", Kind)
def test_asking_for_every_default_is_asking_for_nothing(kind: Kind) -> None:
    said = {name: as_text(control.defaults[kind]) for name, control in BY_NAME.items() if kind in control.kinds}

    look = normalize(kind, Format.PNG, parse_query(kind, said))

    assert normalize(kind, Format.PNG, {}) == look


def test_defaults_are_as_chosen_for_everybody() -> None:
    text = json.dumps(
        {"poster": {"position": "tl", "ratings_order": ["rt"], "edge_inset": 7, "edge_inset_x": 3, "lang": "de"}}
    )

    chosen = {control.name: control.defaults for control in controls(text)}

    assert ("tl", "bc") == (chosen["position"][Kind.POSTER], BY_NAME["position"].defaults[Kind.POSTER])
    assert ["rt", "mal", "imdb"] == chosen["ratings_order"][Kind.POSTER][:3]
    assert (3, 7) == (chosen["edge_inset_x"][Kind.POSTER], chosen["edge_inset_y"][Kind.POSTER])
    assert ("de", "") == (chosen["lang"][Kind.POSTER], chosen["lang"][Kind.BACKDROP])
    assert "d" == chosen["badge_style"][Kind.POSTER]


def test_what_this_version_cannot_read_is_passed_over() -> None:
    text = json.dumps({"poster": {"position": "somewhere", "unheard": 1, "split": None}})

    chosen = [control.defaults for control in controls(text)]

    assert [control.defaults for control in controls()] == chosen


def test_the_facts_of_the_page_are_json() -> None:
    facts = json.loads(json.dumps(settings_context("", "t0-free-rpdb")))

    assert ("t0-free-rpdb", None) == (facts["free_key"], settings_context()["free_key"])
    assert [580, 859] == facts["kinds"][0]["canvas"]["medium"]
    assert {"id": "tt0017136", "name": "Metropolis", "year": 1927} == facts["films"][0]
