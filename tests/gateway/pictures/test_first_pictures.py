"""Which clients have received pictures."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from gateway.pictures.client_rules import client_name
from gateway.pictures.first_pictures import FirstPictures, clients_seen
from shared.domain.errors import StoreDown
from shared.domain.pictures import Kind

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECRET = "AIOMetadata/2.16 (somebody@example.org)"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("AIOMetadata/2.16.5", "AIOMetadata"),
        ("AIOStreams/2.9", "AIOStreams"),
        ("Jellyfin-Server/10.11.0", "Jellyfin"),
        ("PlexMediaServer/1.41", "Plex"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "A browser"),
        ("curl/8.14", "curl"),
        ("aiometadata", "A client"),
        ("", "A client"),
        (None, "A client"),
    ],
)
def test_a_client_is_named_from_a_closed_list(user_agent: str | None, expected: str) -> None:
    assert expected == client_name(user_agent)


async def test_the_first_picture_of_each_client_is_kept_and_not_the_next(redis: Redis) -> None:
    now = NOON
    one, other = FirstPictures(now=lambda: now), FirstPictures(now=lambda: now)

    one.note(SECRET, "HEAD", Kind.POSTER)
    await one.flush(redis)
    now += timedelta(seconds=90)
    other.note(SECRET, "GET", Kind.LOGO)
    other.note("Kodi/21", "GET", Kind.BACKDROP)
    await other.flush(redis)

    seen = await clients_seen(redis, now=now + timedelta(seconds=3))
    assert [("Kodi", Kind.BACKDROP, "GET", 3), ("AIOMetadata", Kind.POSTER, "HEAD", 93)] == [
        (each.name, each.kind, each.method, each.age_s) for each in seen
    ]


async def test_nothing_that_a_client_sent_is_kept(redis: Redis) -> None:
    first = FirstPictures(now=lambda: NOON)
    first.note(SECRET, "GET", Kind.POSTER)
    first.note("somebody@example.org/1.0", "GET", Kind.POSTER)

    await first.flush(redis)

    kept = repr([await redis.hgetall(key) for key in await redis.keys()])
    assert "A client" in kept
    assert "somebody" not in kept


async def test_what_redis_does_not_take_is_stored_later(redis: Redis) -> None:
    gone = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    first = FirstPictures(now=lambda: NOON)
    first.note("curl/8", "GET", Kind.POSTER)

    await first.flush(gone)
    await first.flush(redis)

    assert ["curl"] == [each.name for each in await clients_seen(redis, now=NOON)]
    with pytest.raises(StoreDown):
        await clients_seen(gone, now=NOON)
    await gone.aclose()
