"""From kind, format, query and the layers below it to the settings, their hash and the content path."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec

from gateway.pictures.address import PictureAddress
from gateway.pictures.rpdb import translate_parameters
from gateway.settings.layers import parse_all_kinds, parse_one_kind, resolve_layers
from shared.concurrency.packed_table import PackedTable
from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import join_content_path
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import NAMES, parse_flag, parse_query
from shared.settings.work import work_of

LONGEST_QUERY: Final = 4096
"""Characters; all parameters at their longest need a quarter of this."""

MAX_PARAMETERS: Final = 256

MOST_RESOLVED: Final = 160_000
"""Queries whose settings hash is kept. A key has one query or a few, so these are the queries of 100,000 keys."""

MOST_AT_HAND: Final = 512
"""Queries that are kept as objects besides: most requests have one of a few, such as none at all."""

MOST_MISSED: Final = 8 * MOST_AT_HAND
"""Requests for other queries after which those at hand make room: where there are very many, keeping each of them for
a moment costs more than it saves."""

RESOLVED_BYTES: Final = MOST_RESOLVED * 64 + MOST_AT_HAND * 4096
"""All of them: 47 bytes each, and what their table takes."""

_LONGEST_AT_HAND: Final = 600  # characters of a query with the layers below it

_FALLBACK: Final = "fallback"
_QUALITY: Final = "badges"
_KNOWN: Final = NAMES | {_FALLBACK}
_KNOWN_QUERY: Final = re.compile(f"(?:(?:{'|'.join(sorted(_KNOWN, key=len, reverse=True))})=[^&]*(?:&|$))*")


SettingsLayers: TypeAlias = tuple[tuple[bool, str], ...]
"""The layers below a query, as text for :mod:`gateway.settings.layers`: with ``True`` overrides for all kinds, with
``False`` overrides for the picture's own kind."""


SettingsQuery: TypeAlias = tuple[Kind, Format, str, SettingsLayers]
"""A query for one kind and format, on top of the layers below it."""


class ResolvedSettings(msgspec.Struct, gc=False):
    """What one query means for one kind and format: all that a redirect needs of it."""

    hash: SettingsHash
    kind: Kind
    ending: str  # after the title, such as ".jpg" or ".jpg?fallback=true"
    work: int  # of the picture, as ``shared.settings.work`` counts it
    asked: SettingsQuery
    marked_in: int = -1  # the term in which they were last marked as used
    marked_for_keys_in: int = -1  # the same, by another key than the free one
    stored_after: int = -1  # how many deletions there had been when they were known to be stored
    without_pin: SettingsHash | None = None  # of the same settings on art that is not pinned, if it is
    _settings: Settings | None = None

    @property
    def counted_as(self) -> SettingsHash:
        """Return what counts towards the different settings of a day: a pin makes no look of its own."""
        return self.without_pin or self.hash

    @property
    def settings(self) -> Settings:
        """Return the settings, resolved again if only their hash was kept: they are rarely needed."""
        if self._settings is None:
            self._settings = self.later()
        return self._settings

    @property
    def later(self) -> Callable[[], Settings]:
        """Return what resolves the settings again, which takes less memory than they do."""
        return partial(_just_settings, *self.asked)


class SettingsResolver:
    """Resolves queries, formats content paths, and keeps the hashes of the settings in packed records."""

    def __init__(self, most: int = MOST_RESOLVED) -> None:
        # Hash, ending, work, each one more: the terms in which it was marked, by any key and by others than the free
        # one, and the deletions before it was known to be stored.
        self._table = PackedTable(most, "16sBHIII")
        self._endings: list[tuple[Kind, str]] = []  # few: of each kind, by format and fallback
        self._at_hand: dict[str, ResolvedSettings] = {}
        self._missed = 0  # since there is no room at hand

    def resolve(self, kind: Kind, fmt: Format, query: str, layers: SettingsLayers = ()) -> ResolvedSettings:
        """Resolve a raw query string on top of the layers. Raises ``BadRequest`` that names the error.

        A query is kept by its known parameters: whatever else a caller adds needs no room. What is returned is shared
        with other requests, and must not be changed.
        """
        asked = kind, fmt, query, layers
        resolved = self._at_hand.get(text := _text_of(asked))
        if resolved is not None:
            return resolved
        found = self._table.get(_digest(text))
        if found is None and not _KNOWN_QUERY.fullmatch(query):
            asked = kind, fmt, known_part(query), layers
            found = self._table.get(_digest(text := _text_of(asked)))
        if found is None:
            resolved = resolve_query(*asked)
            self._keep(resolved)
            return resolved
        name, number, work, marked_in, for_keys_in, stored_after = found
        of_kind, ending = self._endings[number]
        resolved = ResolvedSettings(
            name.hex(), of_kind, ending, work, asked, marked_in - 1, for_keys_in - 1, stored_after - 1
        )
        if len(text) <= _LONGEST_AT_HAND:
            self._take_at_hand(text, resolved)
        return resolved

    def mark(self, resolved: ResolvedSettings, term: int, *, is_free: bool) -> None:
        """Note that settings were marked as used in a term, counted from 0, by the free key or another one."""
        resolved.marked_in = term
        if not is_free:
            resolved.marked_for_keys_in = term
        self._keep(resolved)

    def mark_stored(self, resolved: ResolvedSettings, deletions: int) -> None:
        """Note that settings are known to be stored, after so many deletions."""
        resolved.stored_after = deletions
        self._keep(resolved)

    @property
    def cached(self) -> int:
        """Return how many queries are kept."""
        return len(self._table)

    def path(self, resolved: ResolvedSettings, address: PictureAddress) -> str:
        """Return the content path. It contains only parsed values, never the caller's text."""
        return join_content_path(resolved.hash, address.title, resolved.kind, address.name, resolved.ending)

    def _take_at_hand(self, text: str, resolved: ResolvedSettings) -> None:
        if len(self._at_hand) < MOST_AT_HAND:
            self._at_hand[text] = resolved
            return
        self._missed += 1
        if self._missed >= MOST_MISSED:
            self._missed = 0
            self._at_hand.clear()

    def _keep(self, resolved: ResolvedSettings) -> None:
        text = _text_of(resolved.asked)
        self._at_hand.pop(text, None)
        ending = resolved.kind, resolved.ending
        if ending not in self._endings:
            self._endings.append(ending)
        name = bytes.fromhex(resolved.hash)
        marks = resolved.marked_in + 1, resolved.marked_for_keys_in + 1, resolved.stored_after + 1
        self._table.put(_digest(text), name, self._endings.index(ending), resolved.work, *marks)


