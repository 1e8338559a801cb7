"""Settings as the query that leads to them."""

from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given

from gateway.settings.look_query import shortest_query
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.shared.words import formats, kinds, queries


@given(kinds, formats, queries)
def test_a_query_that_is_made_of_settings_leads_back_to_them(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    settings = parse(kind, fmt, query)

    made = shortest_query(settings)

    assert made is not None
    assert settings == parse(kind, settings.format, dict(parse_qsl(made, keep_blank_values=True)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ""),
        ({"position": "bl", "badge_style": "v", "ratings_limit": "3"}, "position=bl"),
        ({"ratings_limit": "0", "badge_size": "s"}, "ratings_limit=0"),
        ({"ratings_order": "rt,imdb"}, "ratings_order=rt,imdb"),
        ({"lang": "de", "badgePos": "bottom|left", "badges": "4k"}, "lang=de&badges=4k&badgePos=bottom|left"),
    ],
    ids=str,
)
def test_nothing_is_named_that_changes_nothing(query: dict[str, str], expected: str) -> None:
    assert expected == shortest_query(parse(Kind.POSTER, Format.JPG, query))


def test_settings_that_no_query_leads_to_have_none() -> None:
    impossible = msgspec.structs.replace(parse(Kind.POSTER, Format.JPG, {}), limit=0)

    assert shortest_query(impossible) is None
