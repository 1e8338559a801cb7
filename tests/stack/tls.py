"""TLS in front of a server that has none."""

import asyncio
import ssl

from deploy.dev.local.ports import HOST
from tests.certificates import Pair
from tests.stack.relay import Relay


class TlsRelay(Relay):
    """A relay whose own side speaks TLS."""

    def __init__(self, port: int, target: int, certificate: Pair) -> None:
        super().__init__(port, target)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.file, certificate.key)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self._port, ssl=self._context)
