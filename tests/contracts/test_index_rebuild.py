"""The index of pictures comes back from S3 alone."""

import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from aiobotocore.session import get_session

from renderer.maintenance.index_restore import Counts, IndexRestore
from renderer.maintenance.stored_objects import ForeignObject, read_key, read_settings
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.bucket_calls import StoredObject
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash, settings_text
from shared.settings.model import Settings
from shared.settings.parameters import PARAMETERS, Parameter, parse
from shared.stores.image_rows import ImageRow, mark_checked, record_image
from shared.stores.postgres import Pool, connection
from shared.stores.settings_rows import load_settings, save_settings
from shared.stores.title_rows import find_media, save_external_ids
from tests.stack.command import command

DRAWN = datetime(2026, 11, 14, 3, 4, 5, tzinfo=UTC)
POSTER = parse(Kind.POSTER, Format.JPG, {"ratings_limit": "2", "split": "yes", "lang": "pt-BR"})
STILL = parse(Kind.EPISODE, Format.WEBP, {"ratings_exclude": "imdb", "blur": "true"})
FILM, EPISODE = MediaId.parse("movie-278"), MediaId.parse("series-1396:1:2")
SEASON, COLLECTION = MediaId.parse("series-1396:s2"), MediaId.parse("collection-1241")


@pytest.fixture
async def bucket(s3_url: str) -> str:
    """Return an empty bucket."""
    name = f"rebuild-{uuid.uuid4().hex[:12]}"
    async with _client(s3_url) as client:
        await client.create_bucket(Bucket=name)
    return name


@pytest.fixture
async def pictures(s3_url: str, bucket: str) -> AsyncIterator[S3Storage]:
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket=bucket, access_key="test", secret_key="test"
    ) as storage:
        yield storage


