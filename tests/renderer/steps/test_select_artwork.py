"""Which artwork is drawn on: by kind, language and source, and what happens when some cannot be fetched."""

import asyncio

import pytest

from renderer.jobs.art_ranking import rank_artwork
from renderer.jobs.candidates import all_artwork
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from services.artwork import Art, Gallery
from shared.domain.errors import ArtBroken, ArtNotFound, SourceDown
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.renderer.steps.test_steps import drawn, processed
from tests.renderer.studio import (
    ART,
    IMDB,
    PART,
    PART_BY_ITS_SERIES,
    PART_BY_ITSELF,
    Studio,
    a_part,
    a_title,
    art_bytes,
)

STILL = Art("/still.jpg", 1920, 1080, None, kind=Kind.EPISODE)
WIDE = Art("/wide.jpg", 3840, 2160, None, kind=Kind.BACKDROP)
LOGO = Art("/logo.png", 800, 300, "en", kind=Kind.LOGO)
LIKED = Art("https://assets.fanart.tv/liked.jpg", 1000, 1426, "en")
DOWN = SourceDown("other", "status 500")


def settings_of(kind: Kind = Kind.POSTER, /, **query: str) -> Settings:
    return parse(kind, Format.JPG, query)


def art(path: str, lang: str | None, region: str | None = None) -> Art:
    return Art(path, 1, 1, lang, region)


FRENCH, TEXTLESS, ENGLISH = art("/fr.jpg", "fr"), art("/none.jpg", None), art("/en.jpg", "en")
PORTUGUESE, BRAZILIAN = art("/pt.jpg", "pt", "PT"), art("/br.jpg", "pt", "BR")
ALL = (FRENCH, TEXTLESS, ENGLISH, PORTUGUESE, BRAZILIAN)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (settings_of(lang="pt-BR"), [BRAZILIAN, PORTUGUESE, ENGLISH, TEXTLESS, FRENCH]),
        (settings_of(lang="pt"), [PORTUGUESE, BRAZILIAN, ENGLISH, TEXTLESS, FRENCH]),
        (settings_of(), [ENGLISH, TEXTLESS, FRENCH, PORTUGUESE, BRAZILIAN]),
        (settings_of(textless="true", lang="fr"), [TEXTLESS, FRENCH, ENGLISH, PORTUGUESE, BRAZILIAN]),
        (settings_of(Kind.LOGO, lang="fr"), [FRENCH, ENGLISH, TEXTLESS, PORTUGUESE, BRAZILIAN]),
        (settings_of(Kind.BACKDROP, lang="fr"), [TEXTLESS, FRENCH, ENGLISH, PORTUGUESE, BRAZILIAN]),
        (settings_of(Kind.EPISODE), [TEXTLESS, ENGLISH, FRENCH, PORTUGUESE, BRAZILIAN]),
    ],
)
def test_art_is_ranked_by_language_as_its_kind_needs(settings: Settings, expected: list[Art]) -> None:
    assert expected == rank_artwork(ALL, settings, None)


@pytest.mark.parametrize(
    ("query", "is_urgent", "expected"),
    [
        ({}, False, ["sources", "other"]),
        ({"image_source": "f"}, False, ["other", "sources"]),
        ({"lang": "de"}, False, ["other", "sources"]),
        ({"lang": "de"}, True, ["sources", "other"]),
    ],
)
def test_the_settings_decide_which_source_comes_first(
    studio: Studio, query: dict[str, str], *, is_urgent: bool, expected: list[str]
) -> None:
    untried = all_artwork(settings_of(**query), studio.dependencies.art_sources, is_urgent=is_urgent)

    assert expected == [place.source.name for place in untried.places]


def test_with_one_source_there_is_no_choice(studio: Studio) -> None:
    untried = all_artwork(settings_of(image_source="f"), studio.dependencies.art_sources[:1])

    assert ["sources"] == [place.source.name for place in untried.places]


async def test_the_other_source_is_not_asked_while_the_first_has_art(studio: Studio) -> None:
    await drawn(studio)

    assert 0 == studio.other_art.calls


async def test_fanart_is_drawn_when_it_is_preferred(studio: Studio) -> None:
    studio.other_art.pictures = {Kind.POSTER: (LIKED,)}
    studio.other_art.art = {LIKED.path: art_bytes()}

    result = await drawn(studio, image_source="f")

    assert LIKED == result.art
    assert not result.degraded


@pytest.mark.parametrize("broken", [ArtNotFound("gone"), b"no picture"])
async def test_the_other_source_replaces_artwork_that_is_gone_or_broken(
    studio: Studio, broken: bytes | ArtNotFound
) -> None:
    studio.sources.art = {ART.path: broken}
    studio.other_art.pictures = {Kind.POSTER: (LIKED,)}
    studio.other_art.art = {LIKED.path: art_bytes()}

    result = await drawn(studio)

    assert (LIKED, False) == (result.art, result.degraded)


