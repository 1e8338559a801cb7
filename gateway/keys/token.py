"""How an API key is written in a URL, and the digest under which it is known; the text itself is never kept."""

import hashlib
import re
from enum import StrEnum
from typing import Final, Self

import msgspec

from shared.domain.errors import InvalidApiKey

FREE_KEY: Final = "t0-free-rpdb"
"""The key that everybody knows, accepted when the operator allows it."""

_KEY: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHARE: Final = re.compile(r"h[.-]([0-9a-f]{32})", re.ASCII)


class Form(StrEnum):
    """What kind of key a caller shows."""

    KEY = "key"
    SHARE = "share"  # fetches pictures, but cannot sign in
    FREE = "free"  # the one that is no secret


class KeyToken(msgspec.Struct, frozen=True, gc=False):
    """What a caller showed: the SHA-256 digest of the key, or of its share form in the spelling ``h.<32 hex>``."""

    form: Form
    digest: bytes

    @classmethod
    def parse(cls, text: str, *, free_key: bool = False) -> Self:
        """Read a key, the free one only where it is allowed. Raises ``InvalidApiKey`` for what cannot be a key."""
        if free_key and text == FREE_KEY:
            return cls(Form.FREE, _FREE_DIGEST)
        if _KEY.fullmatch(text):
            return cls(Form.KEY, _digest(text))
        share = _SHARE.fullmatch(text)
        if share is None:
            raise InvalidApiKey("malformed key")
        return cls(Form.SHARE, _digest(f"h.{share[1]}"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


_FREE_DIGEST: Final = _digest(FREE_KEY)
