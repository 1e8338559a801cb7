"""A stored picture that an admin wants drawn anew."""

from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format
from shared.queue.messages import Priority, RenderJob, decode_job
from shared.queue.redis_keys import STREAMS, fresh
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool
from shared.stores.title_rows import TitleMetadata, save_title
from tests.gateway.auth.caller import Caller

LOOK, FILM = SettingsHash("ab" * 16), MediaId(TitleKind.MOVIE, 19)
WHERE = "/api/admin/images/redraw"
WISH = {"hash": LOOK, "media": "movie-19", "ext": "jpg"}


@pytest.fixture
async def stored(pool: Pool) -> None:
    await save_title(pool, TitleMetadata(media=FILM, name="Metropolis"), [ExternalId(IdType.IMDB, 17136)])
    row = ImageRow(
        hash=LOOK,
        media=FILM,
        ext=Format.JPG,
        etag="e",
        bytes=1,
        fingerprint="f",
        degraded=False,
        drawn_at=datetime.now(UTC),
    )
    await record_image(pool, row)


async def queued(redis: Redis) -> list[RenderJob]:
    entries: Any = await redis.xrange(STREAMS[Priority.REFRESH])
    return [decode_job(entry[b"job"]) for _, entry in entries]


@pytest.mark.usefixtures("stored")
async def test_a_picture_is_queued_to_be_drawn_whatever_is_known_of_it(admin: Caller, redis: Redis) -> None:
    await redis.set(fresh(f"{LOOK}:movie-19"), "1")
    await redis.set(fresh(f"{LOOK}:imdb:tt0017136"), "1")

    answer = await admin.post(WHERE, WISH)

    title = ExternalId(IdType.IMDB, 17136)
    assert (202, {"offer": "queued"}) == (answer.status, answer.json)
    assert [RenderJob(settings_hash=LOOK, title=title, lane=Priority.REFRESH, force=True)] == await queued(redis)
    assert [] == await redis.keys("marquee:fresh:*")


@pytest.mark.usefixtures("stored")
async def test_a_picture_that_is_under_way_is_not_queued_twice(admin: Caller, redis: Redis) -> None:
    await admin.post(WHERE, WISH)

    answer = await admin.post(WHERE, WISH)

    assert (202, {"offer": "pending"}, 1) == (answer.status, answer.json, len(await queued(redis)))


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"hash": "cd" * 16}, 404),
        ({"media": "movie-20"}, 404),
        ({"media": "movie-9223372036854775808"}, 404),
        ({"ext": "png"}, 404),
        ({"hash": "x"}, 400),
        ({"media": "tt0017136"}, 400),
        ({"ext": "gif"}, 400),
        ({"force": True}, 400),
    ],
)
async def test_what_is_not_stored_is_not_drawn(
    admin: Caller, redis: Redis, change: dict[str, Any], status: int
) -> None:
    answer = await admin.post(WHERE, WISH | change)

    assert (status, "error", []) == (answer.status, next(iter(answer.json)), await queued(redis))
