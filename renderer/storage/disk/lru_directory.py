"""A folder of copies on local disk: a file for each, whole or absent, the least recently used removed at the bound.

A file is a mark, a digest of all that follows, the length of the head, the head (the key, and what the owner says of
the bytes) and the bytes. Its modification time says when the copy came from where the truth is, its access time when it
was last used: both are set by us, so that the order outlives the process and no mount option changes it. (Long, for
what a file holds, who may believe it and how the bound is kept are one matter.)
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
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from renderer.storage.disk.tombstones import Tombstones

MOST_FILE_BYTES: Final = 65 << 20
"""Larger files are none of ours: a stored picture is at most 64 MB, art less."""

ART_AGE_S: Final = 30 * 86_400.0
"""A picture at a source is named by what it shows, so its copy stays right. What the source has taken back leaves our
disks in this time, and no copy is kept for longer than sources allow."""

_MARK: Final = b"marquee copy 2\n"
_DIGEST: Final = 32
_LENGTH: Final = 4
_HEAD_AT: Final = len(_MARK) + _DIGEST + _LENGTH
_MOST_HEAD: Final = 1 << 20
_FINISHED: Final = re.compile(r"[0-9a-f]{64}\.(?:picture|art)")
_PART: Final = re.compile(r"[0-9a-f]{64}\.(?:picture|art)\.[0-9a-f]{16}\.part")
_LEFTOVER_S: Final = 60.0  # a part that old is a crash's: no write takes as long
_AHEAD_S: Final = 5.0  # clocks are set back a little; a file from the future beyond that is not believed
_LOOK_EVERY_S: Final = 30.0
_LOOK_SHARE: Final = 100  # a look at the whole folder may take one hundredth of the time


class Namespace(StrEnum):
    """What a copy is of: a finished picture, or art as its source gave it. The value ends the names of files."""

    PICTURE = "picture"
    ART = "art"


class Copy(msgspec.Struct, frozen=True):
    """What a file holds: the bytes, and what their owner says of them, in words of the owner's own."""

    body: bytes
    about: bytes = b""


class _Head(msgspec.Struct, frozen=True):
    key: str
    about: bytes


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Head)


class _NotOurs(Exception):
    """The file is torn, somebody else's, or not to be believed any more."""


