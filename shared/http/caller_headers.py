"""Reads the headers of a request that is answered below aiohttp: whether they change nothing, and whose it is."""

from collections.abc import Iterable
from typing import Final

from shared.http.client_ip import ClientIps
from shared.observability.tracing import HEADER as TRACEPARENT

_LONGEST_LINE: Final = 160
_MOST_LINES: Final = 1024  # that are remembered, a quarter of a megabyte

_HOST: Final = "host"  # aiohttp refuses a request without one
_FORWARDED, _CONNECTING = "x-forwarded-for", "cf-connecting-ip"  # whose request it is
_CONNECTION, _KEEP_ALIVE = "connection", "keep-alive"

_HARMLESS: Final = frozenset(
    """
    accept accept-charset accept-encoding accept-language cache-control connection content-type cookie dnt from host
    origin pragma priority purpose referer save-data upgrade-insecure-requests user-agent x-requested-with
    sec-ch-ua sec-ch-ua-arch sec-ch-ua-mobile sec-ch-ua-model sec-ch-ua-platform sec-ch-ua-platform-version
    sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc
    cdn-loop cf-connecting-ip cf-ew-via cf-ipcountry cf-ray cf-visitor cf-worker fastly-client-ip true-client-ip
    forwarded via x-amzn-trace-id x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-prefix x-forwarded-proto
    x-forwarded-scheme x-forwarded-server x-original-forwarded-for x-original-uri x-real-ip x-request-id x-scheme
    traceparent tracestate
    """.split()  # noqa: SIM905 - sixty lines otherwise
)
"""Headers of clients and proxies that change no answer, or no more of it than whose request it is."""

_NOT_KEPT: Final = frozenset(
    """
    cdn-loop cf-ray cookie forwarded origin referer traceparent tracestate true-client-ip fastly-client-ip
    x-amzn-trace-id x-original-forwarded-for x-original-uri x-real-ip x-request-id
    """.split()  # noqa: SIM905 - as above
)
"""Headers that differ from one request or caller to the next, or that are secret."""


class CallerHeaders:
    """Reads headers. ``ignored`` are more that change no answer of this process.

    While traces are recorded, the handlers continue those that a proxy forwards.
    """

    __slots__ = ("_clients", "_harmless", "_names")

    def __init__(self, clients: ClientIps, *, is_traced: bool, ignored: Iterable[str] = ()) -> None:
        self._clients = clients
        self._harmless = _HARMLESS.union(ignored) - ({TRACEPARENT} if is_traced else set())
        self._names: dict[str, str] = {}  # of lines that were read before and are harmless whatever their value

    def client(self, peer: object, block: str) -> str | None:
        """Return the name of the client, as handlers would find it; ``None`` if any header may change the answer.

        ``block`` is what follows the request line, in ASCII and with the empty line at its end.
        """
        known, forwarded, connecting = self._names, None, None
        names: set[str] = set()
        lines = block[:-4].split("\r\n")
        for line in lines:
            name = known.get(line)
            if name is None:
                name, colon, value = line.partition(":")
                name = name.lower()
                if not colon or name not in self._harmless or not line.isprintable():
                    return None
                if name == _FORWARDED:
                    forwarded = value.strip(" ")
                elif name == _CONNECTING:
                    connecting = value.strip(" ")
                elif name == _CONNECTION and value.strip(" ").lower() != _KEEP_ALIVE:
                    return None
                elif name not in _NOT_KEPT and len(line) <= _LONGEST_LINE:
                    self._keep(line, name)
            names.add(name)
        if len(names) < len(lines) or _HOST not in names:
            return None
        address = str(peer[0]) if isinstance(peer, (list, tuple)) else str(peer or "")
        return self._clients.name(address, () if forwarded is None else (forwarded,), connecting)

    def _keep(self, line: str, name: str) -> None:
        """Remember which header a line is: most lines are sent again, by the same client or by others."""
        if len(self._names) >= _MOST_LINES:
            self._names.clear()
        self._names[line] = name
