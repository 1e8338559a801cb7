"""Where a picture is: from kind, format and query to the settings hash and the address of the content."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from gateway.addresses import PictureAddress
from shared.errors import BadRequest
from shared.hash import SettingsHash, settings_hash
from shared.settings import Format, Kind, Settings, parse, parse_flag

LONGEST_QUERY: Final = 4096
"""Characters of a query; every parameter at its longest fits in a quarter of this."""

MOST_PARAMETERS: Final = 256

_REMEMBERED: Final = 131_072  # looks, by the query that asked for them
_LONGEST_REMEMBERED: Final = 512  # characters of a query that is kept in memory


class Look(msgspec.Struct, gc=False):
    """What one query means for one kind and format."""

    settings: Settings
    hash: SettingsHash
    directory: str  # between the id type and the title, as "/poster-default/"
    ending: str  # after the title, as ".jpg" or ".jpg?fallback=true"
    is_kept: bool = False  # surely stored for every replica and for ever, so that its redirect may leave


class Redirects:
    """Turns addresses and queries into content URLs; remembers the looks that were asked for lately, within bounds."""

    def __init__(self, content_base_url: str) -> None:
        self._base = f"{content_base_url}/c/"
        self._remembered = lru_cache(maxsize=_REMEMBERED)(read_look)

    def look(self, kind: Kind, fmt: Format, query: str) -> Look:
        """Read a raw query string. Raises ``BadRequest`` naming the parameter and what it allows."""
        if len(query) > _LONGEST_REMEMBERED:
            return read_look(kind, fmt, query)
        return self._remembered(kind, fmt, query)

    def location(self, look: Look, address: PictureAddress) -> str:
        """Return the URL of the picture. It holds nothing that a caller wrote, only what was read from it."""
        return f"{self._base}{look.hash}/{address.title.id_type._value_}{look.directory}{address.name}{look.ending}"


def read_look(kind: Kind, fmt: Format, query: str) -> Look:
    """Read a look from a raw query string. Raises ``BadRequest``."""
    parameters = _read_query(query)
    settings = parse(kind, fmt, parameters)
    fallback = parse_flag("fallback", parameters.get("fallback", ""))
    ending = f".{settings.format}?fallback=true" if fallback else f".{settings.format}"
    return Look(settings, settings_hash(settings), _DIRECTORIES[kind], ending)


def check_query(query: str, fmt: Format) -> None:
    """Refuse a query that is wrong for every kind of picture, when the kind is not known. Raises ``BadRequest``."""
    wrong: BadRequest | None = None
    for kind in Kind:
        try:
            read_look(kind, fmt, query)
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
