"""Who uses which port: those of the run contract, and free ones for the parts behind the services."""

import random
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT = 3000
HOST = "127.0.0.1"
_LOWEST_FREE = 20_000
_METRICS = 100
_METRICS_STEP = 10
_HIGHEST = 65_535
_ATTEMPTS = 1000
_RANDOM = random.SystemRandom()  # never seeded: two runs that start at once must not try the same ports in turn


class PortsUnusable(Exception):
    """The ports of the contract are unavailable; the text is a sentence for the terminal."""


@dataclass(frozen=True)
class Contract:
    """The ports that callers rely on, all counted from the gateway's."""

    gateway: int

    @property
    def content(self) -> int:
        """Return the port of the content server, shared by all renderers."""
        return self.gateway + 1

    def gateway_metrics(self, nth: int) -> int:
        """Return the metrics port of the ``nth`` gateway, counted from 1."""
        return self.gateway + _METRICS + _METRICS_STEP * (nth - 1)

    def renderer_metrics(self, nth: int) -> int:
        """Return the metrics port of the ``nth`` renderer, counted from 1."""
        return self.gateway_metrics(nth) + 1

    def owners(self, gateways: int, renderers: int) -> dict[int, str]:
        """Return every port of the contract with a description of what listens on it."""
        owners = {self.gateway: "the gateway", self.content: "the content server"}
        owners |= {self.gateway_metrics(n): "a gateway's metrics" for n in range(1, gateways + 1)}
        owners |= {self.renderer_metrics(n): "a renderer's metrics" for n in range(1, renderers + 1)}
        return owners


def require_free(owners: Mapping[int, str]) -> None:
    """Raise PortsUnusable, naming the first port that is taken or out of range, unless all can be bound."""
    for port, owner in owners.items():
        if port > _HIGHEST:
            raise PortsUnusable(f"PORT is too high: {owner} would need port {port}")
        if not is_free(port):
            raise PortsUnusable(f"port {port} ({owner}) is in use: stop what listens there or set PORT to another one")


def is_free(port: int) -> bool:
    """Return whether nothing listens on ``port`` of the loopback address."""
    with socket.socket() as probe:
        # Connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int, *, apart_from: Collection[int]) -> list[int]:
    """Return ``count`` free ports below those that the kernel uses for outgoing connections.

    A part that crashes must find its port free when it restarts, so no outgoing connection may take it meanwhile.
    Raises PortsUnusable when there are not enough.
    """
    found: list[int] = []
    for _ in range(_ATTEMPTS):
        if len(found) == count:
            break
        port = _RANDOM.randrange(_LOWEST_FREE, _first_outgoing())
        if port not in found and port not in apart_from and is_free(port):
            found.append(port)
    if len(found) < count:
        raise PortsUnusable(f"{count} free ports were not found")
    return found


def _first_outgoing() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return 32_768
    return first if first > _LOWEST_FREE + _ATTEMPTS else _HIGHEST
