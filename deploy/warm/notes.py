"""What earlier runs have settled: a file that grows by one line a picture, so that nothing is lost with the process."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from shared.queue.prewarm import PictureOutcome, Settled

_KEPT: Final = frozenset({PictureOutcome.DRAWN, PictureOutcome.UNKNOWN})
_LINE: Final = msgspec.json.Decoder(Settled)


class Notes:
    """Appends to ``file`` while it is open; failures are accidents, and not noted: the next run tries them again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor = -1

    def settled(self) -> frozenset[str]:
        """Return the pictures that are noted; a torn line counts as none. Raises ``OSError``."""
        try:
            lines = self._file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return frozenset()
        return frozenset(settled.picture for line in lines if (settled := _read(line)))

    def __enter__(self) -> Self:
        """Open the file, or make it, and end a torn line. Raises ``OSError``."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        length = os.fstat(self._descriptor).st_size
        if length and os.pread(self._descriptor, 1, length - 1) != b"\n":
            os.write(self._descriptor, b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def add(self, settled: Iterable[Settled]) -> None:
        """Note what is settled, in one write, so that two runs beside each other do not mix their lines."""
        lines = [msgspec.json.encode(one) + b"\n" for one in settled if one.ending in _KEPT]
        if lines:
            os.write(self._descriptor, b"".join(lines))

    def forget(self) -> None:
        """Begin anew. Raises ``OSError``."""
        self._file.unlink(missing_ok=True)


def _read(line: bytes) -> Settled | None:
    try:
        return _LINE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