async def test_a_title_without_a_poster_of_its_own_source_gets_another_sources(studio: Studio) -> None:
    studio.sources.title_known = a_title().__class__(media=a_title().media)
    studio.other_art.pictures = {Kind.POSTER: (LIKED,)}
    studio.other_art.art = {LIKED.path: art_bytes()}

    result = await drawn(studio)

    assert (LIKED, False) == (result.art, result.degraded)


async def test_a_failure_of_the_preferred_source_makes_the_picture_degraded(studio: Studio) -> None:
    studio.other_art.pictures = DOWN

    result = await drawn(studio, image_source="f")

    assert (ART, ["other"]) == (result.art, result.context.failures.sources)


async def test_a_silent_preferred_source_does_not_prevent_the_picture(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.jobs.candidates.GALLERY_TIMEOUT_S", 0.05)
    studio.other_art.hold = asyncio.Event()

    result = await drawn(studio, image_source="f")

    assert (ART, ["other"]) == (result.art, result.context.failures.sources)


async def test_a_picture_with_preferred_artwork_is_not_replaced_by_one_without(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    studio.other_art.pictures = {Kind.POSTER: (LIKED,)}
    studio.other_art.art = {LIKED.path: art_bytes()}
    await drawn(studio, image_source="f")
    studio.other_art.pictures = DOWN
    studio.clock.advance(90_000)

    with pytest.raises(SourceDown):
        await drawn(studio, image_source="f")


async def test_no_artwork_after_a_failure_is_a_transient_error(studio: Studio) -> None:
    studio.sources.title_known = a_title().__class__(media=a_title().media)
    studio.other_art.pictures = DOWN

    with pytest.raises(ArtBroken):
        await drawn(studio)


async def test_the_fallback_uses_artwork_that_needs_no_call(studio: Studio) -> None:
    studio.other_art.hold = asyncio.Event()
    pipeline = Pipeline(studio.dependencies, studio.metrics)

    picture = await pipeline.run_fallback(await studio.job(lang="de"), settings_of(lang="de"))

    assert picture.body
    assert 0 == studio.other_art.calls


@pytest.mark.parametrize(("kind", "expected"), [(Kind.LOGO, LOGO), (Kind.BACKDROP, WIDE)])
async def test_each_kind_is_drawn_on_art_of_its_own(studio: Studio, kind: Kind, expected: Art) -> None:
    gallery: Gallery = {Kind.POSTER: (ART,), Kind.BACKDROP: (WIDE,), Kind.LOGO: (LOGO,)}
    studio.sources.title_known = a_title().__class__(media=a_title().media, gallery=gallery)
    studio.sources.art = {expected.path: art_bytes()}

    result = await drawn(studio, IMDB, kind)

    assert (JobOutcome.DRAWN, expected) == (result.outcome, result.art)


@pytest.mark.parametrize("kind", [Kind.LOGO, Kind.BACKDROP])
async def test_a_title_without_artwork_of_the_kind_is_a_permanent_error(studio: Studio, kind: Kind) -> None:
    with pytest.raises(ArtNotFound):
        await drawn(studio, IMDB, kind)


@pytest.mark.parametrize("title", [PART_BY_ITS_SERIES, PART_BY_ITSELF])
async def test_an_episode_is_found_by_its_series_and_by_its_own_id(studio: Studio, title: ExternalId) -> None:
    studio.sources.title_known = a_part(STILL)
    studio.sources.art = {STILL.path: art_bytes()}

    result = await drawn(studio, title, Kind.EPISODE)

    assert (PART, JobOutcome.DRAWN) == (result.media, result.outcome)
    assert str(PART) == result.picture.metadata.media


async def test_all_ids_of_an_episode_share_one_picture(studio: Studio) -> None:
    studio.sources.title_known = a_part(STILL)
    studio.sources.art = {STILL.path: art_bytes()}
    await drawn(studio, PART_BY_ITS_SERIES, Kind.EPISODE)

    again = await processed(studio, PART_BY_ITSELF, Kind.EPISODE)

    assert JobOutcome.FRESH is again.outcome


@pytest.mark.parametrize(
    ("gallery", "expected"),
    [
        ({Kind.EPISODE: (STILL,), Kind.BACKDROP: (WIDE,), Kind.POSTER: (ART,)}, STILL),
        ({Kind.BACKDROP: (WIDE,), Kind.POSTER: (ART,)}, WIDE),
        ({Kind.POSTER: (ART,)}, ART),
    ],
)
async def test_an_episode_without_a_still_shows_its_series(
    studio: Studio, gallery: dict[Kind, tuple[Art, ...]], expected: Art
) -> None:
    studio.sources.title_known = a_part(gallery=gallery)
    studio.sources.art = {expected.path: art_bytes()}

    result = await drawn(studio, PART_BY_ITS_SERIES, Kind.EPISODE)

    assert expected == result.art


async def test_a_still_of_any_source_comes_before_other_kinds_of_the_preferred_source(studio: Studio) -> None:
    studio.sources.title_known = a_part(STILL)
    studio.sources.art = {STILL.path: art_bytes()}
    studio.other_art.pictures = {Kind.BACKDROP: (WIDE,)}

    result = await drawn(studio, PART_BY_ITS_SERIES, Kind.EPISODE, image_source="f")

    assert STILL == result.art
