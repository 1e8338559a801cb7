"""Labels through the whole pipeline: what they ask the sources, when they are redrawn, and how long they last."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from renderer.content.picture_result import CacheStatus
from renderer.content.responses import lifetime_header
from renderer.db.title_lists import note_attempt, save_title_list
from renderer.jobs.context import JobResult
from renderer.jobs.list_book import list_name
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from renderer.jobs.recent_checks import mark_of_lists
from renderer.storage.base import ImageMetadata
from renderer.storage.memory import MemoryStorage
from renderer.storage.storage_key import storage_key
from services.titles import Release, ReleaseType, Showings, SourceRatings, Title, TitleName
from shared.domain.awards import Award
from shared.domain.errors import SourceDown
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from shared.queue.protocol import Delivery
from shared.settings.model import SashWord
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from tests.renderer.steps.test_steps import drawn
from tests.renderer.studio import IMDB, MOVIE, RATINGS, Studio, a_title

ORIGINS = {SashWord.TRENDING: "tmdb:trending/movie/day", SashWord.TOP: "mdblist:a/b"}


def a_film_in(*releases: tuple[str, ReleaseType, date, str]) -> Title:
    """Return Metropolis with releases of today's films."""
    showings = Showings(releases=tuple(Release(*each) for each in releases))
    return msgspec.structs.replace(a_title(film_date=date(2026, 11, 1)), showings=showings)


def undated(*releases: tuple[str, ReleaseType, date, str]) -> Title:
    """Return such a film without a date of its own, which is checked once a day."""
    return msgspec.structs.replace(a_film_in(*releases), film_date=None)


async def put_list(pool: Pool, word: SashWord, day: date, *titles: MediaId) -> None:
    """Store a list of films as one of this day."""
    name, now = list_name(word, TitleKind.MOVIE), datetime.combine(day, datetime.min.time(), UTC)
    await note_attempt(pool, name, ORIGINS[word], now)
    await save_title_list(pool, name, [str(media) for media in titles], day)


async def refreshed(studio: Studio, **query: str) -> JobResult:
    """Return how a refresh ends, as a worker settles it."""
    job = msgspec.structs.replace(await studio.job(IMDB, Kind.POSTER, **query), lane=Priority.REFRESH)
    await studio.queue.enqueue([job])
    (delivery,) = await studio.queue.claim(1, 1.0)
    result = await Pipeline(studio.dependencies, studio.metrics).run(job, parse(Kind.POSTER, Format.JPG, query))
    await settle(studio, delivery, result)
    return result


async def settle(studio: Studio, delivery: Delivery, result: JobResult) -> None:
    await studio.worker._settle(delivery, result)


async def metadata_of(studio: Studio, **query: str) -> ImageMetadata:
    job = await studio.job(IMDB, Kind.POSTER, **query)
    picture = await studio.storage.get(storage_key(job.settings_hash, MOVIE, Format.JPG))
    assert picture is not None
    return picture.metadata


def max_age(metadata: ImageMetadata, studio: Studio) -> int:
    header = lifetime_header(CacheStatus.HIT, metadata, studio.dependencies.rule, studio.clock())
    return int(header.split("max-age=")[1].split(",")[0])


async def test_settings_without_labels_ask_for_nothing_more(studio: Studio) -> None:
    await drawn(studio)

    assert {"find", "title", "ratings", "fetch"} == set(studio.sources.calls)
    metadata = await metadata_of(studio)
    assert (None, "") == (metadata.label_until, metadata.lists)


async def test_showings_come_with_the_title_where_a_label_needs_them(studio: Studio) -> None:
    await drawn(studio, sash="status")

    assert "title" not in studio.sources.calls
    assert "title with showings" in studio.sources.calls


@pytest.mark.parametrize("query", [{"sash": "award,nominee,top,trending"}, {"age_rating": "commonsense"}])
async def test_other_labels_need_no_showings(studio: Studio, query: dict[str, str]) -> None:
    await drawn(studio, IMDB, Kind.POSTER, **query)

    assert "title with showings" not in studio.sources.calls


