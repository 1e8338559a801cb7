"""What is chosen on each level, and the look that the levels make."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.layers import (
    KIND_OVERRIDES,
    LONGEST_TEXT,
    Overrides,
    audit_details,
    check,
    check_all,
    decode_overrides,
    merge_change,
    parse_all_kinds,
    parse_one_kind,
    resolve_layers,
)
from gateway.settings.resolved import KIND_RESOLVED, as_parameters, resolve_all_kinds, resolve_one_kind
from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import PARAMETERS, parse
from tests.shared.words import formats, kinds, queries


def as_choices(kind: Kind, query: dict[str, str]) -> str:
    """Write a query as a page writes choices: the types of JSON, and no parameter that the kind has not."""
    resolve_layers = as_parameters(parse(kind, Format.JPG, query))
    return msgspec.json.encode({name: value for name, value in resolve_layers.items() if value is not None}).decode()


@given(kinds, formats, queries)
def test_a_look_that_is_spelled_and_read_again_is_the_same(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    settings = parse(kind, fmt, query)

    text = msgspec.json.encode(as_parameters(settings)).decode()

    assert settings == resolve_layers(kind, settings.format, [parse_one_kind(kind, text)])


@given(kinds, formats, queries)
def test_a_spelled_look_has_every_parameter_of_its_kind_in_its_type(
    kind: Kind, fmt: Format, query: dict[str, str]
) -> None:
    words = as_parameters(parse(kind, fmt, query))

    assert {param.names[0] for param in PARAMETERS if kind in param.kinds} == set(words)
    assert words == msgspec.to_builtins(msgspec.convert(words, KIND_RESOLVED[kind]))
    check(kind, words)
    msgspec.convert(words, KIND_OVERRIDES[kind])


@given(kinds, queries, queries)
def test_what_levels_come_to_is_the_look_that_they_make(kind: Kind, low: dict[str, str], high: dict[str, str]) -> None:
    below, own = (f'{{"{kind}": {as_choices(kind, query)}}}' for query in (low, high))

    both = getattr(resolve_all_kinds([below, own]), kind.value)
    over = resolve_one_kind(kind, [below], as_choices(kind, high))

    expected = as_parameters(
        resolve_layers(kind, Format.JPG, [parse_all_kinds(below)[kind], parse_all_kinds(own)[kind]])
    )
    assert expected == msgspec.to_builtins(both) == msgspec.to_builtins(over)


@given(st.dictionaries(kinds, queries))
def test_what_was_chosen_is_shown_as_it_was_chosen(chosen: dict[Kind, dict[str, str]]) -> None:
    kept = {kind.value: msgspec.json.decode(as_choices(kind, query)) for kind, query in chosen.items()}
    text = merge_change("", msgspec.convert(kept, Overrides))

    assert kept == msgspec.to_builtins(decode_overrides(text))
    assert len(text) * 2 < LONGEST_TEXT
    check_all(kept)


def test_a_change_names_what_it_changes_and_nothing_else() -> None:
    change = msgspec.convert({"poster": {"lang": None, "split": True}, "logo": {"ratings_order": ["rt"]}}, Overrides)

    text = merge_change('{"poster": {"lang": "de", "blur": true}, "episode": {"blur": true}}', change)

    assert {
        "poster": {"blur": True, "split": True},
        "logo": {"ratings_order": ["rt"]},
        "episode": {"blur": True},
    } == msgspec.json.decode(text)
    assert {"poster.lang": None, "poster.split": True, "logo.ratings_order": "rt"} == audit_details(change)


def test_an_empty_list_goes_over_the_one_below_it() -> None:
    resolved = resolve_all_kinds(['{"poster":{"ratings_exclude":["imdb"]}}', '{"poster":{"ratings_exclude":[]}}'])

    assert "imdb" in msgspec.to_builtins(resolved)["poster"]["ratings_order"]


def test_a_setting_of_both_insets_goes_over_those_of_one_below_it() -> None:
    chosen = resolve_all_kinds(['{"poster": {"edge_inset_x": 7}}', '{"poster": {"edge_inset": 3, "edge_inset_y": 4}}'])

    insets = [getattr(chosen.poster, name) for name in ("edge_inset", "edge_inset_x", "edge_inset_y")]  # type: ignore[attr-defined]  # made when the program runs

    assert [3, 3, 4] == insets


@pytest.mark.parametrize("overrides", [None, [], "poster", {"poster": 1}, {"banner": {"position": "zz"}}, {"logo": {}}])
def test_what_has_not_the_form_of_choices_is_left_to_their_type(overrides: object) -> None:
    check_all(overrides)

    with pytest.raises(BadRequest, match=r"poster\.position must be one of"):
        check_all({"poster": {"position": "zz"}})
