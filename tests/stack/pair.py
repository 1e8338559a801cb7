"""A pair of services that is watched: no log, metric, row or Redis value may show a secret."""

import asyncio
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

import asyncpg
from redis.exceptions import RedisError

from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from tests.stack.api_keys import create_key
from tests.stack.disclosure import kept, shaped, shown
from tests.stack.services import SECRETS, Services
from tests.stack.sources import Sources
from tests.waiting import run_apart

_QUIET_S: Final = 60.0
_QUIET_LOOKS: Final = 2  # a hint on its way from the buffer to the queue is in neither
_LOOK_S: Final = 0.05


@dataclass
class Watched(Services):
    """Gateways and renderers whose logs and stores are searched for secrets when they have ended."""

    secrets: list[str] = field(default_factory=lambda: list(SECRETS.values()))

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        """End every process, and search all logs and stores for secrets."""
        self.close()
        if error is None:
            self.check_secrets(*(part.said() for part in self.parts))
            # A store that a test has ended cannot be searched.
            with suppress(OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError):
                found = shown(self.secrets, run_apart(self.kept()))
                assert found == [], found

    async def quiet(self) -> None:
        """Wait until no hint and no job is under way: only then can numbers of before and after be compared."""
        redis = connect(self.stores.redis_url)
        queue = RedisStreamQueue(redis, consumer="onlooker")
        quiet_looks = 0
        async with asyncio.timeout(_QUIET_S):
            while quiet_looks < _QUIET_LOOKS:
                jobs = sum(depth.waiting + depth.taken for depth in (await queue.depth()).values())
                hints = await asyncio.to_thread(self.number, "gateway_limit_used", *self.gateways, limit="hint_buffer")
                held = await asyncio.to_thread(self.number, "renderer_jobs_held")
                quiet_looks = 0 if jobs or hints or held else quiet_looks + 1
                await asyncio.sleep(_LOOK_S)
        await redis.aclose()

    async def new_key(self) -> tuple[str, str]:
        """Make an API key and return it with its share form; from then on neither may be shown."""
        key, share = secrets.token_hex(32), f"h.{secrets.token_hex(16)}"
        self.secrets += [key, share.removeprefix("h.")]
        async with open_pool(self.stores.database_url) as pool:
            await create_key(
                pool, name=share[2:8], key_hash=digest_of(key), key_prefix=key[:8], share_hash=digest_of(share)
            )
        return key, share

    def check_secrets(self, *texts: str) -> None:
        """Fail when a text shows a secret of this pair, or anything in the form of a secret."""
        found = shown(self.secrets, texts) + shaped(texts)
        assert found == [], found

    async def kept(self) -> list[str]:
        """Return all that Postgres and Redis keep. Raises ``OSError``, asyncpg's errors and redis-py's."""
        return await kept(self.stores.database_url, self.stores.redis_url)


@dataclass
class Pair(Watched):
    """The same on sources that count calls and fail on demand."""

    sources: Sources


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("ascii")).digest()
