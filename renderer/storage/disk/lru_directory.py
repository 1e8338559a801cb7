"""A directory of copies on local disk: one file per copy, written atomically; the least recently used are evicted."""

import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from renderer.storage.disk.copy_file import (
    FILE_NAME,
    MAX_FILE_BYTES,
    TEMPORARY_NAME,
    Copy,
    InvalidCopy,
    Namespace,
    file_name,
    open_file,
    pack,
    unpack,
    unpack_key,
    write_file,
)
from renderer.storage.disk.tombstones import Tombstones

ART_AGE_S: Final = 30 * 86_400.0
"""Lifetime of artwork. A source never changes the image of a path, so a copy stays correct; the limit makes sure that
withdrawn images leave the disk, and that none is kept for longer than the sources allow."""

_TEMPORARY_AGE_S: Final = 60.0  # an older temporary file was left by a crash: no write takes that long
_CLOCK_SKEW_S: Final = 5.0  # clocks are sometimes set back slightly; a file from further in the future is invalid
_SCAN_EVERY_S: Final = 30.0
_SCAN_SHARE: Final = 100  # scanning the directory may take one hundredth of the time


class LruDirectory:
    """At most ``max_bytes`` of copies, pictures and artwork together.

    A picture is valid for ``max_age_s`` after it was stored, artwork for ``ART_AGE_S``.

    All methods except :meth:`invalidate` block, and raise ``OSError`` when the disk fails. ``read`` and ``remove`` may
    run in several threads at once, everything else in one. Other processes may use the same directory: files appear and
    disappear atomically, and what other processes wrote is counted at the next scan, usually within 30 s.
    """

    def __init__(self, path: Path, max_bytes: int, *, max_age_s: float, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_age_s = {Namespace.PICTURE: max_age_s, Namespace.ART: ART_AGE_S}
        self._clock = clock
        self._sizes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._used_bytes = 0
        self._lock = threading.Lock()  # guards the two above
        self._process_tag = secrets.token_hex(8)
        self._next_scan = 0.0
        self._tombstones = Tombstones(max_age_s)
        self._sweep_due = threading.Event()

    @property
    def used_bytes(self) -> int:
        """Return the total size of the files."""
        return self._used_bytes

    @property
    def max_bytes(self) -> int:
        """Return the limit."""
        return self._max_bytes

    def now(self) -> float:
        """Return the current time, for a copy's ``stored_at``."""
        return self._clock()

    def scan(self) -> None:
        """Create the directory if missing, delete what a crash left, count the files and evict down to the limit."""
        started = time.monotonic()
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found: list[tuple[int, str, int]] = []
        with os.scandir(self._path) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # just deleted by another process
                    self._scan_entry(entry, found)
        found.sort()
        with self._lock:
            self._sizes = OrderedDict((name, size) for _, name, size in found)
            self._used_bytes = sum(self._sizes.values())
        self._evict(0)
        ended = time.monotonic()
        self._next_scan = ended + max(_SCAN_EVERY_S, _SCAN_SHARE * (ended - started))

    def read(self, namespace: Namespace, key: str) -> Copy | None:
        """Return the copy, or ``None`` when there is no valid one; an invalid file is deleted."""
        name = file_name(namespace, key)
        try:
            copy, size = self._load(namespace, key, touch=True)
        except FileNotFoundError:
            self._untrack(name)
            return None
        except InvalidCopy:
            self._delete(name)
            return None
        self._track(name, size)
        return copy

    def write(self, namespace: Namespace, key: str, copy: Copy, *, stored_at: float) -> None:
        """Store a copy in place of any earlier one, unless it alone exceeds the limit or was invalidated since."""
        if time.monotonic() >= self._next_scan:
            self.scan()
        self.sweep()
        name, content = file_name(namespace, key), pack(key, copy)
        self._delete(name)
        if len(content) > min(self._max_bytes, MAX_FILE_BYTES) or self._is_invalidated(namespace, key, stored_at):
            return
        self._evict(len(content))
        temporary = self._path / f"{name}.{self._process_tag}.part"
        try:
            write_file(temporary, content, used_at=self._clock(), stored_at=stored_at)
            temporary.replace(self._path / name)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        self._track(name, len(content))

    def remove(self, namespace: Namespace, keys: Iterable[str]) -> None:
        """Delete the copies of these keys, if any."""
        for key in keys:
            self._delete(file_name(namespace, key))

    def remove_if(self, namespace: Namespace, key: str, predicate: Callable[[Copy], bool]) -> None:
        """Delete the copy if it is invalid or the predicate holds."""
        try:
            copy, _ = self._load(namespace, key, touch=False)
        except FileNotFoundError:
            return
        except InvalidCopy:
            self._delete(file_name(namespace, key))
            return
        if predicate(copy):
            self._delete(file_name(namespace, key))

    def invalidate(self, prefix: str) -> bool:
        """Invalidate pictures stored up to now whose key starts with ``prefix``; return whether to call :meth:`sweep`.

        Does not block, and may be called from any thread.
        """
        self._tombstones.add(prefix, self._clock())
        is_first = not self._sweep_due.is_set()
        self._sweep_due.set()
        return is_first

    def sweep(self) -> None:
        """Delete invalidated pictures, including those of other processes; reads the header of every picture."""
        if not self._sweep_due.is_set():
            return
        self._sweep_due.clear()  # first, because an invalidation during this sweep needs another one
        try:
            with os.scandir(self._path) as entries:
                names = [entry.name for entry in entries if FILE_NAME.fullmatch(entry.name)]
            for name in names:
                if name.endswith(Namespace.PICTURE):
                    self._sweep_file(name)
        except OSError:
            self._sweep_due.set()
            raise

    def _sweep_file(self, name: str) -> None:
        try:
            with open_file(self._path / name) as file:
                stored_at, key = os.fstat(file.fileno()).st_mtime, unpack_key(file)
        except FileNotFoundError:
            return
        except InvalidCopy:
            self._delete(name)
            return
        if self._is_invalidated(Namespace.PICTURE, key, stored_at):
            self._delete(name)

    def _scan_entry(self, entry: "os.DirEntry[str]", found: list[tuple[int, str, int]]) -> None:
        """Add a copy to ``found``, or delete an abandoned temporary file; files with other names are ignored."""
        if not entry.is_file(follow_symlinks=False):
            return
        status = entry.stat(follow_symlinks=False)
        if FILE_NAME.fullmatch(entry.name):
            found.append((status.st_atime_ns, entry.name, status.st_size))
        elif TEMPORARY_NAME.fullmatch(entry.name) and abs(self._clock() - status.st_mtime) > _TEMPORARY_AGE_S:
            Path(entry.path).unlink()

    def _load(self, namespace: Namespace, key: str, *, touch: bool) -> tuple[Copy, int]:
        """Return the copy and the size of its file. Raises ``InvalidCopy``."""
        with open_file(self._path / file_name(namespace, key)) as file:
            status = os.fstat(file.fileno())
            age_s = self._clock() - status.st_mtime
            is_current = -_CLOCK_SKEW_S <= age_s < self._max_age_s[namespace]
            if not is_current or self._is_invalidated(namespace, key, status.st_mtime):
                raise InvalidCopy
            copy = unpack(key, file.read(MAX_FILE_BYTES + 1))
            if touch:
                with suppress(OSError):  # a directory that has become read-only is still readable
                    os.utime(file.fileno(), ns=(int(self._clock() * 1e9), status.st_mtime_ns))
        return copy, status.st_size

    def _is_invalidated(self, namespace: Namespace, key: str, stored_at: float) -> bool:
        return namespace is Namespace.PICTURE and self._tombstones.covers(key, stored_at)

    def _evict(self, size: int) -> None:
        """Delete the least recently used copies until ``size`` more bytes fit."""
        while True:
            with self._lock:
                if self._used_bytes + size <= self._max_bytes or not self._sizes:
                    return
                oldest = next(iter(self._sizes))
            self._delete(oldest)

    def _delete(self, name: str) -> None:
        with suppress(IsADirectoryError):
            (self._path / name).unlink(missing_ok=True)
        self._untrack(name)

    def _track(self, name: str, size: int) -> None:
        """Record a file of this size as the most recently used."""
        with self._lock:
            self._used_bytes += size - self._sizes.pop(name, 0)
            self._sizes[name] = size

    def _untrack(self, name: str) -> None:
        with self._lock:
            self._used_bytes -= self._sizes.pop(name, 0)
