"""The two tokens of a sign-in: a short-lived one that is signed, and a long-lived one that is stored and good once."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import jwt
import msgspec

from gateway.api.api_error import not_signed_in
from gateway.db.sessions import SessionRow
from shared.config.environment import Secret

ACCESS_S: Final = 900
_LONGEST: Final = 1024
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "marquee"
_AUDIENCE: Final = "marquee-management"
_TYPE: Final = "access"
_CLAIMS: Final = ("iss", "aud", "sub", "exp", "type", "family")
_REFRESH: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# All our tokens begin alike: whatever begins otherwise is not parsed at all.
_HEADER: Final = jwt.encode({}, "0" * 32, _ALGORITHM).partition(".")[0] + "."


class AccessTokens:
    """Signs access tokens with ``secret`` and reads those signed with it or with a ``former`` one.

    ``now`` is the clock of those that are signed.
    """

    def __init__(self, secret: Secret, *former: Secret, now: Callable[[], float] = time.time) -> None:
        self._key = bytes.fromhex(secret)
        self._keys = (self._key, *map(bytes.fromhex, former))
        self._now = now

    def sign(self, session: SessionRow) -> str:
        """Return a token that says which sign-in its bearer has, for a quarter of an hour."""
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": session.actor,
            "exp": int(self._now()) + ACCESS_S,
            "type": _TYPE,
            "family": session.family,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def read(self, text: str) -> int:
        """Return the sign-in's family. Raises a 401 ``ApiError`` for whatever is not a good token of ours."""
        if len(text) > _LONGEST or not text.isascii() or not text.startswith(_HEADER):
            raise not_signed_in()
        claims = self._claims(text)
        family = claims["family"]
        if claims["type"] != _TYPE or not isinstance(family, int):
            raise not_signed_in()
        return family

    def _claims(self, text: str) -> dict[str, Any]:
        """Return what a token says, whichever of our secrets signed it."""
        for key in self._keys:
            try:
                return _decoded(text, key)
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise not_signed_in() from error
        raise not_signed_in()


def _decoded(text: str, key: bytes) -> dict[str, Any]:
    return jwt.decode(
        text,
        key,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        audience=_AUDIENCE,
        leeway=0,
        options={"require": list(_CLAIMS)},
    )


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token as its holder has it; only the digest is ever kept."""

    text: Secret

    @classmethod
    def new(cls) -> "RefreshToken":
        """Return one of 32 random bytes."""
        return cls(Secret(secrets.token_urlsafe(32)))

    @classmethod
    def read(cls, text: str | None) -> "RefreshToken | None":
        """Read what a cookie holds; ``None`` for what cannot be one."""
        return cls(Secret(text)) if text is not None and _REFRESH.fullmatch(text) else None

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 under which it is kept."""
        return hashlib.sha256(self.text.encode("ascii")).digest()
