"""What a content URL asks for, read into types once."""

import re
from typing import Final

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.queue.messages import picture_name
from shared.settings.digest import SettingsHash, parse_hash

_KINDS: Final = {f"{kind}-default": kind for kind in Kind}
_ID_TYPES: Final = {id_type.value: id_type for id_type in IdType}
_EXTENSIONS: Final = {fmt.value: fmt for fmt in Format} | {"jpeg": Format.JPG}
_FILE: Final = re.compile(r"(?P<id>[^/.]{1,64})\.(?P<ext>[a-z]{3,4})", re.ASCII)


class Address(msgspec.Struct, frozen=True):
    """A look of a title, in a format."""

    settings_hash: SettingsHash
    kind: Kind
    title: ExternalId
    format: Format

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for it."""
        return picture_name(self.settings_hash, self.title)


def parse_address(settings_hash: str, id_type: str, style: str, file: str) -> Address:
    """Read the parts of ``/c/{settings_hash}/{id_type}/{kind}-default/{id}.{ext}``.

    Raises ``UnknownSettings`` for what cannot be a hash, ``BadRequest`` for anything else that cannot be read.
    """
    look = parse_hash(settings_hash)
    if id_type not in _ID_TYPES:
        raise BadRequest(public=f"The id type must be one of {', '.join(_ID_TYPES)}.")
    if style not in _KINDS:
        raise BadRequest(public=f"The style must be one of {', '.join(_KINDS)}.")
    match = _FILE.fullmatch(file)
    if match is None or match["ext"] not in _EXTENSIONS:
        raise BadRequest(public=f"The address must end in an id and one of .{', .'.join(_EXTENSIONS)}.")
    kind = _KINDS[style]
    title = ExternalId.parse(_ID_TYPES[id_type], match["id"]).of_picture(kind)
    return Address(look, kind, title, _EXTENSIONS[match["ext"]])