async def test_a_picture_is_fresh_until_its_label_changes(studio: Studio) -> None:
    studio.sources.title_known = a_film_in(("US", ReleaseType.THEATRICAL, date(2026, 11, 22), ""))

    await drawn(studio, sash="status")
    before = await metadata_of(studio, sash="status")

    assert 12 * 3600 == max_age(before, studio)  # it is noon, on 21 November
    studio.clock.advance(12 * 3600 - 1)
    assert 1 == max_age(before, studio)
    assert JobOutcome.FRESH is (await refreshed(studio, sash="status")).outcome
    studio.clock.advance(1)
    assert JobOutcome.DRAWN is (await refreshed(studio, sash="status")).outcome
    assert before.fingerprint != (await metadata_of(studio, sash="status")).fingerprint


async def test_a_label_that_is_true_for_long_leaves_the_lifetime_to_the_films_age(studio: Studio) -> None:
    studio.sources.title_known = a_film_in(("US", ReleaseType.THEATRICAL, date(2026, 11, 1), ""))

    await drawn(studio, sash="status")
    await drawn(studio)

    assert max_age(await metadata_of(studio), studio) == max_age(await metadata_of(studio, sash="status"), studio)


async def test_a_date_that_moved_is_stored_with_the_picture(studio: Studio) -> None:
    studio.sources.title_known = undated(
        ("US", ReleaseType.THEATRICAL, date(2026, 11, 1), ""), ("US", ReleaseType.TV, date(2027, 2, 1), "")
    )
    await drawn(studio, sash="status")
    studio.sources.title_known = undated(
        ("US", ReleaseType.THEATRICAL, date(2026, 11, 1), ""), ("US", ReleaseType.DIGITAL, date(2026, 12, 1), "")
    )
    studio.clock.advance(30 * 86_400)

    result = await refreshed(studio, sash="status")

    assert JobOutcome.DRAWN is result.outcome
    assert date(2027, 3, 2) == (await metadata_of(studio, sash="status")).label_until  # 90 days are over


async def test_the_region_decides_about_dates_and_certificates(studio: Studio) -> None:
    studio.sources.title_known = a_film_in(
        ("US", ReleaseType.THEATRICAL, date(2026, 11, 1), "PG-13"),
        ("DE", ReleaseType.THEATRICAL, date(2026, 12, 24), "12"),
    )

    results = [await drawn(studio, sash="status", age_rating="official", region=region) for region in ("US", "DE")]

    assert 2 == len({result.picture.metadata.fingerprint for result in results})


async def test_a_label_of_the_award_takes_the_place_of_its_badge(studio: Studio) -> None:
    studio.sources.answer = SourceRatings(RATINGS, award=Award.OSCAR)

    bodies = [(await drawn(studio, sash="award", awards=awards)).picture.body for awards in ("true", "false")]

    assert bodies[0] == bodies[1]
    assert bodies[0] != (await drawn(studio, sash="status", awards="true")).picture.body


async def test_awards_are_asked_for_a_label_alone(studio: Studio) -> None:
    studio.sources.answer = SourceRatings(RATINGS, nominated=Award.OSCAR)

    result = await drawn(studio, ratings_limit="0", awards="false", sash="nominee")

    assert 1 == studio.sources.calls["ratings"]
    assert Award.OSCAR is result.rated.nominated


@pytest.mark.parametrize(
    ("query", "certificate", "calls"),
    [
        ({"age_rating": "official"}, "R", 0),
        ({"age_rating": "official"}, "NR", 1),
        ({"age_rating": "commonsense"}, "R", 1),
        ({"sash": "status"}, "", 0),
    ],
)
async def test_without_ratings_a_source_is_asked_only_for_its_age(
    studio: Studio, query: dict[str, str], certificate: str, calls: int
) -> None:
    studio.sources.title_known = a_film_in(("US", ReleaseType.THEATRICAL, date(2026, 11, 1), certificate))
    studio.sources.knows_awards = False

    await drawn(studio, IMDB, Kind.POSTER, ratings_limit="0", awards="false", **query)

    assert calls == studio.sources.calls.get("ratings", 0)


