"""Connections to Redis that say in redis-py's words that they were lost before a command could be sent.

uvloop raises ``RuntimeError`` for a write to a connection that its server has reset, as a killed one does between two
turns of the event loop. redis-py expects ``OSError``, after which it closes the connection and may try another.
"""

from collections.abc import Iterable

from redis.asyncio import Connection, SSLConnection
from redis.asyncio.connection import AbstractConnection


class Sending(AbstractConnection):
    """A connection that a write finds lost, whatever the event loop says then."""

    @property
    def is_reset(self) -> bool:
        """Return whether the connection has ended, and redis-py does not know it yet."""
        return self._writer is not None and self._writer.transport.is_closing()

    async def _send_packed_command(self, command: Iterable[bytes]) -> None:
        try:
            await super()._send_packed_command(command)
        except RuntimeError as exc:
            if not self.is_reset:
                raise
            raise ConnectionResetError("the server has reset the connection") from exc


class SendingTcp(Sending, Connection):
    """Over TCP."""


class SendingTls(Sending, SSLConnection):
    """Over TLS."""
