"""Redis: one client with every limit set, and one translation of its errors.

Errors of redis-py and of the socket, and time-outs, all become ``StoreDown`` here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ChildDeadlockedError, IncorrectPolicyType, RedisClusterException, RedisError
from redis.exceptions import ConnectionError as ConnectionLost

from shared.domain.errors import StoreDown
from shared.observability.metrics import Connections

CONNECT_S: Final = 2.0
ANSWER_S: Final = 3.0
"""How long a command may take; blocking commands must block for less."""

CACHE_S: Final = 0.3
"""How long Redis may take as a cache in front of Postgres: a hanging Redis must not cost more."""

MOST_CONNECTIONS: Final = 64
_POOL_WAIT_S: Final = 2.0
_PING_AFTER_S: Final = 15

_FOREIGN: Final = (
    RedisError,
    RedisClusterException,
    ChildDeadlockedError,
    IncorrectPolicyType,
    OSError,
    TimeoutError,
    EOFError,  # asyncio.IncompleteReadError is one
)


def connect(url: str, *, most_connections: int = MOST_CONNECTIONS) -> Redis:
    """Return a client that connects on first use and again after every loss; close it with ``aclose()``."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=most_connections,
        timeout=_POOL_WAIT_S,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        socket_keepalive=True,
        health_check_interval=_PING_AFTER_S,
        protocol=2,  # responses to stream commands have another shape in RESP3
        # The one retry is for a pooled connection that died unnoticed. A server that does not answer is not retried:
        # that would only delay ``StoreDown``.
        retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1, supported_errors=(ConnectionLost,)),
    )
    return Redis.from_pool(pool)


def redis_connections(redis: Redis) -> Connections:
    """Return how much of the client's pool is in use, without I/O."""
    pool = redis.connection_pool
    (idle, _), (used, _) = pool.get_connection_count()
    return Connections(used=used, open=idle + used, most=pool.max_connections)


@contextmanager
def redis_errors() -> Iterator[None]:
    """Translate every Redis error into ``StoreDown``."""
    try:
        yield
    except _FOREIGN as exc:
        raise StoreDown(f"redis: {type(exc).__name__}: {str(exc)[:200]}") from exc