async def test_an_age_survives_its_source(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    studio.sources.answer = SourceRatings(RATINGS, nominated=Award.OSCAR, age=9)
    query = {"age_rating": "commonsense", "sash": "nominee"}
    await drawn(studio, IMDB, Kind.POSTER, **query)
    before = await metadata_of(studio, **query)
    studio.sources.answer = SourceDown("sources", "status 502")
    studio.clock.advance(90_000)

    assert JobOutcome.UNCHANGED is (await refreshed(studio, **query)).outcome
    assert before == await metadata_of(studio, **query)


async def test_a_picture_without_the_age_that_its_source_did_not_tell_is_degraded(studio: Studio) -> None:
    studio.sources.answer = SourceDown("sources", "status 502")

    result = await drawn(studio, ratings_limit="0", awards="false", age_rating="commonsense")

    assert result.degraded


async def test_a_rank_is_drawn_until_the_next_list(studio: Studio, pool: Pool) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)

    await drawn(studio, sash="trending")
    metadata = await metadata_of(studio, sash="trending")

    assert ("trending=1", False) == (metadata.lists, metadata.degraded)
    assert 12.5 * 3600 == max_age(metadata, studio)  # half an hour after midnight


async def test_a_list_that_is_never_asked_does_not_shorten_a_life(studio: Studio, pool: Pool) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)
    studio.sources.answer = SourceRatings(RATINGS, award=Award.OSCAR)

    await drawn(studio, sash="award,trending")

    assert "" == (await metadata_of(studio, sash="award,trending")).lists


async def test_rank_26_shows_nothing(studio: Studio, pool: Pool) -> None:
    others = [MediaId(TitleKind.MOVIE, number) for number in range(1000, 1025)]
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), *others, MOVIE)

    with_sash = await drawn(studio, sash="trending")

    assert (await drawn(studio)).picture.body == with_sash.picture.body
    assert "trending=" == with_sash.picture.metadata.lists


async def test_the_next_list_costs_no_call_where_the_rank_is_the_same(studio: Studio, pool: Pool) -> None:
    studio.sources.title_known = a_title(film_date=date(1927, 2, 6))  # settled: its age never asks for a check
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)
    await drawn(studio, sash="trending")
    before = dict(studio.sources.calls)
    studio.clock.advance(86_400)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 22), MOVIE)

    result = await refreshed(studio, sash="trending")

    assert JobOutcome.FRESH is result.outcome
    assert before == studio.sources.calls
    hash_ = (await studio.job(IMDB, Kind.POSTER, sash="trending")).settings_hash
    assert await studio.queue.is_fresh(mark_of_lists(hash_, str(MOVIE)))


async def test_a_picture_is_compared_with_a_list_once(studio: Studio, pool: Pool) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)
    await drawn(studio, sash="trending")
    studio.clock.advance(86_400)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 22), MOVIE)
    await refreshed(studio, sash="trending")
    metadata = await metadata_of(studio, sash="trending")

    assert metadata.has_older_lists(studio.clock())
    assert JobOutcome.FRESH is (await refreshed(studio, sash="trending")).outcome
    assert 12.5 * 3600 == max_age(metadata, studio)


async def test_another_rank_is_another_picture(studio: Studio, pool: Pool) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)
    await drawn(studio, sash="trending")
    before = await metadata_of(studio, sash="trending")
    studio.clock.advance(86_400)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 22), MediaId(TitleKind.MOVIE, 1000), MOVIE)

    result = await refreshed(studio, sash="trending")

    assert JobOutcome.DRAWN is result.outcome
    assert before.fingerprint != (await metadata_of(studio, sash="trending")).fingerprint


