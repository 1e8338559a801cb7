"""Redis: one client with every limit set, and one translation of its errors.

Errors of redis-py and of the socket, and time-outs, all become ``StoreDown`` here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ChildDeadlockedError, IncorrectPolicyType, RedisClusterException, RedisError
from redis.exceptions import ConnectionError as ConnectionLost

from shared.config.redis_address import RedisAddress, parse_redis_url
from shared.domain.errors import StoreDown
from shared.observability.metrics import Connections
from shared.stores.redis_client import MultiplexedRedis, PrimaryPool, multiplexer_of
from shared.stores.redis_primary import find_primary

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
    """Return a client that connects on first use and again after every loss; close it with ``aclose()``.

    The URL is one that ``parse_redis_url`` takes. Raises ``ConfigError``.
    """
    address = parse_redis_url("REDIS_URL", url)
    limits: dict[str, Any] = {
        "max_connections": most_connections,
        "timeout": _POOL_WAIT_S,
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "socket_keepalive": True,
        "health_check_interval": _PING_AFTER_S,
    }
    pool = PrimaryPool(
        primary=find_primary(address),
        is_socket=address.path is not None,
        tls=address.tls,
        protocol=2,  # responses to stream commands have another shape in RESP3
        # The one retry is for a pooled connection that died unnoticed, or whose server has become useless. A server
        # that does not answer is not retried: that would only delay ``StoreDown``.
        retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1, supported_errors=(ConnectionLost,)),
        **_where(address),
        **{**limits, **address.options},
    )
    return MultiplexedRedis.from_pool(pool)


def _where(address: RedisAddress) -> dict[str, Any]:
    """Return redis-py's arguments for the server and the login; the host of a sought primary is set later."""
    login = {"username": address.username, "password": address.password, "db": address.db}
    if address.path is not None:
        return login | {"path": address.path}
    return login | {"host": address.nodes[0].host, "port": address.nodes[0].port}


def redis_connections(redis: Redis) -> Connections:
    """Return how much of the client's pool is in use, without I/O."""
    pool = redis.connection_pool
    (idle, _), (used, _) = pool.get_connection_count()
    multiplexer = multiplexer_of(redis)
    is_open, is_used = multiplexer.is_open, multiplexer.waiting > 0
    return Connections(used=used + is_used, open=idle + used + is_open, most=pool.max_connections)


@contextmanager
def redis_errors() -> Iterator[None]:
    """Translate every Redis error into ``StoreDown``."""
    try:
        yield
    except _FOREIGN as exc:
        raise StoreDown(f"redis: {type(exc).__name__}: {str(exc)[:200]}") from exc
