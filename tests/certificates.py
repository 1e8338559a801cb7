"""A certificate authority of the tests, which signs servers and clients."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.dev.local.ports import HOST

_LASTS = dt.timedelta(days=2)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in files."""

    file: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates; ``file`` has its own."""

    folder: Path
    file: Path
    _key: ec.EllipticCurvePrivateKey
    _name: x509.Name

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make one with a new key."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _named("tests")
        file = folder / f"authority-{id(key)}.pem"
        built = _begun(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        file.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return cls(folder, file, key, name)

    def issue(self, name: str) -> Pair:
        """Return a certificate for the loopback address, with this common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        signed = _begun(_named(name), self._name, key).add_extension(address, critical=False)
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        pair.file.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return (
        builder.serial_number(x509.random_serial_number()).not_valid_before(now - _LASTS).not_valid_after(now + _LASTS)
    )
