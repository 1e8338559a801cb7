"""What each step decides, tested through the whole pipeline."""

import asyncio
import hashlib
from datetime import UTC, datetime

import pytest

from renderer.jobs import index_writer
from renderer.jobs.context import Drawn, JobResult
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from services.artwork import Art
from services.titles import SourceRatings
from shared.domain.awards import Award
from shared.domain.errors import ArtBroken, ArtNotFound, SourceDown, StoreDown, TitleNotFound
from shared.domain.ids import Episode, ExternalId, IdType, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection
from tests.renderer.pictures import size_of
from tests.renderer.studio import ART, IMDB, MOVIE, RATINGS, TMDB, Studio, a_title, art_bytes

SPARE = Art("/spare.jpg", 780, 1170, "en")


async def processed(studio: Studio, title: ExternalId = IMDB, kind: Kind = Kind.POSTER, /, **query: str) -> JobResult:
    """Return how the job of such a picture ends."""
    job = await studio.job(title, kind, **query)
    return await Pipeline(studio.dependencies, studio.metrics).run(job, parse(kind, Format.JPG, query))


async def drawn(studio: Studio, title: ExternalId = IMDB, kind: Kind = Kind.POSTER, /, **query: str) -> Drawn:
    """Return what was drawn, where something must have been."""
    result = await processed(studio, title, kind, **query)
    assert isinstance(result, Drawn)
    return result


async def stored(studio: Studio) -> Picture:
    picture = await studio.storage.get(storage_key((await studio.job()).settings_hash, MOVIE, Format.JPG))
    assert picture is not None
    return picture


async def test_a_drawn_picture_comes_with_the_digest_of_its_bytes(studio: Studio) -> None:
    await drawn(studio)
    picture = await stored(studio)

    assert hashlib.sha256(picture.body).hexdigest() == picture.digest
    assert picture.digest.startswith(picture.metadata.etag)


async def test_a_fresh_picture_is_not_checked_again(studio: Studio) -> None:
    await drawn(studio)
    before = dict(studio.sources.calls)

    again = await processed(studio)

    assert JobOutcome.FRESH is again.outcome
    assert before == studio.sources.calls


async def test_a_stored_picture_that_the_index_lacks_is_recorded_by_the_job_that_finds_it(
    studio: Studio, pool: Pool
) -> None:
    await drawn(studio)
    picture, settings_hash = await stored(studio), (await studio.job()).settings_hash
    async with connection(pool) as db:
        await db.execute("DELETE FROM images")  # as if its worker had been killed before it recorded the picture

    again = await processed(studio)

    async with connection(pool) as db:
        rows = await db.fetch("SELECT hash, media_id, etag, bytes FROM images")
    assert JobOutcome.FRESH is again.outcome
    assert [(settings_hash, str(MOVIE), picture.metadata.etag, len(picture.body))] == [tuple(row) for row in rows]


