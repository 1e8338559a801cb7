"""Whose request it is, for limits: the peer's address, or what a trusted proxy says of its own caller."""

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

from aiohttp import web

from shared.environment import Network

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_HOPS: Final = 32
_IPV6_PREFIX: Final = 64
_NOBODY: Final = "unknown"


class Clients:
    """Names the client of a request. Nothing that an untrusted peer writes changes its name."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    def of(self, request: web.Request) -> str:
        """Return the client's address: of IPv4 the address itself, of IPv6 its /64, which is one household."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        text = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return self.name(text, forwarded, request.headers.get("CF-Connecting-IP"))

    def name(self, peer: str, forwarded: Sequence[str], connecting: str | None) -> str:
        """Return the client's address from the peer's and the proxies' headers.

        Of X-Forwarded-For the rightmost address that is no trusted proxy counts, for whoever stands further left may
        have been written by the caller. CF-Connecting-IP counts where there is no X-Forwarded-For.
        """
        address = _read(peer)
        if address is None:
            return _NOBODY
        hops = [hop for line in forwarded for hop in line.split(",")]
        if not hops and connecting is not None:
            hops = [connecting]
        for hop in hops[: -_MOST_HOPS - 1 : -1]:
            if not self._is_trusted(address):
                break
            said = _read(hop)
            if said is None:  # what cannot be read was not written by a proxy of ours
                break
            address = said
        return _spell(address)

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _read(text: str) -> _Address | None:
    """Read an address, with or without a port; an IPv4 address in IPv6 clothes is the IPv4 address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _spell(address: _Address) -> str:
    if address.version == 4:  # noqa: PLR2004 - the protocol's name
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
