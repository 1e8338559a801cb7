"""Freehand designs through the whole pipeline: what they ask the sources, what is redrawn, and for how long."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from renderer.jobs.context import Drawn, JobResult
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from services.artwork import Art
from services.titles import Release, ReleaseType, Showings, SourceRatings, Title, TitleName
from shared.designs.as_settings import design_settings
from shared.domain.awards import Award
from shared.domain.errors import SourceDown
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.queue.messages import RenderJob
from shared.settings.model import SashWord
from shared.stores.postgres import Pool
from tests.renderer.steps.test_cards import BARE_POSTER, ENGLISH, GERMAN, POSTER, flat, logo
from tests.renderer.steps.test_labels import put_list
from tests.renderer.studio import IMDB, MOVIE, PART_BY_ITSELF, RATINGS, SERIES, Studio, a_part, a_title
from tests.shared.designs.written import written

BOX = {"type": "box", "width": 10, "height": 10}
TITLE = {"type": "text", "text": "{title}"}


async def processed(
    studio: Studio,
    *elements: dict[str, Any],
    title: ExternalId = IMDB,
    kind: str = "poster",
    is_forced: bool = False,
    **fields: Any,
) -> JobResult:
    """Return how the job of a design ends."""
    settings = design_settings(written(*elements, kind=kind, **fields), Format.JPG, {})
    settings_hash = await studio.dependencies.settings_registry.remember(settings)
    job = RenderJob(settings_hash=settings_hash, title=title, force=is_forced)
    studio.queue.announce(job)
    return await Pipeline(studio.dependencies, studio.metrics).run(job, settings)


async def drawn(studio: Studio, *elements: dict[str, Any], **more: Any) -> Drawn:
    result = await processed(studio, *elements, **more)
    assert isinstance(result, Drawn)
    return result


async def test_a_design_that_shows_nothing_of_the_title_asks_for_nothing_more(studio: Studio) -> None:
    result = await drawn(studio, BOX)

    assert {"find", "title", "fetch"} == set(studio.sources.calls)
    assert (None, "") == (result.picture.metadata.label_until, result.picture.metadata.lists)


@pytest.mark.parametrize(
    ("element", "call"),
    [
        ({"type": "rating", "site": "imdb"}, "ratings"),
        ({"type": "award"}, "ratings"),
        ({**BOX, "when": [["award", "eq", "none"]]}, "ratings"),
        ({"type": "text", "text": "{score}"}, "ratings"),
        ({"type": "age", "system": "commonsense"}, "ratings"),
        ({"type": "sash", "words": ["status"]}, "title with showings"),
        ({"type": "age"}, "title with showings"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else value,
)
async def test_a_design_asks_for_what_it_shows(studio: Studio, element: dict[str, Any], call: str) -> None:
    await drawn(studio, element)

    assert call in studio.sources.calls


async def test_names_in_other_languages_are_asked_for_only_where_a_text_names_the_title(studio: Studio) -> None:
    await drawn(studio, BOX, art={"lang": "de"})

    assert "names" not in studio.sources.calls

    await drawn(studio, TITLE, art={"lang": "de"})

    assert 1 == studio.sources.calls["names"]


async def test_the_title_is_in_the_language_of_the_design(studio: Studio) -> None:
    english = await drawn(studio, TITLE)
    studio.sources.names_known = (TitleName("Die Stadt der Zukunft", "de"), TitleName("未来都市", "ja"))

    pictures = [(await drawn(studio, TITLE, art={"lang": lang})).picture for lang in ("de", "ja", "fr")]

    assert 3 == len({picture.metadata.fingerprint for picture in pictures})
    assert english.picture.metadata.fingerprint == pictures[2].metadata.fingerprint


async def test_without_the_names_the_picture_is_degraded(studio: Studio) -> None:
    studio.sources.names_known = SourceDown("tmdb", "down")

    result = await drawn(studio, TITLE, art={"lang": "de"})

    assert result.picture.metadata.degraded


async def test_a_fact_that_is_not_shown_redraws_nothing(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    design: list[dict[str, Any]] = [{"type": "rating", "site": "imdb"}, {**BOX, "when": [["rt", "ge", 60]]}]
    first = await drawn(studio, *design)
    studio.sources.answer = SourceRatings(
        {**RATINGS, RatingSite.RT: Rating(61), RatingSite.MC: Rating(50)}, award=Award.OSCAR, age=8
    )
    studio.sources.title_known = msgspec.structs.replace(a_title(film_date=None), runtime=99, genre=18)
    studio.clock.advance(90_000)

    again = await processed(studio, *design)

    assert JobOutcome.UNCHANGED is again.outcome
    studio.sources.answer = SourceRatings({**RATINGS, RatingSite.RT: Rating(59)})
    studio.clock.advance(90_000)
    changed = await drawn(studio, *design)
    assert first.picture.metadata.fingerprint != changed.picture.metadata.fingerprint


async def test_a_sash_is_true_until_its_day(studio: Studio) -> None:
    release = Release("US", ReleaseType.THEATRICAL, date(2026, 11, 22), "")
    known = msgspec.structs.replace(a_title(film_date=date(2026, 11, 1)), showings=Showings(releases=(release,)))
    studio.sources.title_known = known

    sash = await drawn(studio, {"type": "sash", "words": ["status"]})
    text = await drawn(studio, {"type": "text", "text": "{status}"})

    assert date(2026, 11, 22) == sash.picture.metadata.label_until == text.picture.metadata.label_until


async def test_the_rank_in_a_list_is_stored_with_the_picture(studio: Studio, pool: Pool) -> None:
    text = {"type": "text", "text": "No. {rank|–}"}
    await put_list(pool, SashWord.TOP, date(2026, 11, 21), MOVIE)

    result = await drawn(studio, text)

    assert "top=1" == result.picture.metadata.lists


def with_art(studio: Studio, *arts: Art) -> None:
    art: dict[str, Any] = {ENGLISH.path: logo((250, 60, 60)), GERMAN.path: logo((60, 250, 60))}
    art |= {each.path: flat((20, 20, 200), (600, 900)) for each in (POSTER, BARE_POSTER)}
    studio.sources.art = art
    kinds = {each.kind for each in arts}
    gallery = {kind: tuple(each for each in arts if each.kind is kind) for kind in kinds}
    studio.sources.title_known = msgspec.structs.replace(a_title(), gallery=gallery, original_lang="en")


async def test_a_poster_without_text_has_the_logo_and_one_with_text_does_not(studio: Studio) -> None:
    with_art(studio, POSTER, BARE_POSTER, ENGLISH, GERMAN)

    bare = await drawn(studio, {"type": "logo"}, art={"textless": True})
    german = await drawn(studio, {"type": "logo"}, art={"textless": True, "lang": "de"})
    titled = await drawn(studio, {"type": "logo"})

    assert [BARE_POSTER.path, POSTER.path] == [bare.art.path, titled.art.path]
    assert bare.picture.metadata.fingerprint != german.picture.metadata.fingerprint
    without = await drawn(studio, {**BOX, "when": [["year", "gt", 9000]]})
    assert without.picture.body == titled.picture.body


async def test_a_title_without_a_logo_is_named_in_letters(studio: Studio) -> None:
    with_art(studio, BARE_POSTER)

    named = await drawn(studio, {"type": "logo"}, art={"textless": True})
    plain = await drawn(studio, {**BOX, "when": [["year", "gt", 9000]]}, art={"textless": True})

    assert named.picture.body != plain.picture.body


class WithSeries:
    """The title source of an episode, which knows its series as well."""

    def __init__(self, studio: Studio, series: Title) -> None:
        self._titles, self._series, self.name = studio.dependencies.title_source, series, "tmdb"
        self.find, self.names = self._titles.find, self._titles.names

    async def title(self, media: Any, *, with_showings: bool = False) -> Title | None:
        """Return the series, or the one title that is known."""
        return self._series if media == SERIES else await self._titles.title(media, with_showings=with_showings)


async def test_an_episode_is_named_after_its_series_and_by_itself(studio: Studio) -> None:
    still = Art("/still.jpg", 780, 439, None, kind=Kind.EPISODE)
    studio.sources.title_known = a_part(still)
    studio.sources.art = {still.path: flat((20, 20, 20), (780, 439))}
    prints = []
    for name in ("Fantômas", "Judex"):
        series = Title(media=SERIES, name=name, genre=80)
        studio.dependencies = replace(studio.dependencies, title_source=WithSeries(studio, series))
        design = {"type": "text", "text": "{title} S{season}E{episode}"}
        result = await drawn(studio, design, title=PART_BY_ITSELF, kind="episode", is_forced=True)
        prints.append(result.picture.metadata.fingerprint)

    assert prints[0] != prints[1]
