"""A folder of pictures on local disk: a file for each, whole or absent, the least recently used removed at the bound.

A file is a mark, a digest of all that follows, the length of the head, the head (key and facts) and the bytes.
Its modification time says when the picture came from where the truth is, its access time when it was last used: both
are set by us, so that the order outlives the process and no mount option changes it.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from shared.storage.base import Facts, Picture

MOST_FILE_BYTES: Final = 65 << 20
"""Larger files are none of ours: a stored picture is at most 64 MB."""

_MARK: Final = b"marquee picture 1\n"
_DIGEST: Final = 32
_LENGTH: Final = 4
_HEAD_AT: Final = len(_MARK) + _DIGEST + _LENGTH
_FINISHED: Final = re.compile(r"[0-9a-f]{64}\.picture")
_PART: Final = re.compile(r"[0-9a-f]{64}\.picture\.[0-9a-f]{16}\.part")
_LEFTOVER_S: Final = 60.0  # a part that old is a crash's: no write takes as long
_AHEAD_S: Final = 5.0  # clocks are set back a little; a file from the future beyond that is not believed
_LOOK_EVERY_S: Final = 30.0
_LOOK_SHARE: Final = 100  # a look at the whole folder may take one hundredth of the time


class _Head(msgspec.Struct, frozen=True):
    key: str
    facts: Facts


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Head)


class _NotOurs(Exception):
    """The file is torn, or somebody else's."""


