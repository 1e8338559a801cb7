"""Many guesses at a password under many client addresses: the rate limit comes before everything that costs."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from redis.asyncio import Redis

from gateway.auth.sign_in_limits import SIGN_IN
from tests.gateway.auth.caller import CREDENTIALS, Caller, gateway

GUESSES = 800
MANY_GUESSES = 20_000
REFUSED = {429, 503}
"""Too many tries; or Redis did not answer in time, and without it nobody may try: a busy machine shows that too."""

CALLERS = 32
_AT_ONCE = 25  # requests on one connection before their answers are read
_BODY = msgspec.json.encode(CREDENTIALS | {"password": "wrong horse"})
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


def guess(forwarded: str) -> bytes:
    head = (
        "POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: {forwarded}\r\nCF-Connecting-IP: {forwarded.partition(',')[0]}\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + _BODY


async def one_caller(port: int, requests: Sequence[bytes]) -> Counter[int]:
    """Send these over one connection; returns how often each status came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses: Counter[int] = Counter()
    for start in range(0, len(requests), _AT_ONCE):
        several = requests[start : start + _AT_ONCE]
        writer.write(b"".join(several))
        for _ in several:
            head = await reader.readuntil(b"\r\n\r\n")
            (status,) = _STATUS.findall(head)
            statuses[int(status)] += 1
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
    writer.close()
    await writer.wait_closed()
    return statuses


async def guesses(port: int, names: Sequence[str]) -> tuple[Counter[int], int]:
    """Guess once under each name, many at once; returns the statuses, and how many tries were earned meanwhile."""
    began, requests = time.monotonic(), [guess(name) for name in names]
    counted = await asyncio.gather(*(one_caller(port, requests[nth::CALLERS]) for nth in range(CALLERS)))
    earned = 1 + int((time.monotonic() - began) * 1000) // SIGN_IN.interval_ms
    return sum(counted, Counter()), earned


def address(number: int) -> str:
    return f"{1 + number % 200}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


how_many = pytest.mark.parametrize("number", [GUESSES, pytest.param(MANY_GUESSES, marks=pytest.mark.stress)])


@how_many
async def test_guesses_from_a_peer_under_forged_names_get_ten_tries(admin: Caller, redis: Redis, number: int) -> None:
    await redis.flushdb()

    statuses, earned = await guesses(admin.port, [address(nth) for nth in range(number)])

    assert {401, 429} <= set(statuses) <= {401} | REFUSED
    assert SIGN_IN.burst - statuses[503] <= statuses[401] <= SIGN_IN.burst + earned
    assert number == statuses.total()
    assert b"marquee:rate:sign-in:127.0.0.1" in await redis.keys("marquee:rate:sign-in:*")


@how_many
@pytest.mark.usefixtures("admin")
async def test_guesses_behind_a_trusted_proxy_under_forged_names_get_ten_tries(
    redis: Redis, postgres_url: str, valkey_url: str, number: int
) -> None:
    await redis.flushdb()
    names = [f"{address(nth)}, 203.0.113.7" for nth in range(number)]

    async with gateway(postgres_url, valkey_url, TRUSTED_PROXIES="127.0.0.1") as replica:
        statuses, earned = await guesses(replica.port, names)

    assert {401, 429} <= set(statuses) <= {401} | REFUSED
    assert SIGN_IN.burst - statuses[503] <= statuses[401] <= SIGN_IN.burst + earned
    assert [b"marquee:rate:sign-in:203.0.113.7"] == await redis.keys("marquee:rate:sign-in:*")
