"""What a stored object says of itself, checked against its own address: a row of the index, or why there is none."""

import hashlib
import re
from datetime import date
from typing import Any, Final

import msgspec

from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.errors import BadRequest
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.stores.image_rows import ImageRow

_KEY: Final = re.compile(r"c/(?P<hash>[0-9a-f]{32})/(?P<media>[^/.]{1,64})\.(?P<ext>[a-z]{3,4})", re.ASCII)
_ETAG: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MOST_BYTES: Final = 2**31 - 1


class NotOurs(Exception):
    """An object is foreign or damaged; the text says what is wrong with it."""


class Address(msgspec.Struct, frozen=True):
    """What an object's key says."""

    hash: SettingsHash
    media: MediaId
    ext: Format

    @property
    def key(self) -> str:
        """Return the key again."""
        return storage_key(self.hash, self.media, self.ext)


class Entry(msgspec.Struct, frozen=True):
    """What one object restores."""

    image: ImageRow
    film_date: date | None
    look: str
    """The text that the hash was made of."""


def read_key(key: str) -> Address:
    """Read an object's key; raises ``NotOurs`` for one that we would not have written."""
    match = _KEY.fullmatch(key)
    try:
        if match is None:
            raise NotOurs("its key is not one of ours")
        address = Address(SettingsHash(match["hash"]), MediaId.parse(match["media"]), Format(match["ext"]))
    except (BadRequest, ValueError) as exc:
        raise NotOurs("its key is not one of ours") from exc
    if address.key != key:
        raise NotOurs("its key is not spelt as we do")
    return address


def read_object(address: Address, size: int, facts: ImageMetadata | None) -> Entry:
    """Put an object's key, size and facts together; raises ``NotOurs`` where they do not agree."""
    if facts is None:
        raise NotOurs("it is gone, or says nothing that we can read")
    wrong = (
        (facts.media != str(address.media), "it is of another title than its key says"),
        (facts.content_type != address.ext.content_type, "its content type is not that of its key"),
        (not _ETAG.fullmatch(facts.etag), "its etag is none of ours"),
        (facts.drawn_at.tzinfo is None, "its time has no zone"),
        (not 0 < size <= _MOST_BYTES, f"it has {size} bytes"),
        (_digest(facts.look) != address.hash, "its look is not the one that its key names"),
    )
    for is_so, sentence in wrong:
        if is_so:
            raise NotOurs(sentence)
    image = ImageRow(
        hash=address.hash,
        media=address.media,
        ext=address.ext,
        etag=facts.etag,
        bytes=size,
        fingerprint=facts.fingerprint,
        degraded=facts.degraded,
        drawn_at=facts.drawn_at,
    )
    return Entry(image, facts.film_date, facts.look)


def read_settings(text: str) -> Settings | None:
    """Read a look's text back; ``None`` when this version would give that look another name.

    The proof is the hash: whatever was read wrongly has another.
    """
    lines = (line.partition(" ") for line in text.splitlines()[1:])  # the first line names the version
    given = {name: value for name, _, value in lines}
    chosen = {
        field.name: _value(field.type, given[field.name])
        for field in msgspec.structs.fields(Settings)
        if field.name in given
    }
    try:
        settings = msgspec.convert(chosen, Settings, strict=False)
    except msgspec.ValidationError:
        return None
    return settings if settings_hash(settings) == _digest(text) else None


def _value(kind: Any, text: str) -> object:
    if kind is bool:
        return text == "yes"
    if getattr(kind, "__origin__", None) is tuple:
        return text.split(",") if text else []
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
