"""The client of Redis: redis-py's commands, sent through the multiplexer.

Commands that block or that change the connection's state, and subscriptions, have a connection of the pool each.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, Final, TypeAlias, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ExecAbortError, NoScriptError, ResponseError

from shared.stores.redis_connection import Guarded, Words, connection_class
from shared.stores.redis_line import POSTED_S
from shared.stores.redis_multiplexer import Multiplexer
from shared.stores.redis_primary import Primary

_ALONE: Final = frozenset(
    [
        *("BLPOP", "BRPOP", "BLMOVE", "BLMPOP", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF"),
        *("MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "AUTH", "SELECT", "HELLO", "RESET", "QUIT", "MONITOR"),
    ]
)
"""Commands that may block, or that mean the whole connection."""

_MAY_BLOCK: Final = frozenset(["XREAD", "XREADGROUP"])
_BLOCK: Final = frozenset(["BLOCK", b"BLOCK"])
_BLOCK_WITHIN: Final = 8  # words: the group, the consumer and the count come before it, the streams after it

Arguments: TypeAlias = Sequence[str | bytes | int | float]
"""What a script is given besides its keys."""


class PrimaryPool(BlockingConnectionPool):
    """Connections to one primary, wherever it is, and the one that most commands share."""

    def __init__(self, *, primary: Primary, is_socket: bool, tls: bool, **kwargs: Any) -> None:
        self._found_by = primary
        kind = connection_class(primary, is_socket=is_socket, tls=tls)
        super().__init__(connection_class=kind, primary=primary, **kwargs)
        self.multiplexer = Multiplexer(
            self.make_connection,
            answer_s=float(kwargs["socket_timeout"]),
            idle_s=float(kwargs["health_check_interval"] or inf),
        )
        primary.close_idle = self._close_outdated

    async def aclose(self) -> None:
        """Close all connections, and stop looking for the primary."""
        await self.multiplexer.close()
        await super().aclose()
        await self._found_by.close()

    async def _close_outdated(self) -> None:
        await self.multiplexer.close_outdated()
        for connection in list(self._available_connections):
            if isinstance(connection, Guarded) and not connection.is_current:
                await connection.disconnect(nowait=True)


class MultiplexedRedis(Redis):
    """redis-py's client, whose commands share a connection."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command and return its reply. Raises redis-py's errors."""
        if _needs_own_connection(args):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        (reply,) = await multiplexer_of(self).ask([args])
        if isinstance(reply, Exception):
            raise reply
        return _read(self, args, options, reply)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "MultiplexedPipeline":  # noqa: FBT001, FBT002 - redis-py's signature
        """Return a pipeline, which sends its commands together."""
        return MultiplexedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class MultiplexedPipeline(Pipeline):
    """Commands that are sent together, between those of others; in a transaction if so made. It watches no key."""

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis-py's signature
        """Send the commands and return their replies. Raises the first error among them, and redis-py's errors."""
        stack = self.command_stack
        if not stack:
            return []
        try:
            replies = await self._replies([args for args, _ in stack])
        finally:
            await self.reset()  # type: ignore[no-untyped-call]
        if raise_on_error:
            self.raise_first_error(stack, replies)
        return [
            reply if isinstance(reply, Exception) else _read(self, args, options, reply)
            for (args, options), reply in zip(stack, replies, strict=True)
        ]

    async def _replies(self, commands: Sequence[Words]) -> list[Any]:
        multiplexer = multiplexer_of(self)
        scripts: list[tuple[str, Any]] = [(script.sha, script.script) for script in self.scripts]
        if self.is_transaction:
            *queued, executed = await multiplexer.ask([("MULTI",), *commands, ("EXEC",)], scripts)
            replies = _executed(queued, executed)
        else:
            replies = await multiplexer.ask(commands, scripts)
        if any(isinstance(reply, NoScriptError) for reply in replies):
            multiplexer.forget_scripts()
        return replies


def multiplexer_of(client: Redis) -> Multiplexer:
    """Return what sends the commands of a client that ``shared.stores.redis.connect`` returned."""
    return cast("PrimaryPool", client.connection_pool).multiplexer


def post(client: Redis, *commands: Words) -> None:
    """Send commands without waiting for their replies; see ``Multiplexer.post``."""
    multiplexer_of(client).post(commands)


class Script:
    """A script that Redis runs, sent without the layers of redis-py's own: by digest, with its text where needed.

    Like any command it may be run twice, when the connection is lost before its reply is here.
    """

    def __init__(self, client: Redis, text: str) -> None:
        self._client = client
        self._named = (hashlib.sha1(text.encode()).hexdigest(), text)  # noqa: S324 - what Redis names scripts by

    async def __call__(self, keys: Sequence[str], args: Arguments = ()) -> Any:
        """Run it and return its reply. Raises redis-py's errors."""
        return (await self.each([(keys, args)]))[0]

    async def each(self, calls: Iterable[tuple[Sequence[str], Arguments]], *, then: Sequence[Words] = ()) -> list[Any]:
        """Run it several times, and other commands after that, in one round trip; return the replies of the script.

        Raises redis-py's errors.
        """
        multiplexer, commands = multiplexer_of(self._client), [self._command(*call) for call in calls]
        replies = await multiplexer.ask([*commands, *then], [self._named])
        missed = [nth for nth, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if missed:  # another server took over, or its scripts were flushed
            multiplexer.forget_scripts()
            again = await multiplexer.ask([commands[nth] for nth in missed], [self._named])
            for nth, reply in zip(missed, again, strict=True):
                replies[nth] = reply
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies[: len(commands)]

    def post(self, keys: Sequence[str], args: Arguments = (), *, within_s: float = POSTED_S) -> None:
        """Run it without waiting for its reply; see ``Multiplexer.post``."""
        multiplexer_of(self._client).post([self._command(keys, args)], [self._named], within_s=within_s)

    def _command(self, keys: Sequence[str], args: Arguments) -> Words:
        return ("EVALSHA", self._named[0], len(keys), *keys, *args)


def _executed(queued: Sequence[Any], executed: Any) -> list[Any]:
    """Return the replies of a transaction. Raises the error for which it was not run."""
    if isinstance(executed, Exception):
        refusal = next((each for each in queued if isinstance(each, ResponseError)), None)
        if refusal is not None and isinstance(executed, ExecAbortError):
            raise refusal from executed
        raise executed
    return list(executed)


def _read(client: Redis, args: Words, options: Mapping[str, Any], reply: Any) -> Any:
    """Return a reply as redis-py's command returns it."""
    callback = client.response_callbacks.get(args[0])
    if callback is None:
        return reply
    return callback(reply, **{name: value for name, value in options.items() if name != "keys"})  # for its own cache


def _needs_own_connection(args: Words) -> bool:
    name = args[0]
    return name in _ALONE or (name in _MAY_BLOCK and not _BLOCK.isdisjoint(args[1:_BLOCK_WITHIN]))
