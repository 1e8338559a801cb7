"""What Redis says about itself at the start: which kind of server it is, and whether it refuses what is asked of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from shared.config.redis_address import Topology, parse_redis_url
from shared.domain.errors import StoreDown, StoreRefused
from shared.stores.redis import redis_errors
from shared.stores.redis_check import SAFE_POLICY, run_probe
from shared.stores.redis_primary import PrimaryUnknown
from shared.stores.start_check import Finding

OLDEST: Final = 7
"""The oldest major version with which the tests are run; Valkey calls itself 7.2 where Redis is meant."""

_PASSES: Final = frozenset(
    ["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN"]
)
"""Error codes that go without a change of the configuration: a failover ends, a server has read its data."""

_CROWDED: Final = "max number of clients"
_ARGUMENTS: Final = ", with args beginning with"
"""Where an error about an unknown command begins to quote what was sent, be it a password."""

_REFUSES: Final = ("CROSSSLOT", "MOVED", "NOAUTH", "WRONGPASS")
_SCHEMES: Final = {"cluster": "redis+cluster", "sentinel": "redis+sentinel"}
_FITTING: Final = {Topology.STANDALONE: "standalone", Topology.SENTINEL: "standalone", Topology.CLUSTER: "cluster"}


async def check_redis(redis: Redis, url: str) -> Finding:
    """Return which server it is, and what is wrong with its eviction policy.

    Raises ``StoreRefused`` in the server's own words when it refuses, and ``StoreDown`` while it is away.
    """
    try:
        with redis_errors():
            server = await _info(redis, "server")
            memory = await _info(redis, "memory")
            _require_mode(server, url)
            await run_probe(redis)
    except StoreDown as error:
        kind = StoreRefused if isinstance(error, StoreRefused) or _is_refusal(error) else StoreDown
        raise kind(str(error).partition(_ARGUMENTS)[0]) from error
    return _finding(server, memory)


async def _info(redis: Redis, section: str) -> Mapping[str, Any]:
    """Return a section; an empty one where this user may not read it, as some hosts have it."""
    try:
        found: Mapping[str, Any] = await redis.info(section)
    except NoPermissionError:
        return {}
    return found


def _mode(server: Mapping[str, Any]) -> str:
    """Return the mode, which Valkey names as its own."""
    return str(server.get("server_mode") or server.get("redis_mode") or "unknown mode")


def _require_mode(server: Mapping[str, Any], url: str) -> None:
    mode, wanted = _mode(server), _FITTING[parse_redis_url("REDIS_URL", url).topology]
    if mode in _SCHEMES and mode != wanted:
        raise StoreRefused(f"redis: the server is in mode {mode}: REDIS_URL must begin with {_SCHEMES[mode]}://")


def _finding(server: Mapping[str, Any], memory: Mapping[str, Any]) -> Finding:
    if not server:
        return Finding("runs scripts", "version and maxmemory-policy are not known: this user may not run INFO")
    version, policy = str(server.get("redis_version", "")), str(memory.get("maxmemory_policy", ""))
    name = f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {version}"
    warnings = []
    if policy and policy != SAFE_POLICY:
        warnings.append(f"maxmemory-policy is {policy}: jobs may be evicted, set it to {SAFE_POLICY}")
    if version.partition(".")[0].isdigit() and int(version.partition(".")[0]) < OLDEST:
        warnings.append(f"it is older than Redis {OLDEST}")
    return Finding(f"{name}, {_mode(server)}, maxmemory-policy {policy or 'unknown'}", "; ".join(warnings))


def _is_refusal(error: BaseException) -> bool:
    return any(_refuses(each) for each in _causes(error))


def _refuses(error: BaseException) -> bool:
    """Return whether the server would say the same again, because the URL or its own configuration is wrong."""
    if isinstance(error, PrimaryUnknown):
        return bool(error.reasons) and all(map(_refuses, error.reasons))
    if isinstance(error, AuthenticationError | NoPermissionError):
        return True
    if not isinstance(error, RedisError):
        return False
    code = error.status_code or str(error).partition(" ")[0]
    if code in _PASSES or _CROWDED in str(error):
        return False
    return isinstance(error, ResponseError) or code in _REFUSES


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
