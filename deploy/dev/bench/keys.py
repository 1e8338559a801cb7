"""Many keys and settings, as in a busy deployment, and the addresses that use them."""

import hashlib
from collections.abc import Iterator
from itertools import islice, permutations
from typing import Final

import msgspec
from redis.asyncio import Redis

from deploy.dev.bench.harness import database
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash, settings_text
from shared.settings.model import DEFAULT_ORDER
from shared.settings.parameters import parse

TITLES: Final = 5000
_FIRST_TITLE: Final = 1_000_000
_BATCH: Final = 5000
_QUOTA: Final = 2_000_000_000  # requests a month: counted, but never reached
_SIZES: Final = ("medium", "large", "very-large")
_LABELS: Final = ("t", "i", "o")


def key(number: int) -> str:
    """Return the text of one key."""
    return hashlib.sha256(f"bench {number}".encode()).hexdigest()


def looks(number: int) -> Iterator[dict[str, str]]:
    """Yield distinct settings, each of four query parameters."""
    for nth, order in enumerate(islice(permutations(DEFAULT_ORDER), number)):
        yield {
            "imageSize": _SIZES[nth % 3],
            "ratings_limit": str(1 + nth % 10),
            "label_style": _LABELS[nth // 3 % 3],
            "ratings_order": ",".join(order),
        }


def paths(number: int, requests: int) -> list[str]:
    """Return addresses that cycle through this many keys, as many settings, and ``TITLES`` titles."""
    queries = ["&".join(f"{name}={value}" for name, value in look.items()) for look in looks(number)]
    keys = [key(nth) for nth in range(number)]
    return [
        f"/{keys[nth % number]}/imdb/poster-default/tt{_FIRST_TITLE + nth % TITLES}.jpg?{queries[nth % number]}"
        for nth in range(requests)
    ]


async def store_keys(database_url: str, number: int) -> None:
    """Store the keys as an admin would have created them."""
    rows = [(f"bench {nth}", hashlib.sha256(key(nth).encode()).digest(), key(nth)[:8], _QUOTA) for nth in range(number)]
    columns = ["name", "key_hash", "key_prefix", "monthly_limit"]
    async with database(database_url) as db:
        await db.copy_records_to_table("api_keys", records=rows, columns=columns)
        await db.execute("ANALYZE api_keys")


async def store_looks(database_url: str, redis_url: str, number: int) -> None:
    """Store the settings as another gateway would have: in Postgres and in Redis."""
    every = (parse(Kind.POSTER, Format.JPG, look) for look in looks(number))
    made = {settings_hash(settings): settings for settings in every}
    if len(made) != number:
        raise ValueError(f"{number - len(made)} settings are equal to others")
    bodies = {name: msgspec.json.encode(settings).decode() for name, settings in made.items()}
    rows = [
        (name, settings.kind.value, settings.format.value, bodies[name], settings_text(settings))
        for name, settings in made.items()
    ]
    columns = ["hash", "kind", "format", "settings", "text"]
    async with database(database_url) as db:
        await db.copy_records_to_table("settings_registry", records=rows, columns=columns)
    # Under a name other than the registry's own the gateway would query Postgres: a slower start, the same result.
    pairs = [(f"marquee:look:{name}", body) for name, body in bodies.items()]
    async with Redis.from_url(redis_url) as redis:
        for start in range(0, len(pairs), _BATCH):
            await redis.mset(dict(pairs[start : start + _BATCH]))