def count_looks(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys whose metadata is read from now on."""
    looked_at: list[str] = []
    head = studio.storage.head

    async def counted(key: str) -> ImageMetadata | None:
        looked_at.append(key)
        return await head(key)

    monkeypatch.setattr(studio.storage, "head", counted)
    return looked_at


async def test_a_picture_that_was_never_stored_is_not_looked_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = count_looks(studio, monkeypatch)

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome
    assert [] == looked_at


async def test_a_picture_under_a_known_id_is_looked_for_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await drawn(studio)
    looked_at = count_looks(studio, monkeypatch)

    again = await processed(studio)

    assert JobOutcome.FRESH is again.outcome
    assert 1 == len(looked_at)


async def test_a_picture_that_is_stored_under_another_id_is_found(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drawn(studio, TMDB)
    looked_at = count_looks(studio, monkeypatch)

    again = await processed(studio, IMDB)  # which was only mentioned with it

    assert JobOutcome.FRESH is again.outcome
    assert 1 == len(looked_at)


async def test_without_its_index_a_picture_is_looked_for_in_s3(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = count_looks(studio, monkeypatch)

    async def down(*_: object) -> bool:
        raise StoreDown("postgres: lost")

    monkeypatch.setattr(index_writer, "is_recorded", down)

    assert JobOutcome.DRAWN is (await drawn(studio)).outcome
    assert 1 == len(looked_at)


async def test_while_rows_wait_for_postgres_a_picture_is_looked_for_in_s3(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = count_looks(studio, monkeypatch)

    async def write() -> bool:
        return False

    studio.dependencies.index_writer.late.keep("a row", write, "postgres: lost")

    assert JobOutcome.DRAWN is (await drawn(studio)).outcome
    assert 1 == len(looked_at)


async def test_a_stale_picture_with_the_same_ratings_is_neither_drawn_nor_stored(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    drawn_at = (await stored(studio)).metadata.drawn_at
    studio.clock.advance(90_000)

    again = await processed(studio)

    assert JobOutcome.UNCHANGED is again.outcome
    assert drawn_at == (await stored(studio)).metadata.drawn_at
    assert 1 == studio.sources.calls["fetch"]


async def test_a_stale_picture_with_other_ratings_is_redrawn(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    etag = (await stored(studio)).metadata.etag
    studio.sources.answer = SourceRatings({RatingSite.IMDB: Rating(5.1)})
    studio.clock.advance(90_000)

    again = await drawn(studio)

    assert JobOutcome.DRAWN is again.outcome
    assert etag != (await stored(studio)).metadata.etag


async def test_a_picture_of_an_old_film_stays_fresh(studio: Studio) -> None:
    await drawn(studio)
    studio.clock.advance(20 * 31_536_000)

    again = await processed(studio)

    assert JobOutcome.FRESH is again.outcome


async def test_a_rating_source_that_fails_makes_the_picture_degraded(studio: Studio) -> None:
    studio.sources.answer = SourceDown("mdblist", "status 500")

    result = await drawn(studio)

    metadata = (await stored(studio)).metadata
    assert metadata.degraded
    assert {RatingSite.TMDB: Rating(81)} == result.rated.ratings


async def test_a_silent_rating_source_does_not_prevent_the_picture(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.steps.fetch_ratings.SOURCE_TIMEOUT_S", 0.05)
    studio.sources.hold = asyncio.Event()

    result = await drawn(studio)

    assert (JobOutcome.DRAWN, ["sources"]) == (result.outcome, result.context.failures.sources)


async def test_bad_artwork_is_fetched_again_the_next_time(studio: Studio) -> None:
    studio.sources.art = {ART.path: art_bytes()[:200]}
    with pytest.raises(ArtBroken):
        await drawn(studio)
    studio.sources.art = {ART.path: art_bytes()}

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome


async def test_a_degraded_picture_is_replaced_when_the_source_is_back(studio: Studio) -> None:
    studio.sources.answer = SourceDown("mdblist", "status 500")
    await drawn(studio)
    studio.sources.answer = SourceRatings(RATINGS)
    studio.clock.advance(1201)

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome
    assert not (await stored(studio)).metadata.degraded


async def test_a_complete_picture_is_not_replaced_by_a_degraded_one(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    studio.sources.answer = None
    await drawn(studio)
    before = await stored(studio)
    studio.sources.answer = SourceDown("mdblist", "status 500")
    studio.clock.advance(90_000)

    with pytest.raises(SourceDown):
        await drawn(studio)

    assert before == await stored(studio)


async def test_nothing_is_stored_while_no_rating_can_be_known(studio: Studio) -> None:
    studio.sources.title_known = a_title().__class__(media=MOVIE, gallery={Kind.POSTER: (ART,)})
    studio.sources.answer = SourceDown("mdblist", "no answer")

    with pytest.raises(SourceDown):
        await drawn(studio)

    assert 0 == studio.storage.used_bytes


async def test_a_title_without_ratings_is_drawn_without_badges(studio: Studio) -> None:
    studio.sources.title_known = a_title().__class__(media=MOVIE, gallery={Kind.POSTER: (ART,)})
    studio.sources.answer = None

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome
    assert not (await stored(studio)).metadata.degraded


async def test_a_picture_without_badges_asks_for_no_ratings(studio: Studio) -> None:
    await drawn(studio, ratings_limit="0", awards="false")

    assert "ratings" not in studio.sources.calls


async def test_artwork_that_cannot_be_decoded_is_replaced_by_the_next(studio: Studio) -> None:
    studio.sources.title_known = a_title(ART, SPARE)
    studio.sources.art = {ART.path: b"\xff\xd8 not a picture", SPARE.path: art_bytes()}

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome
    assert SPARE == result.art


async def test_artwork_that_cannot_be_fetched_is_replaced_by_the_next(studio: Studio) -> None:
    studio.sources.title_known = a_title(ART, SPARE)
    studio.sources.art = {ART.path: SourceDown("tmdb_images", "status 502"), SPARE.path: art_bytes()}

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome


@pytest.mark.parametrize(
    ("art", "error"),
    [
        (SourceDown("tmdb_images", "status 502"), ArtBroken),
        (art_bytes()[:200], ArtBroken),
        (b"", ArtBroken),
        (b"<html>", ArtBroken),
        (ArtNotFound("gone"), ArtNotFound),
    ],
)
async def test_no_usable_artwork_is_a_permanent_error_only_when_it_is_gone(
    studio: Studio, art: bytes | SourceDown, error: type[Exception]
) -> None:
    studio.sources.art = {ART.path: art}

    with pytest.raises(error):
        await drawn(studio)

    assert 0 == studio.storage.used_bytes


async def test_a_title_without_posters_is_a_permanent_error(studio: Studio) -> None:
    studio.sources.title_known = a_title().__class__(media=MOVIE)

    with pytest.raises(ArtNotFound):
        await drawn(studio)


async def test_an_unknown_id_is_a_permanent_error(studio: Studio) -> None:
    with pytest.raises(TitleNotFound):
        await drawn(studio, ExternalId(IdType.IMDB, 9_999_999))


async def test_a_film_is_found_by_its_tvdb_number_elsewhere(studio: Studio) -> None:
    result = await drawn(studio, ExternalId(IdType.TVDB, 505))

    assert MOVIE == result.media


async def test_a_title_is_resolved_once_for_all_its_ids(studio: Studio) -> None:
    await drawn(studio, IMDB)

    await drawn(studio, TMDB, imageSize="large")

    assert 1 == studio.sources.calls["find"]


async def test_fallback_artwork_is_drawn_without_ratings_and_not_stored(studio: Studio) -> None:
    pipeline = Pipeline(studio.dependencies, studio.metrics)

    picture = await pipeline.run_fallback(await studio.job(), parse(Kind.POSTER, Format.JPG, {}))

    assert (580, 859) == size_of(picture.body)
    assert 0 == studio.storage.used_bytes
    assert "ratings" not in studio.sources.calls


async def test_the_metadata_of_a_picture_explains_it(studio: Studio) -> None:
    await drawn(studio)

    metadata = (await stored(studio)).metadata
    assert "image/jpeg" == metadata.content_type
    assert metadata.settings_text.startswith("marquee look 1\nkind poster\n")
    assert studio.clock().replace(microsecond=0) == metadata.drawn_at
    assert datetime(1927, 2, 6, tzinfo=UTC).date() == metadata.film_date


async def test_an_award_is_drawn_for_a_title_that_won_it(studio: Studio) -> None:
    studio.sources.answer = SourceRatings(RATINGS, award=Award.OSCAR)

    result = await drawn(studio)

    assert Award.OSCAR is result.rated.award


async def test_sources_of_awards_are_asked_even_where_no_rating_is_shown(studio: Studio) -> None:
    studio.sources.answer = SourceRatings(RATINGS, award=Award.OSCAR)

    result = await drawn(studio, ratings_limit="0")

    assert (Award.OSCAR, 1) == (result.rated.award, studio.sources.calls["ratings"])


async def test_a_new_award_causes_a_redraw(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    studio.sources.answer = SourceRatings(RATINGS, award=Award.OSCAR)
    studio.clock.advance(90_000)

    result = await drawn(studio)

    assert JobOutcome.DRAWN is result.outcome


@pytest.mark.parametrize(
    "title", [ExternalId(IdType.IMDB, 17136, None, Episode(1, 1)), ExternalId(IdType.TVDB, 505, TitleKind.EPISODE)]
)
async def test_an_unknown_episode_is_a_permanent_error(studio: Studio, title: ExternalId) -> None:
    with pytest.raises(TitleNotFound):
        await drawn(studio, title, Kind.EPISODE)


async def test_a_failed_source_is_replaced_by_its_last_report(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    studio.sources.answer = SourceDown("sources", "status 500")
    studio.clock.advance(90_000)

    again, other_look = await processed(studio), await drawn(studio, imageSize="large")

    assert (JobOutcome.UNCHANGED, JobOutcome.DRAWN) == (again.outcome, other_look.outcome)
    assert not other_look.degraded
    assert RATINGS[RatingSite.IMDB] == other_look.rated.ratings[RatingSite.IMDB]


async def test_a_new_report_replaces_the_last_one(studio: Studio) -> None:
    await drawn(studio)
    studio.clock.advance(10)
    studio.sources.answer = SourceRatings({RatingSite.IMDB: Rating(5.1)})
    await drawn(studio, imageSize="large")

    reports = {report.source: report.ratings for report in await studio.dependencies.index_writer.last_reports(MOVIE)}

    assert {"sources": {RatingSite.IMDB: Rating(5.1)}, "tmdb": {RatingSite.TMDB: Rating(81)}} == reports
