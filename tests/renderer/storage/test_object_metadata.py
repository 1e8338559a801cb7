import zlib
from base64 import b64encode
from datetime import UTC, date, datetime
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.drawing_version import DRAWING
from renderer.storage.base import ImageMetadata
from renderer.storage.object_metadata import InvalidMetadata, from_s3, to_s3
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_text
from shared.settings.parameters import parse
from tests.shared.designs.documents import designs
from tests.shared.designs.written import written

MAX_METADATA_BYTES = 2048  # limit of S3

EXAMPLE = ImageMetadata(
    content_type="image/png",
    etag="e" * 32,
    drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
    media="movie-278",
    fingerprint="f",
    settings_text="marquee look 1",
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
metadata = st.builds(
    ImageMetadata,
    content_type=st.just("image/png"),
    etag=st.just("e" * 32),
    drawn_at=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    media=st.just("series-1396:1:1"),
    fingerprint=texts,
    settings_text=texts,
    film_date=st.none() | st.dates(),
    degraded=st.booleans(),
    is_running=st.none() | st.booleans(),
    drawing=st.integers(0, 999_999),
)


@given(metadata)
def test_metadata_survives_the_round_trip_through_headers(metadata: ImageMetadata) -> None:
    fields = to_s3(metadata)

    assert metadata == from_s3(metadata.content_type, fields)
    assert all(text.isascii() and text.isprintable() and " " not in text for text in fields.values())


@pytest.mark.parametrize("kind", Kind)
def test_the_longest_settings_fit(kind: Kind) -> None:
    settings = parse(kind, Format.WEBP, {"imageSize": "very-large", "lang": "pt-BR", "badge_size": "xl"})
    stored = ImageMetadata(
        content_type="image/webp",
        etag="e" * 32,
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="series-2147483647:9999:99999",
        fingerprint="f" * 32,
        settings_text=settings_text(settings),
        film_date=date(1922, 3, 4),
        is_running=False,
    )

    fields = to_s3(stored)

    assert MAX_METADATA_BYTES > sum(len(name) + len(text) for name, text in fields.items())


@given(designs)
def test_a_design_is_kept_with_its_picture(design: DesignDocument) -> None:
    text = settings_text(design_settings(design, Format.JPG, {}))
    stored = ImageMetadata(
        content_type="image/jpeg",
        etag="e" * 32,
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="series-2147483647:9999:99999",
        fingerprint="f" * 32,
        settings_text=text,
        label_until=date(2027, 3, 4),
        lists="top=250,trending=25",
    )

    fields = to_s3(stored)

    assert MAX_METADATA_BYTES > sum(len("x-amz-meta-" + name) + len(value) for name, value in fields.items())
    assert from_s3("image/jpeg", fields).settings_text in {text, ""}
    assert text == from_s3("image/jpeg", fields).settings_text or len(text) > 1500


def test_a_large_design_is_compressed_and_one_that_no_object_can_hold_is_left_out() -> None:
    def fields_of(count: int, words: str) -> dict[str, str]:
        texts = [{"type": "text", "text": f"{words[:40]}{nth}", "x": nth, "y": nth * 7 % 90} for nth in range(count)]
        whens = [{**text, "when": [["title", "eq", words[nth * 50 : nth * 50 + 60]]]} for nth, text in enumerate(texts)]
        text = settings_text(design_settings(written(*whens), Format.JPG, {}))
        return to_s3(msgspec.structs.replace(EXAMPLE, settings_text=text))

    noise = "".join(b64encode(sha256(bytes([nth])).digest()).decode() for nth in range(50))

    small, large, huge = fields_of(1, "x" * 2000), fields_of(20, "x" * 2000), fields_of(24, noise)

    assert "design" in small["look"]
    assert "look" not in large
    assert from_s3("image/png", large).settings_text.startswith("marquee look 1")
    assert "" == huge["look"] == from_s3("image/png", huge).settings_text


@pytest.mark.parametrize("text", ["%%", "AAAA", b64encode(zlib.compress(b"a\0")).decode()])
def test_damaged_compressed_settings_are_invalid(text: str) -> None:
    fields = to_s3(EXAMPLE)
    del fields["look"]

    with pytest.raises(InvalidMetadata):
        from_s3("image/png", fields | {"look-deflated": text})


@pytest.mark.parametrize(
    ("media", "is_running", "expected"),
    [
        ("series-7", True, True),
        ("series-7", False, False),
        ("series-7", None, True),
        ("series-7:1:2", None, False),
        ("movie-7", None, False),
    ],
)
def test_a_series_may_go_on_unless_it_is_known_to_have_ended(
    media: str,
    is_running: bool | None,  # noqa: FBT001 - a parameter of the table
    expected: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    stored = ImageMetadata(
        content_type="image/png",
        etag="e",
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media=media,
        fingerprint="f",
        settings_text="l",
        is_running=is_running,
    )

    assert expected is stored.may_continue


@pytest.mark.parametrize(
    "broken",
    [
        {"drawing": "-1"},
        {"drawing": "new"},
        {"drawing": "1" * 7},
        {"etag": None},
        {"drawn-at": "yesterday"},
        {"film-date": "1922"},
        {"look": "%ff"},
        {"fingerprint": "a%00"},
    ],
)
def test_metadata_of_another_program_is_invalid(broken: dict[str, str | None]) -> None:
    good = ImageMetadata(
        content_type="image/png",
        etag="e",
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="movie-1",
        fingerprint="f",
        settings_text="l",
    )
    fields = {name: text for name, text in (to_s3(good) | broken).items() if text is not None}

    with pytest.raises(InvalidMetadata):
        from_s3(msgspec.structs.asdict(good)["content_type"], fields)


def test_a_picture_stored_before_its_drawing_version_was_recorded_is_outdated() -> None:
    stored = ImageMetadata(
        content_type="image/png",
        etag="e",
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
        media="movie-1",
        fingerprint="f",
        settings_text="l",
        drawing=DRAWING,
    )
    fields = to_s3(stored)
    before = {name: text for name, text in fields.items() if name != "drawing"}

    assert not from_s3("image/png", fields).is_outdated
    assert from_s3("image/png", before).is_outdated
    assert not msgspec.structs.replace(stored, drawing=DRAWING + 1).is_outdated  # while an upgrade is under way
