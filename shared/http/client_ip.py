"""The client's address, for rate limits: the peer's, or what a trusted proxy forwards."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from aiohttp import web

from shared.config.environment import Network

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_HOPS: Final = 32
_MOST_KNOWN: Final = 20_000
_LONGEST: Final = 80  # characters; the longest address with brackets, a zone and a port is shorter
_IPV6_PREFIX: Final = 64
_HOUSEHOLD: Final = f"/{_IPV6_PREFIX}"
_UNKNOWN: Final = "unknown"


class _Hop(NamedTuple):
    """An address as limits use it, and whether its forwarding headers are trusted."""

    name: str
    is_trusted: bool


class ClientIps:
    """Determines a request's client address. Headers of an untrusted peer are ignored."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted
        # Called for every request, and parsing an address is the slowest part; the same few addresses repeat.
        self._hop = lru_cache(_MOST_KNOWN)(self._read_hop)

    def of(self, request: web.Request) -> str:
        """Return the client's address: an IPv4 address as it is, an IPv6 address as its /64, which is one household."""
        peer = self._hop(request.remote or "")
        if peer is None:
            return _UNKNOWN
        if not peer.is_trusted:
            return peer.name
        headers = request.headers
        return self._behind(peer, headers.getall("X-Forwarded-For", ()), headers.get("CF-Connecting-IP"))

    def untrusted(self, address: str) -> str | None:
        """Return the name of a peer that is no trusted proxy; ``None`` for a proxy and for what is no address."""
        hop = self._hop(address)
        return None if hop is None or hop.is_trusted else hop.name

    def trusts(self, request: web.Request) -> bool:
        """Return whether the peer is a trusted proxy, whose forwarding headers count."""
        peer = self._hop(request.remote or "")
        return peer is not None and peer.is_trusted

    def name(self, peer: str, forwarded: Sequence[str], connecting: str | None) -> str:
        """Return the client's address from the peer's and the proxies' headers.

        In X-Forwarded-For the rightmost address that is not a trusted proxy counts, because the caller may have written
        everything left of it. CF-Connecting-IP counts where there is no X-Forwarded-For.
        """
        hop = self._hop(peer)
        return _UNKNOWN if hop is None else self._behind(hop, forwarded, connecting)

    def _behind(self, hop: _Hop, forwarded: Sequence[str], connecting: str | None) -> str:
        if not hop.is_trusted:
            return hop.name
        hops = ",".join(forwarded).split(",") if forwarded else []
        if not hops and connecting is not None:
            hops = [connecting]
        for said in hops[: -_MOST_HOPS - 1 : -1]:
            if not hop.is_trusted:
                break
            following = self._hop(said) if len(said) <= _LONGEST else None
            if following is None:  # a trusted proxy would not have written what cannot be parsed
                break
            hop = following
        return hop.name

    def _read_hop(self, text: str) -> _Hop | None:
        address = _read(text)
        if address is None:
            return None
        return _Hop(_spell(address), any(address in network for network in self._trusted))


def _read(text: str) -> _Address | None:
    """Parse an address, with or without a port, or a /64 as Marquee's own processes forward it.

    An IPv4-mapped IPv6 address becomes the IPv4 address.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.removesuffix(_HOUSEHOLD).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _spell(address: _Address) -> str:
    if address.version == 4:  # noqa: PLR2004 - the protocol's name
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
