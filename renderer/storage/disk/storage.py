"""Caches on local disk: pictures, between memory and the backing storage, and the artwork of sources."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from cachetools import LRUCache

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.disk.copy_file import Copy, Namespace
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.lru_directory import LruDirectory

MAX_ART_BYTES: Final = 25 << 20
"""Larger artwork is not cached; no source returns more."""

_MAX_TRACKED: Final = 20_000
_NO_ETAG: Final = ""
"""Expected ETag of a removed picture: no copy matches it."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(ImageMetadata)


class DiskStorage:
    """A ``Storage`` of cached copies, any of which may disappear at any time.

    No method raises: while the disk is full, slow or unavailable, ``get`` returns ``None`` and ``put`` does nothing.
    """

    def __init__(self, executor: DiskExecutor) -> None:
        self._executor = executor
        # The latest known ETag of each picture: another process may still write an earlier picture to the directory.
        self._etags: LRUCache[str, str] = LRUCache(_MAX_TRACKED)

    async def get(self, key: str) -> Picture | None:
        """Return the copy or ``None``."""
        picture = await self._executor.read(partial(_read, key=key))
        etag = self._etags.get(key)
        if picture is None or etag in {None, picture.metadata.etag}:
            return picture
        self._remove_unless(key, etag)
        return None

    def peek(self, key: str) -> Picture | None:  # noqa: ARG002 - the protocol's
        """Return ``None``: nothing is in memory."""
        return None

    async def head(self, key: str) -> ImageMetadata | None:
        """Return the copy's metadata or ``None``."""
        picture = await self.get(key)
        return picture.metadata if picture else None

    async def is_sound(self, key: str) -> bool:
        """Return whether there is a copy: a damaged one is never read."""
        return await self.get(key) is not None

    def is_damaged(self, key: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return false: a damaged copy is dropped."""
        return False

    async def put(self, key: str, picture: Picture) -> None:
        """Store a copy atomically, replacing any earlier one."""
        self._etags[key] = picture.metadata.etag
        copy = Copy(picture.body, _ENCODER.encode(picture.metadata))
        stored_at = self._executor.directory.now()  # not when the write starts: it may be invalidated before that
        await self._executor.write(lambda directory: directory.write(Namespace.PICTURE, key, copy, stored_at=stored_at))

    async def set_cache_control(self, key: str, cache_control: str) -> None:
        """Change the header of the copy, if there is one."""
        picture = await self.get(key)
        if picture is not None:
            await self.put(
                key, Picture(picture.body, msgspec.structs.replace(picture.metadata, cache_control=cache_control))
            )

    async def remove(self, keys: Sequence[str]) -> None:
        """Invalidate the copies of these keys until the next ``put``, and delete them in the background."""
        self._etags.update(dict.fromkeys(keys, _NO_ETAG))
        self._executor.write_later(lambda directory: directory.remove(Namespace.PICTURE, keys))

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Invalidate a copy with an ETag other than ``etag``, and delete it in the background."""
        self._etags[key] = etag
        self._remove_unless(key, etag)

    def invalidate(self, prefix: str) -> None:
        """Invalidate all existing copies whose key starts with ``prefix``, and delete them in the background.

        This includes copies that other processes wrote.
        """
        self._executor.invalidate(prefix)

    def _remove_unless(self, key: str, etag: str) -> None:
        is_outdated = partial(_has_other_etag, etag=etag)
        self._executor.write_later(lambda directory: directory.remove_if(Namespace.PICTURE, key, is_outdated))


class DiskArtwork:
    """Cached artwork under keys that the caller chooses. Like ``DiskStorage`` it never raises."""

    def __init__(self, executor: DiskExecutor) -> None:
        self._executor = executor
        # Dropped, but perhaps still on disk: the delete is queued, and on a busy disk it may never run.
        self._dropped: LRUCache[str, None] = LRUCache(_MAX_TRACKED)

    async def get(self, key: str) -> bytes | None:
        """Return the bytes or ``None``."""
        if key in self._dropped:
            return None
        copy = await self._executor.read(lambda directory: directory.read(Namespace.ART, key))
        return copy.body if copy and key not in self._dropped else None

    async def put(self, key: str, body: bytes) -> None:
        """Store the bytes atomically; more than ``MAX_ART_BYTES`` are not stored."""
        if len(body) > MAX_ART_BYTES:
            return
        self._dropped.pop(key, None)
        stored_at = self._executor.directory.now()
        await self._executor.write(
            lambda directory: directory.write(Namespace.ART, key, Copy(body), stored_at=stored_at)
        )

    def drop(self, key: str) -> None:
        """Invalidate the copy until the next ``put``, and delete it in the background."""
        self._dropped[key] = None
        self._executor.write_later(lambda directory: directory.remove(Namespace.ART, (key,)))


def _read(directory: LruDirectory, key: str) -> Picture | None:
    copy = directory.read(Namespace.PICTURE, key)
    metadata = copy and _metadata(copy)
    return Picture(copy.body, metadata) if copy and metadata else None


def _metadata(copy: Copy) -> ImageMetadata | None:
    """Return the copy's metadata, or ``None`` when another version wrote it in a different format."""
    try:
        return _DECODER.decode(copy.metadata)
    except msgspec.DecodeError:
        return None


def _has_other_etag(copy: Copy, etag: str) -> bool:
    metadata = _metadata(copy)
    return metadata is None or metadata.etag != etag
