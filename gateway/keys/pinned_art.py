"""Pinned art in memory: which file a title's pictures are drawn on, by every known id of the title."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from gateway.db.title_pins import EVERYBODY, MOST_PINS, NamedPin
from shared.concurrency.packed_table import PackedTable
from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Kind
from shared.stores.title_rows import read_alias

PINNED_KINDS: Final = frozenset({Kind.POSTER, Kind.LOGO, Kind.BACKDROP})
"""The kinds of pictures whose artwork can be chosen."""

MOST_NAMES: Final = 10 * MOST_PINS
"""Ids of titles with pins; a title has five or six."""

PINNED_BYTES: Final = 2 * (MOST_NAMES * 24 + MOST_PINS * 600)
"""All pins, and those that replace them: a record for each id, and a file's name for each pin."""

_AT_ONCE: Final = 200  # pins between two pauses: about a millisecond
_NUMBERED_LIKE_TMDB: Final = frozenset({IdType.IMDB, IdType.TMDB})  # TVDB may count seasons in another way


class PinnedArt:
    """Finds pins without I/O. All of them are replaced at once; see :class:`gateway.keys.change_feed.ChangeFeed`."""

    def __init__(self) -> None:
        self._names: PackedTable | None = None
        self._pins: list[dict[int, str]] = []  # of each title and kind: the layer of settings by the key's id
        self.has_any = False
        """Whether there are pins at all."""

    def __len__(self) -> int:
        """Return under how many ids pins are found; most services have none."""
        return 0 if self._names is None else len(self._names)

    def layer(self, key_id: int, kind: Kind, title: ExternalId) -> str:
        """Return the overrides, as JSON text, that a key's pin makes, or else everybody's; empty if there is none."""
        found: tuple[int] | None = None if self._names is None else self._names.get(_digest(kind, title.alias))
        if found is None:
            return ""
        pins = self._pins[found[0]]
        return pins.get(key_id) or pins.get(EVERYBODY, "")

    async def replace(self, pins: Sequence[NamedPin]) -> None:
        """Replace all pins, with pauses so that requests need not wait."""
        if not pins:
            self._names, self._pins, self.has_any = None, [], False
            return
        names, kept, places = PackedTable(MOST_NAMES, "I"), list[dict[int, str]](), dict[tuple[str, str], int]()
        for nth, pin in enumerate(pins):
            if nth % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            place = places.setdefault((pin.media_id, pin.kind), len(kept))
            if place == len(kept):
                kept.append({})
            kept[place][pin.key_id] = pin_layer(pin.file)
            for name in _names(pin):
                names.put(_digest(pin.kind, name), place)
        self._names, self._pins, self.has_any = names, kept, True


def pin_layer(file: str) -> str:
    """Return the overrides, as JSON text, that draw a title on a file."""
    return msgspec.json.encode({"art": file}).decode()


def _names(pin: NamedPin) -> Iterator[str]:
    """Yield the title's ids as :attr:`ExternalId.alias` spells them: the known ones, and TMDB's own."""
    yield from pin.aliases
    try:
        media = MediaId.parse(pin.media_id)
    except BadRequest:  # a newer version wrote it
        return
    yield media.tmdb.alias
    if media.season is not None:
        yield from _names_of_season(media.season, pin.series_aliases)


def _names_of_season(season: int, series_aliases: Iterable[str]) -> Iterator[str]:
    for series in filter(None, map(read_alias, series_aliases)):
        if series.id_type in _NUMBERED_LIKE_TMDB and not series.is_part:
            yield ExternalId(series.id_type, series.number, season=season).alias


def _digest(kind: str, alias: str) -> bytes:
    return blake2b(f"{kind} {alias}".encode(), digest_size=16).digest()
