"""From kind, format, query and the layers below it to the settings, their hash and the content path."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec

from gateway.pictures.address import PictureAddress
from gateway.pictures.rpdb import translate_parameters
from gateway.settings.layers import parse_all_kinds, parse_one_kind, resolve_layers
from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import join_content_path
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import NAMES, parse_flag, parse_query

LONGEST_QUERY: Final = 4096
"""Characters; all parameters at their longest need a quarter of this."""

MAX_PARAMETERS: Final = 256

_CACHE_SIZE: Final = 32_768  # resolved settings, by the query that asked for them
RESOLVED_BYTES: Final = _CACHE_SIZE * 1792
"""All cached settings."""

_LONGEST_CACHED: Final = 256  # characters of a query that is cached
_FALLBACK: Final = "fallback"
_QUALITY: Final = "badges"
_KNOWN: Final = NAMES | {_FALLBACK}
_KNOWN_QUERY: Final = re.compile(f"(?:(?:{'|'.join(sorted(_KNOWN, key=len, reverse=True))})=[^&]*(?:&|$))*")


SettingsLayers: TypeAlias = tuple[tuple[bool, str], ...]
"""The layers below a query, as text for :mod:`gateway.settings.layers`: with ``True`` overrides for all kinds, with
``False`` overrides for the picture's own kind."""


class ResolvedSettings(msgspec.Struct, gc=False):
    """What one query means for one kind and format."""

    settings: Settings
    hash: SettingsHash
    ending: str  # after the title, such as ".jpg" or ".jpg?fallback=true"
    marked_in: int = -1  # the term in which they were last marked as used
    marked_for_keys_in: int = -1  # the same, by another key than the free one


class SettingsResolver:
    """Resolves queries, with a bounded cache, and formats content paths."""

    def __init__(self) -> None:
        self._cached = lru_cache(maxsize=_CACHE_SIZE)(resolve_query)

    def resolve(self, kind: Kind, fmt: Format, query: str, layers: SettingsLayers = ()) -> ResolvedSettings:
        """Resolve a raw query string on top of the layers. Raises ``BadRequest`` that names the error.

        A query is cached by its known parameters: whatever else a caller adds needs no room.
        """
        if not _KNOWN_QUERY.fullmatch(query):
            query = known_part(query)
        if len(query) > _LONGEST_CACHED:
            return resolve_query(kind, fmt, query, layers)
        return self._cached(kind, fmt, query, layers)

    @property
    def cached(self) -> int:
        """Return how many resolved settings are cached."""
        return self._cached.cache_info().currsize

    def path(self, resolved: ResolvedSettings, address: PictureAddress) -> str:
        """Return the content path. It contains only parsed values, never the caller's text."""
        return join_content_path(resolved.hash, address.title, resolved.settings.kind, address.name, resolved.ending)


def resolve_query(kind: Kind, fmt: Format, query: str, layers: SettingsLayers = ()) -> ResolvedSettings:
    """Resolve a raw query string on top of the layers, without a cache. Raises ``BadRequest``."""
    parameters = translate_parameters(_read_query(query))
    below = [parse_all_kinds(text)[kind] if of_all else parse_one_kind(kind, text) for of_all, text in layers]
    settings = resolve_layers(kind, fmt, [*below, parse_query(kind, parameters)])
    fallback = parse_flag(_FALLBACK, parameters.get(_FALLBACK, ""))
    ending = f".{settings.format}?fallback=true" if fallback else f".{settings.format}"
    return ResolvedSettings(settings, settings_hash(settings), ending)


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
