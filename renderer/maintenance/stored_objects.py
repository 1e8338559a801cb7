"""A stored object as a row of the index: its metadata, checked against its own key."""

import hashlib
import re
from datetime import date
from typing import Any, Final

import msgspec

from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.stores.image_rows import ImageRow

_KEY: Final = re.compile(r"c/(?P<hash>[0-9a-f]{32})/(?P<media>[^/.]{1,64})\.(?P<ext>[a-z]{3,4})", re.ASCII)
_ETAG: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MOST_BYTES: Final = 2**31 - 1


class ForeignObject(Exception):
    """An object is foreign or damaged; the text says what is wrong with it."""


class ObjectKey(msgspec.Struct, frozen=True):
    """What an object's key says."""

    hash: SettingsHash
    media: MediaId
    ext: Format

    @property
    def key(self) -> str:
        """Return the key as text."""
        return storage_key(self.hash, self.media, self.ext)


class Entry(msgspec.Struct, frozen=True):
    """What one object restores."""

    image: ImageRow
    film_date: date | None
    settings_text: str
    """The text that was hashed."""


def read_key(key: str) -> ObjectKey:
    """Parse an object's key. Raises ``ForeignObject`` for one that Marquee would not have written."""
    match = _KEY.fullmatch(key)
    try:
        if match is None:
            raise ForeignObject("its key is not one of Marquee's")
        address = ObjectKey(SettingsHash(match["hash"]), MediaId.parse(match["media"]), Format(match["ext"]))
    except (BadRequest, TitleNotFound, ValueError) as exc:
        raise ForeignObject("its key is not one of Marquee's") from exc
    if address.key != key:
        raise ForeignObject("its key is not in canonical form")
    return address


def read_object(address: ObjectKey, size: int, metadata: ImageMetadata | None) -> Entry:
    """Combine an object's key, size and metadata. Raises ``ForeignObject`` when they contradict each other."""
    if metadata is None:
        raise ForeignObject("it is gone, or its metadata cannot be read")
    wrong = (
        (metadata.media != str(address.media), "its key names another title"),
        (metadata.content_type != address.ext.content_type, "its content type does not match its key"),
        (not _ETAG.fullmatch(metadata.etag), "its etag is not one of Marquee's"),
        (metadata.drawn_at.tzinfo is None, "its time has no time zone"),
        (not 0 < size <= _MOST_BYTES, f"it has {size} bytes"),
        (not metadata.settings_text, "its settings are too long to be kept with it"),
        (_digest(metadata.settings_text) != address.hash, "its settings do not match its key"),
    )
    for is_so, sentence in wrong:
        if is_so:
            raise ForeignObject(sentence)
    image = ImageRow(
        hash=address.hash,
        media=address.media,
        ext=address.ext,
        etag=metadata.etag,
        bytes=size,
        fingerprint=metadata.fingerprint,
        degraded=metadata.degraded,
        drawn_at=metadata.drawn_at,
        drawing=metadata.drawing,
    )
    return Entry(image, metadata.film_date, metadata.settings_text)


def read_settings(text: str) -> Settings | None:
    """Read the text of settings back; ``None`` when this version would hash them differently.

    The hash is the proof: settings that were read wrongly have another one.
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
