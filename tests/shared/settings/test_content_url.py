"""The content URL: what is formatted can be parsed, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import BadRequest, UnknownSettings
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import ContentAddress, content_path, parse_content_address
from shared.settings.digest import SettingsHash

HASH = SettingsHash("ab" * 16)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("fmt", Format)
def test_a_formatted_path_is_parsed_back(kind: Kind, fmt: Format) -> None:
    title = ExternalId.parse(IdType.IMDB, "tt0903747:1:1" if kind is Kind.EPISODE else "tt0017136").of_picture(kind)

    path = content_path(HASH, title, kind, fmt)

    assert f"/c/{HASH}/imdb/{kind}-default/{title.in_address}.{fmt}" == path
    assert ContentAddress(HASH, kind, title, fmt) == parse_content_address(*path.removeprefix("/c/").split("/"))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((HASH, "imdbs", "poster-default", "tt0017136.jpg"), "id type"),
        ((HASH, "imdb", "poster", "tt0017136.jpg"), "style"),
        ((HASH, "imdb", "poster-default", "tt0017136.gif"), "must end in"),
        ((HASH, "imdb", "poster-default", "tt0017136"), "must end in"),
    ],
)
def test_an_invalid_part_is_named(parts: tuple[str, str, str, str], words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_content_address(*parts)

    assert words in caught.value.public


@given(st.text(max_size=40), st.text(max_size=12), st.text(max_size=20), st.text(max_size=80))
def test_any_text_is_an_address_or_a_clear_error(settings_hash: str, id_type: str, style: str, file: str) -> None:
    try:
        address = parse_content_address(settings_hash, id_type, style, file)
    except (BadRequest, UnknownSettings):
        return
    assert address == parse_content_address(settings_hash, id_type, style, f"{address.title}.{address.format}")
