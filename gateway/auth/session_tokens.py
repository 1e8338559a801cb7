"""The two tokens of a sign-in: a short-lived signed one, and a long-lived stored one that is valid once."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import jwt
import msgspec

from gateway.api.api_error import not_signed_in
from gateway.db.sessions import LIFETIME, SessionRow
from shared.config.environment import Secret

ACCESS_S: Final = 900
PAGE_S: Final = int(LIFETIME.total_seconds())
_LONGEST: Final = 1024
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "marquee"
_MANAGEMENT: Final = ("marquee-management", "access")  # audience and type
_PAGES: Final = ("marquee-pages", "page")
_CLAIMS: Final = ("iss", "aud", "sub", "exp", "type", "family")
_REFRESH: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# All access tokens start with this header; anything else is not parsed at all.
_HEADER: Final = jwt.encode({}, "0" * 32, _ALGORITHM).partition(".")[0] + "."


class AccessTokens:
    """Signs access tokens with ``secret``, and reads those signed with it or with a ``former`` one.

    ``now`` is the clock for signing.
    """

    def __init__(self, secret: Secret, *former: Secret, now: Callable[[], float] = time.time) -> None:
        self._key = bytes.fromhex(secret)
        self._keys = (self._key, *map(bytes.fromhex, former))
        self._now = now

    def sign(self, session: SessionRow) -> str:
        """Return a token for a session, valid for 15 minutes."""
        return self._sign(session, _MANAGEMENT, ACCESS_S)

    def sign_for_pages(self, session: SessionRow) -> str:
        """Return a token with which a session may open pages and nothing else, valid for as long as a sign-in."""
        return self._sign(session, _PAGES, PAGE_S)

    def read(self, text: str) -> int:
        """Return the token's family. Raises a 401 ``ApiError`` if the token is not valid."""
        return self._read(text, _MANAGEMENT)

    def read_for_pages(self, text: str) -> int:
        """Return the family of a token for pages. Raises a 401 ``ApiError`` if the token is not valid."""
        return self._read(text, _PAGES)

    def _sign(self, session: SessionRow, use: tuple[str, str], seconds: int) -> str:
        claims = {
            "iss": _ISSUER,
            "aud": use[0],
            "sub": session.actor,
            "exp": int(self._now()) + seconds,
            "type": use[1],
            "family": session.family,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def _read(self, text: str, use: tuple[str, str]) -> int:
        if len(text) > _LONGEST or not text.isascii() or not text.startswith(_HEADER):
            raise not_signed_in()
        claims = self._claims(text, use[0])
        family = claims["family"]
        if claims["type"] != use[1] or not isinstance(family, int):
            raise not_signed_in()
        return family

    def _claims(self, text: str, audience: str) -> dict[str, Any]:
        """Return a token's claims if one of the secrets signed it."""
        for key in self._keys:
            try:
                return _decoded(text, key, audience)
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise not_signed_in() from error
        raise not_signed_in()


def _decoded(text: str, key: bytes, audience: str) -> dict[str, Any]:
    return jwt.decode(
        text,
        key,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        audience=audience,
        leeway=0,
        options={"require": list(_CLAIMS)},
    )


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token as the browser has it; only its digest is stored."""

    text: Secret

    @classmethod
    def new(cls) -> "RefreshToken":
        """Return a token of 32 random bytes."""
        return cls(Secret(secrets.token_urlsafe(32)))

    @classmethod
    def read(cls, text: str | None) -> "RefreshToken | None":
        """Parse a cookie; returns ``None`` for text that cannot be a token."""
        return cls(Secret(text)) if text is not None and _REFRESH.fullmatch(text) else None

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 digest that is stored."""
        return hashlib.sha256(self.text.encode("ascii")).digest()
