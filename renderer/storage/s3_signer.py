"""Signs requests to S3 with Signature Version 4, in the ``Authorization`` header.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from yarl import URL

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "s3"


class S3Credentials(msgspec.Struct, frozen=True):
    """An access key, and the token that goes with a temporary one."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"S3Credentials({self.access_key!r})"


class S3Signer:
    """Signs for one region. The signing key of a day is derived once."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._derived: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def signed(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: bytes,
        credentials: S3Credentials,
        now: datetime,
        digest: str = "",
    ) -> dict[str, str]:
        """Return the headers with those of the signature. All of them are signed; ``url`` is encoded as it is sent.

        ``now`` is in UTC. ``digest`` is the SHA-256 of the body in hex, if known.
        """
        stamp, digest = now.strftime("%Y%m%dT%H%M%SZ"), digest or hashlib.sha256(body).hexdigest()
        every = {
            **headers,
            "Host": url.host_port_subcomponent or "",
            "x-amz-content-sha256": digest,
            "x-amz-date": stamp,
            **({"x-amz-security-token": credentials.token} if credentials.token else {}),
        }
        named = sorted((name.lower(), " ".join(value.split())) for name, value in every.items())
        names = ";".join(name for name, _ in named)
        lines = "".join(f"{name}:{value}\n" for name, value in named)
        request = f"{method}\n{url.raw_path}\n{url.raw_query_string}\n{lines}\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{self._region}/{_SERVICE}/aws4_request"
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = _hmac(self._key(credentials, stamp[:8]), text).hex()
        authorization = f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, "
        return every | {"Authorization": f"{authorization}Signature={signature}"}

    def _key(self, credentials: S3Credentials, day: str) -> bytes:
        name = (credentials.secret_key, day)
        if self._derived[0] != name:
            key = f"AWS4{credentials.secret_key}".encode()
            for word in (day, self._region, _SERVICE, "aws4_request"):
                key = _hmac(key, word)
            self._derived = (name, key)
        return self._derived[1]


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
