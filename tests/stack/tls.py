"""TLS in front of a server that has none: certificates of an authority of our own, and a relay that uses them."""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.dev.local.ports import HOST
from tests.stack.relay import Relay

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """Files: the authority's certificate, and the certificate and key of a server on this host."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make them anew."""
        authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _builder("authority", "authority", authority_key.public_key())
        authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        server = _builder("server", "authority", server_key.public_key())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        server = server.add_extension(names, critical=False)
        made = cls(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        for path, builder in ((made.authority, authority), (made.certificate, server)):
            signed = builder.sign(authority_key, hashes.SHA256())
            path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key = server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made.key.write_bytes(key)
        return made


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class TlsRelay(Relay):
    """A relay whose own side speaks TLS."""

    def __init__(self, port: int, target: int, certificates: Certificates) -> None:
        super().__init__(port, target)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificates.certificate, certificates.key)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self._port, ssl=self._context)