class LruDirectory:
    """At most ``most_bytes`` of copies, pictures and art together.

    A picture is believed for ``max_age_s`` after it came, art for ``ART_AGE_S``.

    All methods but :meth:`forget` block, and raise ``OSError`` when the disk will not. ``read`` and ``remove`` may run
    in several threads at once, everything else in one. Other processes may use the same folder: a file comes and goes
    whole, and what they wrote is counted at the next look, at most half a minute later as a rule.
    """

    def __init__(
        self, path: Path, most_bytes: int, *, max_age_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._max_age_s = {Namespace.PICTURE: max_age_s, Namespace.ART: ART_AGE_S}
        self._clock = clock
        self._sizes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._used_bytes = 0
        self._lock = threading.Lock()  # guards the two above
        self._own_tag = secrets.token_hex(8)
        self._next_look = 0.0
        self._forgotten = Tombstones(max_age_s)
        self._must_sweep = threading.Event()

    @property
    def used_bytes(self) -> int:
        """Return how much of the bound is used, as lengths of files."""
        return self._used_bytes

    @property
    def most_bytes(self) -> int:
        """Return the bound."""
        return self._most_bytes

    def now(self) -> float:
        """Return the moment, as a copy's ``came_at`` wants it."""
        return self._clock()

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

    def read(self, shelf: Namespace, key: str) -> Copy | None:
        """Return the copy, or ``None`` when there is none to believe; a file that is not right is removed."""
        name = _name(shelf, key)
        try:
            copy, size = self._load(shelf, key, used=True)
        except FileNotFoundError:
            self._uncount(name)
            return None
        except _NotOurs:
            self._remove(name)
            return None
        self._recount(name, size)
        return copy

    def write(self, shelf: Namespace, key: str, copy: Copy, *, came_at: float) -> None:
        """Keep what came at that moment in place of any earlier copy; what alone is more than the bound is not kept."""
        if time.monotonic() >= self._next_look:
            self.look()
        self.sweep()
        name, whole = _name(shelf, key), _pack(key, copy)
        self._remove(name)
        if len(whole) > min(self._most_bytes, MOST_FILE_BYTES) or self._is_forgotten(shelf, key, came_at):
            return
        self._make_room(len(whole))
        part = self._path / f"{name}.{self._own_tag}.part"
        try:
            self._fill(part, whole, came_at)
            part.replace(self._path / name)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
        self._recount(name, len(whole))

    def remove(self, shelf: Namespace, keys: Iterable[str]) -> None:
        """Remove the copies that there are of these keys."""
        for key in keys:
            self._remove(_name(shelf, key))

    def remove_if(self, shelf: Namespace, key: str, is_wrong: Callable[[Copy], bool]) -> None:
        """Remove the copy when it is not to be believed, or wrong."""
        try:
            copy, _ = self._load(shelf, key, used=False)
        except FileNotFoundError:
            return
        except _NotOurs:
            self._remove(_name(shelf, key))
            return
        if is_wrong(copy):
            self._remove(_name(shelf, key))

    def forget(self, prefix: str) -> bool:
        """Believe no picture whose key begins so and that came before now; tell whether :meth:`sweep` must be called.

        Returns at once, and may be called from any thread.
        """
        self._forgotten.note(prefix, self._clock())
        is_first = not self._must_sweep.is_set()
        self._must_sweep.set()
        return is_first

    def sweep(self) -> None:
        """Remove what was forgotten, whichever process wrote it; costs a look into every older picture."""
        if not self._must_sweep.is_set():
            return
        self._must_sweep.clear()  # first: what is forgotten meanwhile needs another sweep
        try:
            with os.scandir(self._path) as entries:
                names = [entry.name for entry in entries if _FINISHED.fullmatch(entry.name)]
            for name in names:
                if name.endswith(Namespace.PICTURE):
                    self._sweep(name)
        except OSError:
            self._must_sweep.set()
            raise

    def _sweep(self, name: str) -> None:
        try:
            with self._open(name) as file:
                came_at, key = os.fstat(file.fileno()).st_mtime, _read_key(file)
        except FileNotFoundError:
            return
        except _NotOurs:
            self._remove(name)
            return
        if self._is_forgotten(Namespace.PICTURE, key, came_at):
            self._remove(name)

    def _count(self, entry: "os.DirEntry[str]", found: list[tuple[int, str, int]]) -> None:
        """Add a copy to what was found, or remove it when it is a leftover; names of others are left alone."""
        if not entry.is_file(follow_symlinks=False):
            return
        status = entry.stat(follow_symlinks=False)
        if _FINISHED.fullmatch(entry.name):
            found.append((status.st_atime_ns, entry.name, status.st_size))
        elif _PART.fullmatch(entry.name) and abs(self._clock() - status.st_mtime) > _LEFTOVER_S:
            Path(entry.path).unlink()

    def _open(self, name: str) -> BinaryIO:
        """Open a file of ours to be read. Raises ``_NotOurs`` for what is no plain file of a size that we write."""
        try:
            # Whatever stands there under our name, opening it must neither lead elsewhere nor wait.
            number = os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise _NotOurs from error
            raise
        status = os.fstat(number)
        if not (stat.S_ISREG(status.st_mode) and status.st_size <= MOST_FILE_BYTES):
            os.close(number)
            raise _NotOurs
        return open(number, "rb")  # noqa: PTH123 - a descriptor, not a path

    def _load(self, shelf: Namespace, key: str, *, used: bool) -> tuple[Copy, int]:
        """Return the copy and its file's size. Raises ``_NotOurs``."""
        with self._open(_name(shelf, key)) as file:
            status = os.fstat(file.fileno())
            age_s = self._clock() - status.st_mtime
            is_fresh = -_AHEAD_S <= age_s < self._max_age_s[shelf]
            if not is_fresh or self._is_forgotten(shelf, key, status.st_mtime):
                raise _NotOurs
            copy = _unpack(key, file.read(MOST_FILE_BYTES + 1))
            if used:
                with suppress(OSError):  # a folder that has become read-only can still be read
                    os.utime(file.fileno(), ns=(int(self._clock() * 1e9), status.st_mtime_ns))
        return copy, status.st_size

    def _is_forgotten(self, shelf: Namespace, key: str, came_at: float) -> bool:
        return shelf is Namespace.PICTURE and self._forgotten.covers(key, came_at)

    def _fill(self, part: Path, whole: bytes, came_at: float) -> None:
        # No sync: what a power cut tears is seen by its digest.
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(file, "wb", buffering=0) as opened:  # noqa: PTH123 - a descriptor, not a path
            left = memoryview(whole)
            while left:
                left = left[opened.write(left) :]
            os.utime(file, ns=(int(self._clock() * 1e9), int(came_at * 1e9)))

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


def _name(shelf: Namespace, key: str) -> str:
    """Return the file's name: whatever the key is, it cannot lead out of the folder."""
    return f"{hashlib.sha256(key.encode()).hexdigest()}.{shelf}"


def _pack(key: str, copy: Copy) -> bytes:
    head = _ENCODER.encode(_Head(key, copy.about))
    length = len(head).to_bytes(_LENGTH, "big")
    digest = hashlib.sha256(length + head)
    digest.update(copy.body)
    return b"".join((_MARK, digest.digest(), length, head, copy.body))


def _unpack(key: str, whole: bytes) -> Copy:
    """Return what was packed; raises ``_NotOurs`` for anything else, the copy of another key included."""
    view = memoryview(whole)
    digest_at = len(_MARK)
    length_at = digest_at + _DIGEST
    if not whole.startswith(_MARK) or hashlib.sha256(view[length_at:]).digest() != whole[digest_at:length_at]:
        raise _NotOurs
    body_at = _HEAD_AT + int.from_bytes(view[length_at:_HEAD_AT], "big")
    head = _read_head(view[_HEAD_AT:body_at])
    if head.key != key:
        raise _NotOurs
    return Copy(bytes(view[body_at:]), head.about)


def _read_key(file: BinaryIO) -> str:
    """Return whose copy a file is, without its bytes and so without proof. Raises ``_NotOurs``."""
    start = file.read(_HEAD_AT)
    length = int.from_bytes(start[-_LENGTH:], "big")
    if len(start) < _HEAD_AT or not start.startswith(_MARK) or length > _MOST_HEAD:
        raise _NotOurs
    return _read_head(file.read(length)).key


def _read_head(text: bytes | memoryview) -> _Head:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:  # another version's, or torn
        raise _NotOurs from exc
