"""Where a picture is: from kind, format, query and what else was chosen to the settings hash and the content's path."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from gateway.pictures.address import PictureAddress
from gateway.pictures.rpdb import translated
from gateway.settings.layers import of_all_kinds, of_one_kind, resolve
from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse_flag, parse_query

LONGEST_QUERY: Final = 4096
"""Characters of a query; every parameter at its longest fits in a quarter of this."""

MOST_PARAMETERS: Final = 256

_REMEMBERED: Final = 131_072  # looks, by the query that asked for them
_LONGEST_REMEMBERED: Final = 512  # characters of a query that is kept in memory


Levels: TypeAlias = tuple[tuple[bool, str], ...]
"""What the layers below a query chose, for :mod:`gateway.settings.layers`: each the text of choices for all kinds, or,
with ``False`` before it, for the picture's own kind."""


class ResolvedSettings(msgspec.Struct, gc=False):
    """What one query means for one kind and format."""

    settings: Settings
    hash: SettingsHash
    directory: str  # between the id type and the title, as "/poster-default/"
    ending: str  # after the title, as ".jpg" or ".jpg?fallback=true"
    is_kept: bool = False  # surely stored for every replica and for ever, so that its redirect may leave
    noted_in: int = -1  # the term in which it was last noted that somebody asks for it


class SettingsResolver:
    """Turns addresses and queries into content URLs; remembers the looks that were asked for lately, within bounds."""

    def __init__(self) -> None:
        self._remembered = lru_cache(maxsize=_REMEMBERED)(resolve_query)

    def resolve(self, kind: Kind, fmt: Format, query: str, levels: Levels = ()) -> ResolvedSettings:
        """Read a raw query string, which goes over the levels. Raises ``BadRequest`` naming what is wrong."""
        if len(query) > _LONGEST_REMEMBERED:
            return resolve_query(kind, fmt, query, levels)
        return self._remembered(kind, fmt, query, levels)

    def path(self, resolve: ResolvedSettings, address: PictureAddress) -> str:
        """Return the path of the picture. It holds nothing that a caller wrote, only what was read from it."""
        return f"/c/{resolve.hash}/{address.title.id_type._value_}{resolve.directory}{address.name}{resolve.ending}"


def resolve_query(kind: Kind, fmt: Format, query: str, levels: Levels = ()) -> ResolvedSettings:
    """Read a look from a raw query string and the levels below it. Raises ``BadRequest``."""
    parameters = translated(_read_query(query))
    below = [of_all_kinds(text)[kind] if of_all else of_one_kind(kind, text) for of_all, text in levels]
    settings = resolve(kind, fmt, [*below, parse_query(kind, parameters)])
    fallback = parse_flag("fallback", parameters.get("fallback", ""))
    ending = f".{settings.format}?fallback=true" if fallback else f".{settings.format}"
    return ResolvedSettings(settings, settings_hash(settings), _DIRECTORIES[kind], ending)


def check_query(query: str, fmt: Format) -> None:
    """Refuse a query that is wrong for every kind of picture, when the kind is not known. Raises ``BadRequest``."""
    wrong: BadRequest | None = None
    for kind in Kind:
        try:
            resolve_query(kind, fmt, query)
        except BadRequest as error:
            wrong = wrong or error
        else:
            return
    if wrong is not None:
        raise wrong


_DIRECTORIES: Final = {kind: f"/{kind}-default/" for kind in Kind}


def _read_query(query: str) -> Mapping[str, str]:
    """Decode a query; of a repeated parameter the last one counts, as if it were typed over the others."""
    if len(query) > LONGEST_QUERY:
        raise BadRequest(public=f"The query must not be longer than {LONGEST_QUERY} characters.")
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
    except ValueError as exc:
        raise BadRequest(public=f"There must not be more than {MOST_PARAMETERS} parameters.") from exc
