"""Connections to Redis that report a write to a lost connection as redis-py expects it, on uvloop too.

Where a server has reset a connection, as a killed one does, uvloop raises ``RuntimeError`` for the next write. redis-py
expects ``OSError``: it then closes the connection, and may try another.
"""

from collections.abc import Iterable

from redis.asyncio import Connection, SSLConnection
from redis.asyncio.connection import AbstractConnection


class CheckedWrites(AbstractConnection):
    """A connection whose writes raise ``OSError`` once it has been reset."""

    @property
    def is_reset(self) -> bool:
        """Return whether the connection has ended without redis-py having noticed."""
        return self._writer is not None and self._writer.transport.is_closing()

    async def _send_packed_command(self, command: Iterable[bytes]) -> None:
        try:
            await super()._send_packed_command(command)
        except RuntimeError as exc:
            if not self.is_reset:
                raise
            raise ConnectionResetError("the server has reset the connection") from exc


class CheckedTcp(CheckedWrites, Connection):
    """Over TCP."""


class CheckedTls(CheckedWrites, SSLConnection):
    """Over TLS."""
