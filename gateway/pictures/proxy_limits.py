"""What direct mode takes at most: connections, time, and bytes."""

import msgspec


class ProxyLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the proxy, in seconds, bytes and requests."""

    connections: int = 256
    waiting: int = 256
    connect_s: float = 1.0
    headers_s: float = 4.0
    """Until the response starts, including the wait for a connection; the renderer itself waits 2.8 s for a picture."""
    document_s: float = 9.0
    """The same for a document, such as a list of artwork, for which sources are asked."""
    pause_s: float = 10.0
    """Between two chunks from the renderer."""
    caller_pause_s: float = 30.0
    """For a client to accept a chunk."""
    piece: int = 64 << 10
    whole: int = 256 << 10
    """The largest picture that is buffered; a poster has about 80 KB."""
    refusal: int = 64 << 10
    picture: int = 64 << 20

    @property
    def bytes(self) -> int:
        """Return what all responses take that are passed on: a buffered picture each, and a piece on the way out."""
        return self.connections * (self.whole + self.piece)
