"""The forms of an API key in a URL, and the digest under which it is stored; the text itself is never stored."""

import hashlib
import re
from enum import StrEnum
from typing import Final, Self

import msgspec

from shared.domain.errors import InvalidApiKey

FREE_KEY: Final = "t0-free-rpdb"
"""The public key, accepted if the operator allows it."""

_TIER: Final = "(?:t[0-9]-)?"  # before a key; RPDB's plugins take no key without it, and hide options below t3
_KEY: Final = re.compile(rf"{_TIER}([0-9a-f]{{64}})", re.ASCII)
_SHARE: Final = re.compile(rf"{_TIER}h[.-]([0-9a-f]{{32}})", re.ASCII)

PATTERN: Final = rf"(?:{_TIER}(?:[0-9a-f]{{64}}|h[.-][0-9a-f]{{32}})|{re.escape(FREE_KEY)})"
"""A pattern of everything that looks like a key."""


class Form(StrEnum):
    """The kind of key that a caller sent."""

    KEY = "key"
    SHARE = "share"  # the read-only key: fetches pictures, but cannot sign in
    FREE = "free"  # the public one


class KeyToken(msgspec.Struct, frozen=True, gc=False):
    """The SHA-256 digest of a key, or of a read-only key spelled ``h.<32 hex>``, without RPDB's tier before it."""

    form: Form
    digest: bytes

    @classmethod
    def parse(cls, text: str, *, free_key: bool = False) -> Self:
        """Parse a key, the free key only if it is enabled. Raises ``InvalidApiKey`` for text that cannot be a key."""
        if free_key and text == FREE_KEY:
            return cls(Form.FREE, _FREE_DIGEST)
        key = _KEY.fullmatch(text)
        if key is not None:
            return cls(Form.KEY, _digest(key[1]))
        share = _SHARE.fullmatch(text)
        if share is None:
            raise InvalidApiKey("malformed key")
        return cls(Form.SHARE, _digest(f"h.{share[1]}"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


_FREE_DIGEST: Final = _digest(FREE_KEY)
