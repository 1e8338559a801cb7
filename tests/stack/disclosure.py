"""The search for secrets: in whatever text a process said, and in all that Postgres and Redis keep."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final

import asyncpg
from redis.asyncio import Redis

from shared.stores.redis import connect

SHAPES: Final = {
    "an API key": re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"),
    "a share form": re.compile(r"(?<![0-9a-z])h[.-][0-9a-f]{32}(?![0-9a-f])"),
    "an access token": re.compile(r"eyJ[\w-]{10,}\.[\w-]+\.[\w-]+"),
    "a password's hash": re.compile(r"\$argon2"),
    "a header with a secret": re.compile(r"(?i)\bbearer [\w.-]{8}|refresh_token=[\w-]{8}"),
}
"""What no process says, whoever's it may be."""

_AROUND: Final = 60
_AT_ONCE: Final = 200  # keys of Redis: asked one by one, ten thousand take half a minute on a busy machine


def shown(secrets: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return where texts show secrets, as they are or spelled as the bytes of a column are: a few words around each."""
    spelled = {form: secret for secret in secrets if secret for form in (secret, secret.encode().hex())}
    return [_around(text, text.index(form), len(form)) for text in texts for form in spelled if form in text]


def shaped(texts: Iterable[str]) -> list[str]:
    """Return where texts show what has the shape of a secret."""
    return [
        f"{name}: {_around(text, match.start(), len(match[0]))}"
        for text in texts
        for name, shape in SHAPES.items()
        for match in [shape.search(text)]
        if match
    ]


async def kept(database_url: str, redis_url: str) -> list[str]:
    """Return every row of every table, and every key of Redis with all that is in it, as text."""
    database = await asyncpg.connect(database_url)
    try:
        rows = [row async for row in _rows(database)]
    finally:
        await database.close()
    async with connect(redis_url) as redis:
        names = [name async for name in redis.scan_iter(count=1000)]
        for some in (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)):
            contents = await asyncio.gather(*(_content(redis, name) for name in some))
            rows += [f"{name!r}: {content!r}" for name, content in zip(some, contents, strict=True)]
    return rows


async def _rows(database: Any) -> AsyncIterator[str]:
    tables = await database.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (table,) in tables:
        for row in await database.fetch(f'SELECT t::text FROM "{table}" t'):  # noqa: S608 - the catalogue's own name
            yield f"{table}: {row[0]}"


async def _content(redis: Redis, name: bytes) -> object:
    read: dict[bytes, Callable[[], Awaitable[object]]] = {
        b"string": lambda: redis.get(name),
        b"stream": lambda: redis.xrange(name),
        b"hash": lambda: redis.hgetall(name),
        b"set": lambda: redis.smembers(name),
        b"zset": lambda: redis.zrange(name, 0, -1),
        b"list": lambda: redis.lrange(name, 0, -1),
        b"none": _nothing,  # it ended meanwhile
    }
    kind: Any = await redis.type(name)
    return await read[kind]()


async def _nothing() -> object:
    return b""


def _around(text: str, at: int, length: int) -> str:
    return text[max(0, at - _AROUND) : at + length + _AROUND]
