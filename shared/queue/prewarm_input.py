"""Parses what a person asks to prewarm: titles and settings."""

import re
from typing import Final
from urllib.parse import parse_qsl

from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.settings.model import Settings
from shared.settings.parameters import PARAMETERS, parse

_LONGEST: Final = 64
_IMDB: Final = re.compile(r"(?:episode-|season-)?tt\d", re.IGNORECASE)
_TMDB: Final = re.compile(r"(?:movie|series|tv|episode|season|collection)-", re.IGNORECASE)
_SEASON: Final = re.compile(r"\Aseries-(\d{1,20}):s(\d{1,4})\Z", re.ASCII)
_NAMES: Final = frozenset(name for param in PARAMETERS for name in param.names)
_FORMS: Final = (
    "An id is written tt0111161, movie-278, series-1396, collection-1241, imdb:…, tmdb:…, tvdb:…, kitsu:…, anilist:…, "
    "mal:… or anidb:…; an episode tt0903747:1:1 or kitsu:7442:3; a season season-tt0903747-S2 or season-1396-S2."
)


def parse_external_id(text: str) -> ExternalId:
    """Parse an external id whose type follows from its form, or from a prefix with a site, as ``tvdb:``.

    ``movie-278`` and the like are TMDB's, as is a season's media id, ``series-1396:s2``. A bare number is ambiguous.
    Raises ``BadRequest`` and ``TitleNotFound``.
    """
    text = _SEASON.sub(r"season-\1-S\2", text.strip())
    word, colon, rest = text.partition(":")
    if colon and word.lower() in set(IdType):
        return ExternalId.parse(IdType(word.lower()), rest.strip())
    for form, id_type in ((_IMDB, IdType.IMDB), (_TMDB, IdType.TMDB)):
        if form.match(text):
            return ExternalId.parse(id_type, text)
    raise BadRequest(public=f"{text[:_LONGEST]!r} is not an id of a known form. {_FORMS}")


def parse_settings(kind: Kind, fmt: Format, query: str) -> Settings:
    """Parse settings from a query string, as it follows the ``?`` of a picture's URL.

    Raises ``BadRequest``, for an unknown parameter too, as the caller does not see the picture that a typo gives.
    """
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    if query and not pairs:
        raise BadRequest(public=f"{query[:_LONGEST]!r} is not a query string such as imageSize=large&lang=de.")
    for name, _ in pairs:
        if name not in _NAMES:
            raise BadRequest(public=f"{name[:_LONGEST]} is not a parameter of a picture.")
    return parse(kind, fmt, dict(pairs))