def resolve_query(kind: Kind, fmt: Format, query: str, layers: SettingsLayers = ()) -> ResolvedSettings:
    """Resolve a raw query string on top of the layers, and keep nothing. Raises ``BadRequest``."""
    asked = kind, fmt, query, layers
    settings, ending = _settings_of(*asked)
    name, work = settings_hash(settings), work_of(settings)
    return ResolvedSettings(name, settings.kind, ending, work, asked, _settings=settings)


def _settings_of(kind: Kind, fmt: Format, query: str, layers: SettingsLayers) -> tuple[Settings, str]:
    """Return the settings and the ending of their addresses. Raises ``BadRequest``."""
    parameters = translate_parameters(_read_query(query))
    below = [parse_all_kinds(text)[kind] if of_all else parse_one_kind(kind, text) for of_all, text in layers]
    settings = resolve_layers(kind, fmt, [*below, parse_query(kind, parameters)])
    fallback = parse_flag(_FALLBACK, parameters.get(_FALLBACK, ""))
    return settings, f".{settings.format}?fallback=true" if fallback else f".{settings.format}"


def _just_settings(*asked: Any) -> Settings:
    return _settings_of(*asked)[0]


def _text_of(asked: SettingsQuery) -> str:
    """Return a query as one text.

    The query comes last, after a text that says where it ends, so that no two queries have the same text.
    """
    kind, fmt, query, layers = asked
    return f"{kind._value_} {fmt._value_} {layers!r} {query}"


def _digest(text: str) -> bytes:
    """Return 16 bytes that stand for a query: equal ones mean equal settings."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def known_part(query: str) -> str:
    """Return a query with nothing but the known parameters of this one, in their order. Raises ``BadRequest``."""
    parameters = translate_parameters(_read_query(query))
    return urlencode([(name, value) for name, value in parameters.items() if value and name in _KNOWN])


def without_quality(query: str) -> str:
    """Return a query without quality badges: four of thirty, in any order, are too many settings for the free key.

    Raises ``BadRequest``.
    """
    if _QUALITY not in query and "%" not in query:  # "%" may spell it
        return query
    parameters = _read_query(query)
    if _QUALITY not in parameters:
        return query
    return urlencode([(name, value) for name, value in parameters.items() if name != _QUALITY])


def fallback_alone(query: str) -> str:
    """Return nothing of a query but whether a placeholder is wanted in place of an error.

    Raises ``BadRequest`` for what cannot be read at all, or if that one parameter is wrong.
    """
    if not query:
        return query
    text = _read_query(query).get(_FALLBACK, "")
    return f"{_FALLBACK}=true" if parse_flag(_FALLBACK, text) else ""


def check_query(query: str, fmt: Format) -> None:
    """Check a query when the kind is unknown. Raises ``BadRequest`` if it is invalid for every kind."""
    first: BadRequest | None = None
    for kind in Kind:
        try:
            resolve_query(kind, fmt, query)
        except BadRequest as error:
            first = first or error
        else:
            return
    if first is not None:
        raise first


def _read_query(query: str) -> Mapping[str, str]:
    """Decode a query; the last of repeated parameters wins."""
    if len(query) > LONGEST_QUERY:
        raise BadRequest(public=f"The query must not be longer than {LONGEST_QUERY} characters.")
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
    except ValueError as exc:
        raise BadRequest(public=f"There must not be more than {MAX_PARAMETERS} parameters.") from exc
