"""A bounded table of packed records: a hundred thousand of them as Python objects take five to ten times as much."""

from collections.abc import Iterator
from struct import Struct
from typing import Any, Final

_BUCKET_BYTES: Final = 512
"""Of a bucket in a full table: enough for the bucket itself to matter little, and searched in a fraction of 1 µs."""

_MOST_BUCKETS: Final = 1 << 16  # two bytes of a digest choose among them


class PackedTable:
    """Numbers by digests of one length, in packed records of equal size that are found without any object of their own.

    A digest belongs to one of many buckets, each a string of records that a change replaces: changes are few, and a
    lookup finds the whole bucket in one place in memory. When the table is full, a new digest takes the place of the
    oldest one in its bucket. All bytes of a digest must be as good as random.
    """

    __slots__ = ("_buckets", "_mask", "_most", "_record", "_size", "_unpack", "_used", "_width")

    def __init__(self, most: int, fields: str = "", *, width: int = 16) -> None:
        """Make a table of up to ``most`` digests of ``width`` bytes, with ``fields`` in the format of ``struct``.

        A record takes its own bytes and its share of a bucket's 41.
        """
        self._most, self._width = most, width
        self._record = Struct(f"<{width}s{fields}")
        self._unpack = Struct(f"<{fields}").unpack_from  # what follows the digest
        self._size = self._record.size
        self._mask = (1 << (most * self._size // _BUCKET_BYTES).bit_length()) - 1 & _MOST_BUCKETS - 1
        self.clear()

    def __len__(self) -> int:
        """Return how many digests there are."""
        return self._used

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield every record, the digest first; the table must not change meanwhile."""
        for bucket in filter(None, self._buckets):  # most are empty when few digests are known
            yield from self._record.iter_unpack(bucket)

    def __contains__(self, digest: bytes) -> bool:
        return self.get(digest) is not None

    def get(self, digest: bytes) -> tuple[Any, ...] | None:
        """Return the numbers of a digest, or ``None``."""
        bucket = self._buckets[(digest[0] << 8 | digest[1]) & self._mask]
        at = bucket.find(digest)
        while at > 0 and at % self._size:  # it lies across two fields of others
            at = bucket.find(digest, at + 1)
        return None if at < 0 else self._unpack(bucket, at + self._width)

    def put(self, digest: bytes, *numbers: float | bytes) -> bytes | None:
        """Set the numbers of a digest; returns the digest that had to make room, if any."""
        index = (digest[0] << 8 | digest[1]) & self._mask
        bucket = self._buckets[index]
        at = self._seek(bucket, digest)
        if at >= 0:
            self._buckets[index] = bucket[:at] + self._record.pack(digest, *numbers) + bucket[at + self._size :]
            return None
        former = None
        if self._used < self._most:
            self._used += 1
        else:
            former = self._evict(index)
        self._buckets[index] += self._record.pack(digest, *numbers)
        return former

    def discard(self, digest: bytes) -> None:
        """Remove a digest if it is there."""
        index = (digest[0] << 8 | digest[1]) & self._mask
        bucket = self._buckets[index]
        at = self._seek(bucket, digest)
        if at >= 0:
            self._buckets[index] = bucket[:at] + bucket[at + self._size :]
            self._used -= 1

    def clear(self) -> None:
        """Remove all digests."""
        self._buckets = [b""] * (self._mask + 1)
        self._used = 0

    def _seek(self, bucket: bytes, digest: bytes) -> int:
        at = bucket.find(digest)
        while at > 0 and at % self._size:
            at = bucket.find(digest, at + 1)
        return at

    def _evict(self, index: int) -> bytes:
        """Remove the oldest digest of a bucket, or of the next one that has any, and return it."""
        while not self._buckets[index]:
            index = (index + 1) & self._mask
        bucket = self._buckets[index]
        self._buckets[index] = bucket[self._size :]
        return bucket[: self._width]
