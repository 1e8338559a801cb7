"""The files of the disk cache: their names, their format, and how one is opened and written safely.

A file is a magic prefix, a digest of everything after it, the length of the header, the header (the key, and metadata
that only the owner interprets) and the body. Its modification time is when the copy was stored, its access time when it
was last used. Both are set explicitly, so the order survives restarts and does not depend on mount options.
"""

import errno
import hashlib
import os
import re
import stat
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

MAX_FILE_BYTES: Final = 65 << 20
"""Larger files are invalid: a stored picture has at most 64 MB, artwork less."""

FILE_NAME: Final = re.compile(r"[0-9a-f]{64}\.(?:picture|art)")
TEMPORARY_NAME: Final = re.compile(r"[0-9a-f]{64}\.(?:picture|art)\.[0-9a-f]{16}\.part")

_MAGIC: Final = b"marquee copy 2\n"
_DIGEST_BYTES: Final = 32
_LENGTH_BYTES: Final = 4
_HEADER_AT: Final = len(_MAGIC) + _DIGEST_BYTES + _LENGTH_BYTES
_MAX_HEADER_BYTES: Final = 1 << 20


class Namespace(StrEnum):
    """What a copy is: a finished picture, or artwork from a source. The value is the file name's suffix."""

    PICTURE = "picture"
    ART = "art"


class Copy(msgspec.Struct, frozen=True):
    """The content of a file: the bytes, and metadata in a format that only the owner knows."""

    body: bytes
    metadata: bytes = b""


class InvalidCopy(Exception):
    """The file is damaged, expired, or was not written by this cache."""


class _Header(msgspec.Struct, frozen=True):
    key: str
    metadata: bytes = msgspec.field(name="about")


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Header)


def file_name(namespace: Namespace, key: str) -> str:
    """Return the name of a copy's file, which is a hash, so that no key can lead out of the directory."""
    return f"{hashlib.sha256(key.encode()).hexdigest()}.{namespace}"


def pack(key: str, copy: Copy) -> bytes:
    """Return the content of a copy's file."""
    header = _ENCODER.encode(_Header(key, copy.metadata))
    length = len(header).to_bytes(_LENGTH_BYTES, "big")
    digest = hashlib.sha256(length + header)
    digest.update(copy.body)
    return b"".join((_MAGIC, digest.digest(), length, header, copy.body))


def unpack(key: str, content: bytes) -> Copy:
    """Return what was packed. Raises ``InvalidCopy`` for anything else, including a copy of another key."""
    view = memoryview(content)
    digest_at = len(_MAGIC)
    length_at = digest_at + _DIGEST_BYTES
    if not content.startswith(_MAGIC) or hashlib.sha256(view[length_at:]).digest() != content[digest_at:length_at]:
        raise InvalidCopy
    body_at = _HEADER_AT + int.from_bytes(view[length_at:_HEADER_AT], "big")
    header = _read_header(view[_HEADER_AT:body_at])
    if header.key != key:
        raise InvalidCopy
    return Copy(bytes(view[body_at:]), header.metadata)


def unpack_key(file: BinaryIO) -> str:
    """Return the key of a file without reading its body or checking its digest. Raises ``InvalidCopy``."""
    start = file.read(_HEADER_AT)
    length = int.from_bytes(start[-_LENGTH_BYTES:], "big")
    if len(start) < _HEADER_AT or not start.startswith(_MAGIC) or length > _MAX_HEADER_BYTES:
        raise InvalidCopy
    return _read_header(file.read(length)).key


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises ``InvalidCopy`` if it is not a regular file of a valid size; ``OSError``."""
    try:
        # Whatever has this name, opening it must neither follow a link nor block.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise InvalidCopy from error
        raise
    status = os.fstat(number)
    if not (stat.S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES):
        os.close(number)
        raise InvalidCopy
    return open(number, "rb")  # noqa: PTH123 - a descriptor, not a path


def write_file(path: Path, content: bytes, *, used_at: float, stored_at: float) -> None:
    """Write a file with these two times. Raises ``OSError``, and then it may be incomplete."""
    # No fsync: a file that was torn by a power cut does not match its digest.
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(number, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.utime(number, ns=(int(used_at * 1e9), int(stored_at * 1e9)))


def _read_header(text: bytes | memoryview) -> _Header:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:  # from another version, or damaged
        raise InvalidCopy from exc
