from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.storage.base import ImageMetadata
from renderer.storage.object_metadata import UnreadableFacts, from_metadata, to_metadata
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_text
from shared.settings.parameters import parse

LONGEST_METADATA = 2048  # of S3

texts = st.text(st.characters(exclude_categories=["Cs"]))
facts = st.builds(
    ImageMetadata,
    content_type=st.just("image/png"),
    etag=st.just("e" * 32),
    drawn_at=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    media=st.just("series-1396:1:1"),
    fingerprint=texts,
    look=texts,
    film_date=st.none() | st.dates(),
    degraded=st.booleans(),
)


@given(facts)
def test_facts_survive_the_round_trip_through_headers(facts: ImageMetadata) -> None:
    metadata = to_metadata(facts)

    assert facts == from_metadata(facts.content_type, metadata)
    assert all(text.isascii() and text.isprintable() and " " not in text for text in metadata.values())


@pytest.mark.parametrize("kind", Kind)
def test_the_longest_look_fits(kind: Kind) -> None:
    look = parse(kind, Format.WEBP, {"imageSize": "very-large", "lang": "pt-BR", "badge_size": "xl"})
    stored = ImageMetadata(
        content_type="image/webp",
        etag="e" * 32,
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="series-2147483647:9999:99999",
        fingerprint="f" * 32,
        look=settings_text(look),
        film_date=date(1922, 3, 4),
    )

    metadata = to_metadata(stored)

    assert LONGEST_METADATA > sum(len(name) + len(text) for name, text in metadata.items())


@pytest.mark.parametrize("broken", [{"etag": None}, {"drawn-at": "yesterday"}, {"film-date": "1922"}, {"look": "%ff"}])
def test_what_is_not_ours_is_unreadable(broken: dict[str, str | None]) -> None:
    good = ImageMetadata(
        content_type="image/png",
        etag="e",
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="movie-1",
        fingerprint="f",
        look="l",
    )
    metadata = {name: text for name, text in (to_metadata(good) | broken).items() if text is not None}

    with pytest.raises(UnreadableFacts):
        from_metadata(msgspec.structs.asdict(good)["content_type"], metadata)
