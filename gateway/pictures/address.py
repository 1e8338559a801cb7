"""Parses the address of a picture into types; everything that can be wrong with it is found here."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from gateway.pictures.rpdb import STYLES
from shared.domain.errors import ArtNotFound, BadRequest, NoSuchShape
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.domain.pictures import Format, Kind

CARD_STYLE: Final = "landscape-default"
"""The style of a card: a backdrop that names its title, for rows of wide pictures."""

CARD: Final[Mapping[str, object]] = {"imageSize": "small", "title": "logo", "position": "br", "ratings_limit": 3}
"""What a card has in place of a backdrop's defaults. Clients draw their marks of what was watched at the top."""

CARD_DEFAULTS: Final = msgspec.json.encode(CARD).decode()
_SQUARE: Final = "square-default"  # a shape that clients fill in and that no source has artwork for
_STYLES: Final = {f"{kind}-default": kind for kind in Kind} | {
    "background-default": Kind.BACKDROP,
    CARD_STYLE: Kind.BACKDROP,
}
STYLE_NAMES: Final = frozenset(_STYLES) | frozenset(STYLES)
"""Every style that an address may name, Marquee's and RPDB's."""

PRESET_PREFIX: Final = "preset-"
"""What the style of an address has before the name of a preset."""

_PROFILE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_TMDB_FILE: Final = re.compile(r"[A-Za-z0-9_-]{1,120}\.(?:jpe?g|png)", re.ASCII)
_FORMATS: Final = {"jpg": Format.JPG, "jpeg": Format.JPG, "png": Format.PNG, "webp": Format.WEBP}
_CACHE_SIZE: Final = 65_536  # addresses, of less than a kilobyte each
ADDRESSES_BYTES: Final = _CACHE_SIZE * 768
"""All cached addresses."""

_LONGEST_CACHED: Final = 96  # characters of an address that is cached; a usual one has half as many


class PictureAddress(msgspec.Struct, frozen=True, gc=False):
    """Which picture of which title; ``kind`` is ``None`` if the style is the name of a profile."""

    kind: Kind | None
    title: ExternalId
    name: str  # the title's canonical spelling
    format: Format
    overrides: str = ""  # what the style sets besides the kind, as JSON text
    defaults: str = ""  # what the style has in place of the kind's defaults, as JSON text


def read_address(id_type: str, style: str, file: str) -> PictureAddress:
    """Parse the three parts after the key, percent-decoded.

    Raises ``BadRequest``, ``TitleNotFound``, and ``NoSuchShape``.
    """
    if len(style) + len(file) > _LONGEST_CACHED:
        return _parse_address(id_type, style, file)
    return _cached_address(id_type, style, file)


def read_chosen(style: str, title: str, file: str) -> tuple[PictureAddress, str]:
    """Parse RPDB's address of a picture on artwork that the caller chose: style, IMDb id, and a file of TMDB's.

    Returns the address and the query that chooses the artwork. Raises like :func:`read_address`, and ``ArtNotFound``
    for what cannot be a file of TMDB's.
    """
    name, dot, extension = file.rpartition(".")
    if not _TMDB_FILE.fullmatch(file):
        raise ArtNotFound(public="TMDB has no such file.")
    return read_address(IdType.IMDB, style, f"{title}{dot}{extension}"), f"art={name}.{extension}"


def _parse_address(id_type: str, style: str, file: str) -> PictureAddress:
    site = _read_id_type(id_type)
    kind, overrides, defaults = _read_style(style)
    text, dot, extension = file.partition(".")
    fmt = _read_format(extension if dot else None)
    title = title_for_kind(ExternalId.parse(site, text), kind)
    return PictureAddress(kind, title, title.in_address, fmt, overrides, defaults)


_cached_address: Final = lru_cache(maxsize=_CACHE_SIZE)(_parse_address)


def _read_id_type(text: str) -> IdType:
    try:
        return IdType(text)
    except ValueError as exc:
        raise BadRequest(public=f"The id type must be one of {', '.join(IdType)}.") from exc


def is_profile_name(text: str) -> bool:
    """Return whether a profile may have this name: it must not be a style of Marquee or RPDB."""
    return bool(_PROFILE.fullmatch(text)) and not text.endswith("-default") and text not in STYLES


def is_preset_style(text: str) -> bool:
    """Return whether a style could name a preset."""
    name = text.removeprefix(PRESET_PREFIX)
    return name != text and is_profile_name(text) and is_profile_name(name)


def _read_style(text: str) -> tuple[Kind | None, str, str]:
    """Return the kind, the overrides and the defaults of a style; no kind for a profile name."""
    kind = _STYLES.get(text)
    if kind is not None:
        return kind, "", CARD_DEFAULTS if text == CARD_STYLE else ""
    style = STYLES.get(text)
    if style is not None:
        return style.kind, style.overrides, ""
    if text == _SQUARE:
        raise NoSuchShape
    if not is_profile_name(text):
        raise BadRequest(public=f"The style must be one of {', '.join(_STYLES)}, or the name of a profile.")
    return None, "", ""


def _read_format(extension: str | None) -> Format:
    if extension is None:
        return Format.JPG
    fmt = _FORMATS.get(extension.lower())
    if fmt is None:
        raise BadRequest(public=f"The extension must be one of .{', .'.join(_FORMATS)}, or left out.")
    return fmt


def title_for_kind(title: ExternalId, kind: Kind | None) -> ExternalId:
    """Return the title that a kind of picture shows. Raises ``BadRequest`` for a still of a non-episode."""
    if kind is Kind.EPISODE and title.episode is None:
        is_named = title.season is not None or title.kind not in {None, TitleKind.EPISODE}
        has_own_ids = title.id_type in {IdType.IMDB, IdType.TVDB}  # no client uses TMDB's own episode ids
        if is_named or not has_own_ids:
            raise BadRequest(public=_EPISODE_SENTENCES[title.id_type])
    return title if kind is None else title.of_picture(kind)


_EPISODE_SENTENCES: Final = {
    id_type: f"The id does not name an episode. Use {example}."
    for id_type, example in {
        IdType.IMDB: "tt0903747:1:1, episode-tt0903747-S1E1, or the episode's own id",
        IdType.TMDB: "episode-1396-S1E1",
        IdType.TVDB: "episode-81189-S1E1, or the episode's own number",
        **{site: "7442:3, 7442:1:3 or episode-7442-S1E3" for site in IdType if site.is_anime},
    }.items()
}
