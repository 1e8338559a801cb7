"""Dead letters, as an admin sees them, tries them again and drops them."""

from typing import Any

from redis.asyncio import Redis

from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import RenderJob, decode_job, encode_message
from shared.queue.redis_keys import DEAD_STREAM, STREAMS, pending
from shared.settings.digest import SettingsHash
from tests.gateway.auth.caller import Caller

JOB = RenderJob(settings_hash=SettingsHash("ab" * 16), title=ExternalId(IdType.IMDB, 17136))
WHERE = "/api/admin/dead-letters"


async def bury(redis: Redis, body: bytes = encode_message(JOB), reason: str = "source_timeout: omdb") -> str:
    entry: Any = await redis.xadd(DEAD_STREAM, {"job": body, "reason": reason, "tries": 3})
    return str(entry.decode())


async def test_letters_are_listed_the_newest_first(admin: Caller, redis: Redis) -> None:
    first, second = await bury(redis), await bury(redis, b"junk", "unreadable")

    answer = await admin.get(WHERE)

    assert (200, 2, None) == (answer.status, answer.json["total"], answer.json["before"])
    assert [(second, None, "unreadable"), (first, JOB.picture, "source_timeout: omdb")] == [
        (letter["id"], letter["picture"], letter["reason"]) for letter in answer.json["letters"]
    ]


async def test_the_following_letters_are_asked_for_by_the_last_one(admin: Caller, redis: Redis) -> None:
    ids = [await bury(redis) for _ in range(51)]

    first = await admin.get(WHERE)
    second = await admin.get(f"{WHERE}?before={first.json['before']}")

    assert (50, ids[1]) == (len(first.json["letters"]), first.json["before"])
    assert ([ids[0]], None) == ([letter["id"] for letter in second.json["letters"]], second.json["before"])


async def test_a_letter_is_tried_again_and_gone(admin: Caller, redis: Redis) -> None:
    letter = await bury(redis)

    answer = await admin.post(f"{WHERE}/{letter}/retry")

    entries: Any = await redis.xrange(STREAMS[JOB.lane])
    assert (202, {"offer": "queued"}) == (answer.status, answer.json)
    assert [JOB] == [decode_job(entry[b"job"]) for _, entry in entries]
    assert 0 == await redis.xlen(DEAD_STREAM)


async def test_a_letter_whose_picture_is_under_way_is_gone_too(admin: Caller, redis: Redis) -> None:
    letter = await bury(redis)
    await redis.set(pending(JOB.picture), "1")

    answer = await admin.post(f"{WHERE}/{letter}/retry")

    assert (202, {"offer": "pending"}) == (answer.status, answer.json)
    assert 0 == await redis.xlen(DEAD_STREAM)


async def test_a_letter_that_cannot_be_read_can_only_be_dropped(admin: Caller, redis: Redis) -> None:
    letter = await bury(redis, b"junk")

    retried = await admin.post(f"{WHERE}/{letter}/retry")
    dropped = await admin.ask("DELETE", f"{WHERE}/{letter}")

    assert (409, 200, letter) == (retried.status, dropped.status, dropped.json["id"])
    assert 0 == await redis.xlen(DEAD_STREAM)


async def test_what_is_not_there_is_not_found(admin: Caller, redis: Redis) -> None:
    await bury(redis)

    answers = [
        answer.status
        for letter in ("1-1", "-", "+", "0", "x" * 50, "1-1%0A")
        for answer in (await admin.post(f"{WHERE}/{letter}/retry"), await admin.ask("DELETE", f"{WHERE}/{letter}"))
    ]

    assert [404] * 12 == answers
    assert 1 == await redis.xlen(DEAD_STREAM)


async def test_what_is_done_to_letters_is_in_the_audit_log(admin: Caller, redis: Redis) -> None:
    retried, dropped = await bury(redis), await bury(redis)

    await admin.post(f"{WHERE}/{retried}/retry")
    await admin.ask("DELETE", f"{WHERE}/{dropped}")
    await admin.ask("DELETE", f"{WHERE}/{dropped}")  # gone, so nothing is done

    entries = (await admin.get("/api/admin/audit")).json["entries"]
    done = [entry["action"] for entry in entries if entry["action"].startswith("letter_")]
    assert ["letter_dropped", "letter_retried"] == done
