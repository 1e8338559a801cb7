"""The content URL, on which gateway, content server and CDN agree: formatted and parsed here, and nowhere else."""

import re
from typing import Final

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, parse_hash

_STYLES: Final = {f"{kind}-default": kind for kind in Kind}
_ID_TYPES: Final = {id_type.value: id_type for id_type in IdType}
_EXTENSIONS: Final = {fmt.value: fmt for fmt in Format} | {"jpeg": Format.JPG}
_FILE: Final = re.compile(r"(?P<id>[^/.]+)\.(?P<ext>[a-z]{3,4})", re.ASCII)


def picture_name(settings_hash: SettingsHash, title: ExternalId) -> str:
    """Return the name of a picture in the queue and between processes: settings hash and external id."""
    return f"{settings_hash}:{title.alias}"


class ContentAddress(msgspec.Struct, frozen=True):
    """A picture as a content URL names it: settings, title and format."""

    settings_hash: SettingsHash
    kind: Kind
    title: ExternalId
    format: Format

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for the picture."""
        return picture_name(self.settings_hash, self.title)


def content_path(settings_hash: SettingsHash, title: ExternalId, kind: Kind, fmt: Format) -> str:
    """Return the path of a title's picture, as the gateway redirects to it."""
    return join_content_path(settings_hash, title, kind, title.in_address, f".{fmt}")


def join_content_path(settings_hash: SettingsHash, title: ExternalId, kind: Kind, name: str, ending: str) -> str:
    """Return a path from parts that were formatted before: the title's spelling, and the extension with any query."""
    return f"/c/{settings_hash}/{title.id_type._value_}/{kind._value_}-default/{name}{ending}"


def parse_content_address(settings_hash: str, id_type: str, style: str, file: str) -> ContentAddress:
    """Parse the parts of ``/c/{settings_hash}/{id_type}/{kind}-default/{id}.{ext}``.

    Raises ``UnknownSettings`` for text that cannot be a hash, ``BadRequest`` for anything else that is
    invalid, and ``TitleNotFound`` for a number that no title can have.
    """
    parsed_hash = parse_hash(settings_hash)
    if id_type not in _ID_TYPES:
        raise BadRequest(public=f"The id type must be one of {', '.join(_ID_TYPES)}.")
    if style not in _STYLES:
        raise BadRequest(public=f"The style must be one of {', '.join(_STYLES)}.")
    match = _FILE.fullmatch(file)
    if match is None or match["ext"] not in _EXTENSIONS:
        raise BadRequest(public=f"The address must end in an id and one of .{', .'.join(_EXTENSIONS)}.")
    kind = _STYLES[style]
    title = ExternalId.parse(_ID_TYPES[id_type], match["id"]).of_picture(kind)
    return ContentAddress(parsed_hash, kind, title, _EXTENSIONS[match["ext"]])