class Folder:
    """At most ``most_bytes`` of pictures; a copy is believed for ``max_age_s`` after it was written.

    All methods block, and raise ``OSError`` when the disk will not. ``read`` may run in several threads at once,
    everything else in one. Other processes may use the same folder: a file comes and goes whole, and what they wrote
    is counted at the next look, at most half a minute later as a rule.
    """

    def __init__(
        self, path: Path, most_bytes: int, *, max_age_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._max_age_s = max_age_s
        self._clock = clock
        self._sizes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._used_bytes = 0
        self._lock = threading.Lock()  # guards the two above
        self._own_tag = secrets.token_hex(8)
        self._next_look = 0.0

    @property
    def used_bytes(self) -> int:
        """Return how much of the bound is used, as lengths of files."""
        return self._used_bytes

    @property
    def most_bytes(self) -> int:
        """Return the bound."""
        return self._most_bytes

    def look(self) -> None:
        """Make the folder where it is missing, remove what a crash left, and count what is there down to the bound."""
        began = time.monotonic()
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found: list[tuple[int, str, int]] = []
        with os.scandir(self._path) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process removed it just now
                    self._count(entry, found)
        found.sort()
        with self._lock:
            self._sizes = OrderedDict((name, size) for _, name, size in found)
            self._used_bytes = sum(self._sizes.values())
        self._make_room(0)
        ended = time.monotonic()
        self._next_look = ended + max(_LOOK_EVERY_S, _LOOK_SHARE * (ended - began))

    def read(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when there is none to believe; a file that is not right is removed."""
        name = _name(key)
        try:
            picture, size = self._load(name, key, used=True)
        except FileNotFoundError:
            self._uncount(name)
            return None
        except _NotOurs:
            self._remove(name)
            return None
        self._recount(name, size)
        return picture

    def write(self, key: str, picture: Picture) -> None:
        """Keep the picture in place of any earlier one; one that alone is more than the bound is not kept."""
        if time.monotonic() >= self._next_look:
            self.look()
        name, whole = _name(key), _pack(key, picture)
        self._remove(name)
        if len(whole) > min(self._most_bytes, MOST_FILE_BYTES):
            return
        self._make_room(len(whole))
        part = self._path / f"{name}.{self._own_tag}.part"
        try:
            self._fill(part, whole)
            part.replace(self._path / name)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
        self._recount(name, len(whole))

    def remove_unless(self, key: str, etag: str) -> None:
        """Remove the picture when its bytes are others than those of ``etag``."""
        name = _name(key)
        try:
            picture, _ = self._load(name, key, used=False)
        except FileNotFoundError:
            return
        except _NotOurs:
            picture = None
        if picture is None or picture.facts.etag != etag:
            self._remove(name)

    def _count(self, entry: "os.DirEntry[str]", found: list[tuple[int, str, int]]) -> None:
        """Add a picture to what was found, or remove it when it is a leftover; names of others are left alone."""
        if not entry.is_file(follow_symlinks=False):
            return
        status = entry.stat(follow_symlinks=False)
        if _FINISHED.fullmatch(entry.name):
            found.append((status.st_atime_ns, entry.name, status.st_size))
        elif _PART.fullmatch(entry.name) and abs(self._clock() - status.st_mtime) > _LEFTOVER_S:
            Path(entry.path).unlink()

    def _load(self, name: str, key: str, *, used: bool) -> tuple[Picture, int]:
        """Return the picture and its file's size. Raises ``_NotOurs``."""
        try:
            # Whatever stands there under our name, opening it must neither lead elsewhere nor wait.
            file = os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise _NotOurs from error
            raise
        with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(file)
            if not (stat.S_ISREG(status.st_mode) and status.st_size <= MOST_FILE_BYTES and self._is_fresh(status)):
                raise _NotOurs
            picture = _unpack(key, opened.read(MOST_FILE_BYTES + 1))
            if used:
                with suppress(OSError):  # a folder that has become read-only can still be read
                    os.utime(file, ns=(int(self._clock() * 1e9), status.st_mtime_ns))
        return picture, status.st_size

    def _is_fresh(self, status: os.stat_result) -> bool:
        return -_AHEAD_S <= self._clock() - status.st_mtime < self._max_age_s

    def _fill(self, part: Path, whole: bytes) -> None:
        # No sync: what a power cut tears is seen by its digest.
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(file, "wb", buffering=0) as opened:  # noqa: PTH123 - a descriptor, not a path
            left = memoryview(whole)
            while left:
                left = left[opened.write(left) :]
            now = int(self._clock() * 1e9)
            os.utime(file, ns=(now, now))

    def _make_room(self, size: int) -> None:
        """Remove the least recently used until ``size`` more bytes fit."""
        while True:
            with self._lock:
                if self._used_bytes + size <= self._most_bytes or not self._sizes:
                    return
                oldest = next(iter(self._sizes))
            self._remove(oldest)

    def _remove(self, name: str) -> None:
        with suppress(IsADirectoryError):
            (self._path / name).unlink(missing_ok=True)
        self._uncount(name)

    def _recount(self, name: str, size: int) -> None:
        """Note that the file is there, of this size, and the most recently used."""
        with self._lock:
            self._used_bytes += size - self._sizes.pop(name, 0)
            self._sizes[name] = size

    def _uncount(self, name: str) -> None:
        with self._lock:
            self._used_bytes -= self._sizes.pop(name, 0)


def _name(key: str) -> str:
    """Return the file's name: whatever the key is, it cannot lead out of the folder."""
    return f"{hashlib.sha256(key.encode()).hexdigest()}.picture"


def _pack(key: str, picture: Picture) -> bytes:
    head = _ENCODER.encode(_Head(key, picture.facts))
    length = len(head).to_bytes(_LENGTH, "big")
    digest = hashlib.sha256(length + head)
    digest.update(picture.body)
    return b"".join((_MARK, digest.digest(), length, head, picture.body))


def _unpack(key: str, whole: bytes) -> Picture:
    """Return what was packed; raises ``_NotOurs`` for anything else, the picture of another key included."""
    view = memoryview(whole)
    digest_at = len(_MARK)
    length_at = digest_at + _DIGEST
    if not whole.startswith(_MARK) or hashlib.sha256(view[length_at:]).digest() != whole[digest_at:length_at]:
        raise _NotOurs
    body_at = _HEAD_AT + int.from_bytes(view[length_at:_HEAD_AT], "big")
    try:
        head = _DECODER.decode(view[_HEAD_AT:body_at])
    except msgspec.DecodeError as exc:  # another version's facts
        raise _NotOurs from exc
    if head.key != key:
        raise _NotOurs
    return Picture(bytes(view[body_at:]), head.facts)
