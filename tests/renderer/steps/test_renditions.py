"""Another rendition of the same picture is tried before the next picture."""

import pytest
from structlog.testing import capture_logs

from services.artwork import Art, Gallery
from shared.domain.errors import ArtNotFound, MarqueeError, SourceDown, SourceTooLarge
from shared.domain.pictures import Kind
from tests.renderer.steps.test_steps import drawn
from tests.renderer.studio import IMDB, Studio, a_title, art_bytes

FIRST, SECOND = Art("/first.svg", 500, 160, "en", kind=Kind.LOGO), Art("/second.png", 500, 160, "en", kind=Kind.LOGO)
TOO_LARGE = SourceTooLarge("sources", "declares more than 26214400 bytes")


@pytest.fixture
def two_logos(studio: Studio) -> Studio:
    """Return a studio with two logos, the first of which has three files."""
    gallery: Gallery = {Kind.LOGO: (FIRST, SECOND)}
    studio.sources.title_known = a_title().__class__(media=a_title().media, gallery=gallery)
    studio.sources.files = {FIRST.path: ("original", "original.png", "w500.png")}
    studio.sources.art = {SECOND.path: art_bytes()}
    return studio


def having(studio: Studio, *files: bytes | MarqueeError) -> None:
    names = [f"{FIRST.path} {name}" for name in studio.sources.files[FIRST.path]]
    studio.sources.art |= dict(zip(names, files, strict=True))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((art_bytes(), b"", b""), "original"),
        ((b"<svg>", art_bytes(), b""), "original.png"),
        ((TOO_LARGE, art_bytes(), b""), "original.png"),
        ((b"<svg>", TOO_LARGE, art_bytes()), "w500.png"),
        ((b"<svg>", b"no picture", art_bytes()), "w500.png"),
    ],
)
async def test_a_file_that_is_refused_or_too_large_is_replaced_by_another_of_the_same_picture(
    two_logos: Studio, files: tuple[bytes | MarqueeError, ...], expected: str
) -> None:
    having(two_logos, *files)

    result = await drawn(two_logos, IMDB, Kind.LOGO)

    assert (FIRST.path, expected, False) == (result.art.path, result.art.rendition, result.degraded)


async def test_the_next_picture_follows_when_no_rendition_can_be_used(two_logos: Studio) -> None:
    having(two_logos, b"<svg>", b"no picture", TOO_LARGE)

    result = await drawn(two_logos, IMDB, Kind.LOGO)

    assert (SECOND.path, False) == (result.art.path, result.degraded)


@pytest.mark.parametrize(("error", "is_degraded"), [(ArtNotFound("gone"), False), (SourceDown("sources", "x"), True)])
async def test_other_renditions_of_a_picture_that_cannot_be_fetched_are_not_tried(
    two_logos: Studio, error: MarqueeError, *, is_degraded: bool
) -> None:
    having(two_logos, error, art_bytes(), art_bytes())

    result = await drawn(two_logos, IMDB, Kind.LOGO)

    assert (SECOND.path, is_degraded) == (result.art.path, result.degraded)
    assert 2 == two_logos.sources.calls["fetch"]


async def test_the_log_and_a_metric_say_which_rendition_was_used(two_logos: Studio) -> None:
    having(two_logos, b"<svg>", art_bytes(), b"")

    with capture_logs() as logs:
        await two_logos.queue.enqueue([await two_logos.job(IMDB, Kind.LOGO)])
        (delivery,) = await two_logos.queue.claim(1, 1.0)
        await two_logos.worker.process_job(delivery)

    events = [(log["event"], log["rendition"]) for log in logs if "rendition" in log]
    assert [("art_not_decoded", "original"), ("job_settled", "original.png")] == events
    name, labels = "renderer_artwork_drawn_total", {"source": "sources", "rendition": "original.png"}
    assert 1.0 == two_logos.registry.get_sample_value(name, labels)


async def test_a_picture_in_the_language_comes_before_the_preferred_source(studio: Studio) -> None:
    german, english = Art("/de.jpg", 0, 0, "de"), Art("/en.jpg", 0, 0, "en")
    studio.sources.title_known = a_title(german)
    studio.sources.art = {german.path: art_bytes()}
    studio.other_art.pictures = {Kind.POSTER: (english,)}
    studio.other_art.art = {english.path: art_bytes()}

    by_tag = await drawn(studio, lang="de")
    by_source = await drawn(studio, image_source="f")

    assert ["/de.jpg", "/en.jpg"] == [by_tag.art.path, by_source.art.path]
