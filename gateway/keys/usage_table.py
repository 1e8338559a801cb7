"""What keys have used, in pages of packed numbers: two numbers of a key lie side by side, and none is an object."""

from array import array
from typing import Final

_BITS: Final = 6
_IDS: Final = 1 << _BITS
"""Keys of a page. Ids are given in order, so that most keys of a page that is there are in use, too."""

_NONE: Final = array("q", bytes(8 * _IDS))

PAGE_BYTES: Final = 1200
"""A page: 16 bytes for each key, and what the page itself takes."""


class UsageTable:
    """For each key, by its id, a total and what is new: what was counted and not taken yet."""

    __slots__ = ("_changed", "_most_pages", "_pages")

    def __init__(self, most_pages: int) -> None:
        self._most_pages = most_pages
        self._pages: dict[int, array[int]] = {}  # by the upper bits of an id, oldest first: total, new, total, new…
        self._changed = array("q")  # ids of the keys that have something new

    @property
    def changed(self) -> int:
        """Return how many keys have something new."""
        return len(self._changed)

    def count(self, key_id: int) -> None:
        """Count one request of a key."""
        page = self._pages.get(key_id >> _BITS)
        if page is None:
            page = self._pages[key_id >> _BITS] = _NONE + _NONE
        at = (key_id & _IDS - 1) << 1 | 1
        new = page[at]
        if not new:
            self._changed.append(key_id)
        page[at] = new + 1

    def used(self, key_id: int) -> int:
        """Return a key's total with what is new."""
        page = self._pages.get(key_id >> _BITS)
        if page is None:
            return 0
        at = (key_id & _IDS - 1) << 1
        return page[at] + page[at + 1]

    def new(self, key_id: int) -> int:
        """Return what is new of a key."""
        page = self._pages.get(key_id >> _BITS)
        return 0 if page is None else page[(key_id & _IDS - 1) << 1 | 1]

    def take(self, most: int) -> dict[int, int]:
        """Return what is new of up to so many keys, by their ids, and add it to their totals."""
        pages, taken = self._pages, {}
        for key_id in self._changed[:most]:
            page, at = pages[key_id >> _BITS], (key_id & _IDS - 1) << 1
            taken[key_id] = page[at + 1]
            page[at] += page[at + 1]
            page[at + 1] = 0
        del self._changed[:most]
        return taken

    def set_total(self, key_id: int, total: int) -> None:
        """Set a key's total, if its page is there."""
        page = self._pages.get(key_id >> _BITS)
        if page is not None:
            page[(key_id & _IDS - 1) << 1] = total

    def clear_totals(self) -> None:
        """Set all totals to 0; what is new stays."""
        for page in self._pages.values():
            page[::2] = _NONE

    def trim(self) -> None:
        """Forget the oldest pages beyond the limit, but none on which something is new."""
        for number in list(self._pages)[: max(0, len(self._pages) - self._most_pages)]:
            if self._pages[number][1::2] == _NONE:
                del self._pages[number]