@pytest.mark.parametrize("days", [1, 2, 3])
async def test_yesterdays_list_is_used_while_its_source_is_in_trouble(studio: Studio, pool: Pool, days: int) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21) - timedelta(days=days), MOVIE)

    await drawn(studio, sash="trending")
    metadata = await metadata_of(studio, sash="trending")

    assert ("trending=1", True, 1200) == (metadata.lists, metadata.degraded, max_age(metadata, studio))


async def test_after_three_days_there_is_no_label(studio: Studio, pool: Pool) -> None:
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 17), MOVIE)

    result = await drawn(studio, sash="trending")

    assert (await drawn(studio)).picture.body == result.picture.body
    assert not result.degraded


async def test_a_list_in_trouble_replaces_no_complete_picture(studio: Studio, pool: Pool) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), MOVIE)
    await drawn(studio, sash="trending")
    before = await metadata_of(studio, sash="trending")
    studio.clock.advance(90_000)

    assert JobOutcome.UNCHANGED is (await refreshed(studio, sash="trending")).outcome
    assert before == await metadata_of(studio, sash="trending")


async def test_a_top_list_that_is_not_set_is_never_asked(studio: Studio, pool: Pool) -> None:
    await note_attempt(pool, list_name(SashWord.TOP, TitleKind.MOVIE), "mdblist:other/list", studio.clock())
    await save_title_list(pool, list_name(SashWord.TOP, TitleKind.MOVIE), [str(MOVIE)], date(2026, 11, 21))

    result = await drawn(studio, sash="top")

    assert "top=" == result.picture.metadata.lists  # of another origin: it was replaced in the configuration


class ManyTitles:
    """A title source that knows every film by its number, and counts what it is asked."""

    name = "tmdb"

    def __init__(self, like: Title) -> None:
        self._like = like
        self.calls = 0

    async def find(self, ref: ExternalId, *, gone: MediaId | None = None) -> MediaId | None:
        """Return the film of a number."""
        media = MediaId(TitleKind.MOVIE, ref.number)
        return None if media == gone else media

    async def title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:  # noqa: ARG002 - the protocol's
        """Return the film."""
        self.calls += 1
        return msgspec.structs.replace(self._like, media=media, refs=())

    async def names(self, media: MediaId) -> tuple[TitleName, ...]:  # noqa: ARG002 - the protocol's
        """Return none: no label needs them."""
        return ()


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.stress, pytest.mark.timeout(3600)])])
async def test_a_list_moved_by_one_rank_redraws_only_what_changed(studio: Studio, pool: Pool, count: int) -> None:
    """The sources are asked about the two titles that changed places, and about no other."""
    films = [MediaId(TitleKind.MOVIE, number) for number in range(1, count + 1)]
    many = ManyTitles(a_title(film_date=date(1927, 2, 6)))
    every = MemoryStorage(1 << 30)  # room for all of them, which a smaller one would evict
    studio.dependencies = replace(studio.dependencies, title_source=many, storage=every)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 21), *films[:25])
    await drawn_all(studio, films)
    many.calls = studio.sources.calls["ratings"] = 0
    studio.clock.advance(86_400)
    await put_list(pool, SashWord.TRENDING, date(2026, 11, 22), films[1], films[0], *films[2:25])

    outcomes = await drawn_all(studio, films)

    assert [JobOutcome.DRAWN] * 2 + [JobOutcome.FRESH] * (count - 2) == outcomes
    assert (2, 2) == (many.calls, studio.sources.calls["ratings"])


async def drawn_all(studio: Studio, films: list[MediaId]) -> list[JobOutcome]:
    """Process a refresh of each film and return how each ended."""
    outcomes = []
    for film in films:
        title = ExternalId(IdType.TMDB, film.number, TitleKind.MOVIE)
        job = msgspec.structs.replace(await studio.job(title, sash="trending"), lane=Priority.REFRESH)
        settings = parse(Kind.POSTER, Format.JPG, {"sash": "trending"})
        outcomes.append((await Pipeline(studio.dependencies, studio.metrics).run(job, settings)).outcome)
    return outcomes
