"""Copies on local disk, of pictures between memory and the storage that holds the truth, and of the sources' art."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from cachetools import LRUCache

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.lru_directory import Copy, LruDirectory, Namespace

MOST_ART_BYTES: Final = 25 << 20
"""Larger art is not kept: no source hands over more."""

_MOST_KNOWN: Final = 20_000
_NONE_AT_ALL: Final = ""
"""Stands for the ETag of a picture of which no copy is right."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(ImageMetadata)


class DiskStorage:
    """A ``Storage`` of copies, which may lose any of them at any time.

    No method raises: while the disk is full, slow or gone, ``get`` finds nothing and ``put`` keeps nothing.
    """

    def __init__(self, device: DiskExecutor) -> None:
        self._device = device
        # What we last heard of a picture: another process may still put an earlier one into the folder.
        self._known: LRUCache[str, str] = LRUCache(_MOST_KNOWN)

    async def get(self, key: str) -> Picture | None:
        """Return the copy or ``None``."""
        picture = await self._device.read(partial(_read, key=key))
        known = self._known.get(key)
        if picture is None or known in {None, picture.facts.etag}:
            return picture
        self._drop_unless(key, known)
        return None

    async def head(self, key: str) -> ImageMetadata | None:
        """Return the copy's facts or ``None``."""
        picture = await self.get(key)
        return picture.facts if picture else None

    async def put(self, key: str, picture: Picture) -> None:
        """Keep a copy, whole or not at all, in place of any earlier one."""
        self._known[key] = picture.facts.etag
        copy = Copy(picture.body, _ENCODER.encode(picture.facts))
        came_at = self._device.folder.now()  # and not when its turn comes: it may be forgotten before
        await self._device.write(lambda folder: folder.write(Namespace.PICTURE, key, copy, came_at=came_at))

    async def remove(self, keys: Sequence[str]) -> None:
        """Believe no copy of these keys until the next ``put``, and remove them soon."""
        self._known.update(dict.fromkeys(keys, _NONE_AT_ALL))
        self._device.later(lambda folder: folder.remove(Namespace.PICTURE, keys))

    def forget_unless(self, key: str, etag: str) -> None:
        """Believe no copy with other bytes than those of ``etag`` from now on, and remove it soon."""
        self._known[key] = etag
        self._drop_unless(key, etag)

    def forget(self, prefix: str) -> None:
        """Believe no copy that came before now and whose key begins so, whoever wrote it, and remove them soon."""
        self._device.forget(prefix)

    def _drop_unless(self, key: str, etag: str) -> None:
        is_wrong = partial(_has_other_bytes, etag=etag)
        self._device.later(lambda folder: folder.remove_if(Namespace.PICTURE, key, is_wrong))


class DiskArtwork:
    """Copies of art under whatever names its owner gives them. Like ``DiskStorage`` it raises nothing."""

    def __init__(self, device: DiskExecutor) -> None:
        self._device = device
        # What was dropped and may still be there: it is removed when its turn comes, or not at all on a busy disk.
        self._dropped: LRUCache[str, None] = LRUCache(_MOST_KNOWN)

    async def get(self, key: str) -> bytes | None:
        """Return the bytes or ``None``."""
        if key in self._dropped:
            return None
        copy = await self._device.read(lambda folder: folder.read(Namespace.ART, key))
        return copy.body if copy and key not in self._dropped else None

    async def put(self, key: str, body: bytes) -> None:
        """Keep the bytes, whole or not at all; more than ``MOST_ART_BYTES`` are not kept."""
        if len(body) > MOST_ART_BYTES:
            return
        self._dropped.pop(key, None)
        came_at = self._device.folder.now()
        await self._device.write(lambda folder: folder.write(Namespace.ART, key, Copy(body), came_at=came_at))

    def drop(self, key: str) -> None:
        """Believe no copy until the next ``put``, and remove it soon."""
        self._dropped[key] = None
        self._device.later(lambda folder: folder.remove(Namespace.ART, (key,)))


def _read(folder: LruDirectory, key: str) -> Picture | None:
    copy = folder.read(Namespace.PICTURE, key)
    facts = copy and _facts(copy)
    return Picture(copy.body, facts) if copy and facts else None


def _facts(copy: Copy) -> ImageMetadata | None:
    """Return what the copy says of itself, ``None`` when another version wrote it in words of its own."""
    try:
        return _DECODER.decode(copy.about)
    except msgspec.DecodeError:
        return None


def _has_other_bytes(copy: Copy, etag: str) -> bool:
    facts = _facts(copy)
    return facts is None or facts.etag != etag