def _client(s3_url: str):  # type: ignore[no-untyped-def] # the library's clients have no types
    return get_session().create_client(
        "s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def picture(settings: Settings, media: MediaId, body: bytes = b"\xff\xd8picture", **metadata: object) -> Picture:
    plain = ImageMetadata(
        content_type=settings.format.content_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=DRAWN,
        media=str(media),
        fingerprint="f" * 32,
        settings_text=settings_text(settings),
        film_date=date(1994, 9, 23),
        drawing=3,
    )
    return Picture(body, msgspec.structs.replace(plain, **metadata))


async def draw(pictures: S3Storage, pool: Pool, settings: Settings, media: MediaId, drawn: Picture) -> None:
    """Store a picture and everything that is noted of it, as gateway and worker do."""
    name, metadata = settings_hash(settings), drawn.metadata
    row = ImageRow(
        hash=name,
        media=media,
        ext=settings.format,
        etag=metadata.etag,
        bytes=len(drawn.body),
        fingerprint=metadata.fingerprint,
        degraded=metadata.degraded,
        drawn_at=metadata.drawn_at,
        drawing=metadata.drawing,
    )
    await save_settings(pool, name, settings)
    await pictures.put(storage_key(name, media, settings.format), drawn)
    await record_image(pool, row)


async def rows(pool: Pool) -> list[list[tuple[object, ...]]]:
    """Return the index and the looks, as far as they can come back."""
    queries = (
        "SELECT * FROM images ORDER BY hash, media_id, ext",
        "SELECT hash, kind, format, settings, text FROM settings_registry ORDER BY hash",
    )
    async with connection(pool) as db:
        return [[tuple(row) for row in await db.fetch(query)] for query in queries]


async def lose_everything(pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("TRUNCATE settings_registry, titles, title_aliases, title_reports, images")


async def rebuilt(
    pictures: S3Storage, pool: Pool, *, after: str = "", prune: bool = False
) -> tuple[Counts, dict[str, str]]:
    """Run a rebuild; return what it counted and what it reported."""
    reports: dict[str, str] = {}
    run = IndexRestore(pictures, pool, at_once=8, on_batch=lambda _: None, on_skip=reports.__setitem__)
    await run.restore(after)
    if prune:
        await run.prune()
    return run.counts, reports


async def test_lost_tables_come_back_as_they_were(pictures: S3Storage, pool: Pool) -> None:
    await draw(pictures, pool, POSTER, FILM, picture(POSTER, FILM))
    await draw(pictures, pool, STILL, EPISODE, picture(STILL, EPISODE, b"still", degraded=True, film_date=None))
    before = await rows(pool)
    await lose_everything(pool)

    counts, reports = await rebuilt(pictures, pool)

    assert before == await rows(pool)
    assert (2, 2, 2, 2, 0) == (counts.objects, counts.images, counts.settings, counts.titles, counts.skipped)
    assert {} == reports
    assert POSTER == await load_settings(pool, settings_hash(POSTER))


async def test_titles_come_back_under_their_tmdb_id_and_can_learn_others(pictures: S3Storage, pool: Pool) -> None:
    await draw(pictures, pool, POSTER, FILM, picture(POSTER, FILM))
    await draw(pictures, pool, STILL, EPISODE, picture(STILL, EPISODE))
    for media in (SEASON, COLLECTION):
        await draw(pictures, pool, POSTER, media, picture(POSTER, media))
    before = await rows(pool)
    await lose_everything(pool)

    await rebuilt(pictures, pool)
    assert before == await rows(pool)
    await save_external_ids(pool, FILM, [ExternalId.from_alias("imdb:tt0111161")])

    expected = {
        "tmdb:movie-278": FILM,
        "tmdb:episode-1396-S1E2": EPISODE,
        "tmdb:season-1396-S2": SEASON,
        "tmdb:collection-1241": COLLECTION,
        "imdb:tt0111161": FILM,
    }
    assert expected == {alias: await find_media(pool, ExternalId.from_alias(alias)) for alias in expected}


async def test_a_second_rebuild_changes_nothing(pictures: S3Storage, pool: Pool) -> None:
    await draw(pictures, pool, POSTER, FILM, picture(POSTER, FILM))
    checked = DRAWN + timedelta(days=3)
    await mark_checked(pool, settings_hash(POSTER), FILM, Format.JPG, checked)
    before = await rows(pool)

    counts, _ = await rebuilt(pictures, pool)

    assert before == await rows(pool)
    assert (1, 0, 0) == (counts.objects, counts.images, counts.settings)


async def test_a_row_that_differs_is_mended_unless_it_knows_of_a_later_drawing(pictures: S3Storage, pool: Pool) -> None:
    name = settings_hash(POSTER)
    early, late = MediaId.parse("movie-1"), MediaId.parse("movie-2")
    for media in (early, late):
        await draw(pictures, pool, POSTER, media, picture(POSTER, media))
    right = await rows(pool)
    async with connection(pool) as db:
        await db.execute("UPDATE images SET etag = 'wrong', drawn_at = drawn_at - interval '1 day'")
        await db.execute("UPDATE images SET drawn_at = drawn_at + interval '2 days' WHERE media_id = 'movie-2'")

    counts, _ = await rebuilt(pictures, pool)

    after = await rows(pool)
    assert 1 == counts.images
    assert right[0][0] == after[0][0]
    assert (name, "movie-2", "jpg", "wrong") == after[0][1][:4]


async def test_foreign_and_damaged_objects_are_reported_and_skipped(
    pictures: S3Storage, s3_url: str, bucket: str, pool: Pool
) -> None:
    whole = storage_key(settings_hash(POSTER), FILM, Format.JPG)
    other_title = storage_key(settings_hash(POSTER), MediaId.parse("movie-3"), Format.JPG)
    other_look = storage_key(settings_hash(STILL), FILM, Format.JPG)
    other_type = storage_key(settings_hash(POSTER), FILM, Format.PNG)
    foreign, readme = storage_key(settings_hash(POSTER), MediaId.parse("movie-4"), Format.JPG), "c/readme.txt"
    for key in (whole, other_title, other_look, other_type):
        await pictures.put(key, picture(POSTER, FILM))
    async with _client(s3_url) as client:
        for key in (foreign, readme, "elsewhere"):
            await client.put_object(Bucket=bucket, Key=key, Body=b"x", Metadata={"made-by": "somebody"})

    counts, reports = await rebuilt(pictures, pool)

    assert {
        other_title: "its key names another title",
        other_look: "its settings do not match its key",
        other_type: "its content type does not match its key",
        foreign: "it is gone, or its metadata cannot be read",
        readme: "its key is not one of Marquee's",
    } == reports
    assert (6, 1, 5) == (counts.objects, counts.images, counts.skipped)


async def test_a_look_of_another_version_is_reported_and_its_picture_kept(pictures: S3Storage, pool: Pool) -> None:
    text = settings_text(POSTER).replace("look 1", "look 0")
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    await pictures.put(f"c/{name}/{FILM}.jpg", picture(POSTER, FILM, settings_text=text))

    counts, reports = await rebuilt(pictures, pool)

    assert [f"settings {name}"] == list(reports)
    assert (1, 0, 1) == (counts.images, counts.settings, counts.unread_settings)


async def test_rows_of_missing_pictures_go_only_when_that_is_asked(pictures: S3Storage, pool: Pool) -> None:
    lost = MediaId.parse("movie-5")
    for media in (FILM, lost):
        await draw(pictures, pool, POSTER, media, picture(POSTER, media))
    key = storage_key(settings_hash(POSTER), lost, Format.JPG)
    await pictures.remove([key])

    kept, _ = await rebuilt(pictures, pool)
    with_it = await rows(pool)
    pruned, _ = await rebuilt(pictures, pool, prune=True)
    without = await rows(pool)

    assert (0, 2) == (kept.pruned, len(with_it[0]))
    assert (1, ["movie-278"]) == (pruned.pruned, [row[1] for row in without[0]])


async def test_pruning_goes_through_all_pages(pictures: S3Storage, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.index_restore.BATCH", 2)
    titles = [MediaId.parse(f"movie-{number}") for number in range(1, 8)]
    for media in titles:
        await draw(pictures, pool, POSTER, media, picture(POSTER, media))
    for media in titles[:5]:
        key = storage_key(settings_hash(POSTER), media, Format.JPG)
        await pictures.remove([key])

    counts, _ = await rebuilt(pictures, pool, prune=True)

    left = await rows(pool)
    assert (2, 5) == (counts.objects, counts.pruned)
    assert ["movie-6", "movie-7"] == [row[1] for row in left[0]]


async def test_a_run_goes_on_after_the_key_that_an_earlier_one_named(
    pictures: S3Storage, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.maintenance.index_restore.BATCH", 2)
    for number in range(1, 6):
        media = MediaId.parse(f"movie-{number}")
        await pictures.put(storage_key(settings_hash(POSTER), media, Format.JPG), picture(POSTER, media))

    class CutOff(Exception):
        pass

    def cut_off(counts: Counts) -> None:
        raise CutOff(counts.last)

    first = IndexRestore(pictures, pool, at_once=2, on_batch=cut_off, on_skip=lambda *_: None)
    with pytest.raises(CutOff):
        await first.restore()

    rest, _ = await rebuilt(pictures, pool, after=first.counts.last)

    assert (2, 3) == (first.counts.images, rest.images)


class Flaky:
    """Loses the first answer about each object."""

    def __init__(self, pictures: S3Storage) -> None:
        self._pictures = pictures
        self.names = pictures.names
        self._asked: set[str] = set()

    async def head(self, key: str) -> ImageMetadata | None:
        if key not in self._asked:
            self._asked.add(key)
            raise StoreDown("s3: lost")
        return await self._pictures.head(key)


async def test_a_lost_answer_is_asked_for_again(
    pictures: S3Storage, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.maintenance.index_restore._FIRST_PAUSE_S", 0.0)
    await pictures.put(storage_key(settings_hash(POSTER), FILM, Format.JPG), picture(POSTER, FILM))

    run = IndexRestore(Flaky(pictures), pool, at_once=8, on_batch=lambda _: None, on_skip=lambda *_: None)
    await run.restore()

    assert (1, 0) == (run.counts.images, run.counts.skipped)


async def test_a_listing_goes_through_all_pages(pictures: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.storage.bucket_calls.PAGE", 2)
    keys = [f"c/{settings_hash(POSTER)}/movie-{number}.jpg" for number in range(1, 6)]
    for key in keys:
        await pictures.put(key, picture(POSTER, FILM))
    await pictures.put("d/other", picture(POSTER, FILM))

    listed = [stored async for stored in pictures.names("c/")]
    tail = [stored.key async for stored in pictures.names("c/", after=keys[1])]

    assert [StoredObject(key, len(b"\xff\xd8picture")) for key in keys] == listed
    assert keys[2:] == tail


async def test_a_listing_of_a_missing_bucket_is_store_down(s3_url: str) -> None:
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket="nowhere", access_key="test", secret_key="test"
    ) as nowhere:
        with pytest.raises(StoreDown):
            _ = [stored async for stored in nowhere.names("c/")]


_TEXTS = {
    "lang": "de",
    "sash": "new,status",
    "region": "DE",
    "ratings_order": "avg,mcu",
    "weights": "imdb:50,rt:30",
    "badge_opacity": "40",
    "badge_colour": "gold",
    "font_colour": "f5c518",
    "site_colours": "imdb:red,rt:navy",
    "badges": "4k,hdr10plus",
    "chips": "year,genre",
    "art": "one.jpg",
    "edge_inset": "7",
    "edge_inset_x": "3",
    "edge_inset_y": "9",
    "ratings_limit": "4",
}


_BESIDE = {
    "average": {"ratings_order": "avg"},
    "weights": {"ratings_order": "avg"},
    "badgePos": {"badges": "4k"},
    "badgeSize": {"badges": "4k"},
    "chips_position": {"chips": "genre"},
}
"""What else must be set for a parameter to make a difference."""


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("param", PARAMETERS, ids=lambda param: param.names[0])
def test_every_look_is_read_back_from_its_text(kind: Kind, param: Parameter) -> None:
    name, given = param.names[0], _TEXTS.get(param.names[0])
    words = [given] if given else param.allowed(kind).removeprefix("one of ").removeprefix("a list of ").split(", ")
    looks = [parse(kind, Format.WEBP, {**_BESIDE.get(name, {}), name: word}) for word in words]

    assert looks == [read_settings(settings_text(look)) for look in looks]


@pytest.mark.parametrize("kind", [Kind.POSTER, Kind.BACKDROP])
def test_labels_are_read_back_with_all_that_belongs_to_them(kind: Kind) -> None:
    query = {"sash": "award,new", "sash_position": "br", "age_rating": "official", "age_position": "tl", "region": "DE"}
    look = parse(kind, Format.JPG, query | {"ratings_limit": "0", "badge_shape": "p"})

    assert look == read_settings(settings_text(look))
    assert "region DE" in settings_text(look)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "marquee look 1\n",
        settings_text(POSTER).replace("limit 2", "limit two"),
        settings_text(POSTER).replace("marquee look 1", "marquee look 2"),
        settings_text(POSTER) + "glitter yes\n",
    ],
)
def test_a_text_that_is_no_look_of_this_version_is_not_read(text: str) -> None:
    assert None is read_settings(text)


@pytest.mark.parametrize(
    "key",
    [
        "c/",
        "c/x/movie-1.jpg",
        f"c/{'0' * 32}/movie-0.jpg",
        f"c/{'0' * 32}/movie-1.gif",
        f"c/{'0' * 32}/series-1:01:1.jpg",
    ],
)
def test_a_key_that_we_would_not_write_is_not_ours(key: str) -> None:
    with pytest.raises(ForeignObject):
        read_key(key)


async def _command(*words: str, **env: str) -> tuple[int, str, str]:
    return await command("renderer.cli", "rebuild-index", *words, env={"PATH": os.defpath, **env})


@pytest.mark.usefixtures("pool")
async def test_the_command_restores_and_ends_with_counts(
    pictures: S3Storage, s3_url: str, bucket: str, postgres_url: str
) -> None:
    await pictures.put(storage_key(settings_hash(POSTER), FILM, Format.JPG), picture(POSTER, FILM))
    await pictures.put("c/stray", picture(POSTER, FILM))

    code, out, err = await _command(
        "--prune", DATABASE_URL=postgres_url, S3_ENDPOINT_URL=s3_url, S3_BUCKET=bucket,
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="sesame",
    )  # fmt: skip

    assert 3 == code
    assert (
        "done: 2 objects; restored 1 pictures, 1 settings, 1 titles; skipped 1; removed 0 rows" == out.splitlines()[-1]
    )
    assert "skipped 'c/stray': its key is not one of Marquee's\n" == err
    assert "sesame" not in out + err


async def test_an_empty_bucket_prunes_nothing(
    pictures: S3Storage, s3_url: str, bucket: str, pool: Pool, postgres_url: str
) -> None:
    await draw(pictures, pool, POSTER, FILM, picture(POSTER, FILM))
    key = storage_key(settings_hash(POSTER), FILM, Format.JPG)
    await pictures.remove([key])

    code, _, err = await _command(
        "--prune", DATABASE_URL=postgres_url, S3_ENDPOINT_URL=s3_url, S3_BUCKET=bucket,
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="sesame",
    )  # fmt: skip

    assert (0, "rebuild-index: no picture was found, so no row is removed; is S3_BUCKET right?\n") == (code, err)
    assert 1 == len((await rows(pool))[0])


async def test_a_command_without_stores_says_which_variable_is_missing() -> None:
    code, _, err = await _command(DATABASE_URL="postgresql://postgres@127.0.0.1/marquee")

    assert (2, "rebuild-index cannot start: S3_BUCKET is not set, and there is no default for it.\n") == (code, err)
