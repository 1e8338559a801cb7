"""Connections in the order in which they were opened, in all and by address."""

from collections.abc import Iterable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class ConnectionOrder(Generic[_T]):
    """A set of connections; knows the address that has most of them. Nothing takes longer with more connections."""

    def __init__(self) -> None:
        self._addresses: dict[_T, str] = {}
        self._by_address: dict[str, dict[_T, None]] = {}
        self._by_number: dict[int, dict[str, None]] = {}
        """The addresses with this many connections."""
        self._most = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._addresses)

    def add(self, connection: _T, address: str) -> None:
        """Add one as the newest."""
        self._addresses[connection] = address
        connections = self._by_address.setdefault(address, {})
        connections[connection] = None
        self._count(address, len(connections) - 1, len(connections))

    def remove(self, connection: _T) -> str | None:
        """Remove one and return its address, ``None`` if it is not there."""
        address = self._addresses.pop(connection, None)
        if address is None:
            return None
        connections = self._by_address[address]
        del connections[connection]
        self._count(address, len(connections) + 1, len(connections))
        if not connections:
            del self._by_address[address]
        return address

    def of(self, address: str) -> dict[_T, None]:
        """Return those of an address, the oldest first."""
        return self._by_address.get(address, {})

    def of_largest(self) -> dict[_T, None]:
        """Return those of an address that has most, the oldest first."""
        return self.of(next(iter(self._by_number[self._most]))) if self._most else {}

    def all(self) -> Iterable[_T]:
        """Return all, the oldest first."""
        return self._addresses

    def _count(self, address: str, before: int, after: int) -> None:
        """Note a number that has changed by one."""
        if before:
            addresses = self._by_number[before]
            del addresses[address]
            if not addresses:
                del self._by_number[before]
        if after:
            self._by_number.setdefault(after, {})[address] = None
        if after > self._most or self._most not in self._by_number:
            self._most = after
