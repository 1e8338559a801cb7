"""Reads Fanart.tv's responses: a title's pictures, with their language and number of likes."""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

import msgspec

from services.artwork import Art, Gallery, limit_art
from services.client.http import Response
from services.client.json_reader import Row, number, rows, text
from services.client.refusals import is_about_key, read_answer
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import TitleKind
from shared.domain.pictures import Kind

SOURCE: Final = "fanart"
_SECTIONS: Final[dict[TitleKind, dict[Kind, tuple[str, ...]]]] = {
    TitleKind.MOVIE: {
        Kind.POSTER: ("movieposter",),
        Kind.BACKDROP: ("moviebackground",),
        Kind.LOGO: ("hdmovielogo", "movielogo"),
    },
    TitleKind.SERIES: {
        Kind.POSTER: ("tvposter",),
        Kind.BACKDROP: ("showbackground",),
        Kind.LOGO: ("hdtvlogo", "clearlogo"),
    },
}
_SEASON_POSTERS: Final = "seasonposter"
_TITLE_FIELDS: Final = frozenset({"name", "tmdb_id", "imdb_id", "thetvdb_id", _SEASON_POSTERS}).union(
    section for sections in _SECTIONS.values() for names in sections.values() for section in names
)
_OWN_FIELDS: Final = {TitleKind.MOVIE: "tmdb_id", TitleKind.SERIES: "thetvdb_id"}
_LANGUAGE: Final = re.compile(r"(?P<language>[a-z]{2,3})(?:[-_](?P<region>[a-z]{2}))?", re.ASCII | re.IGNORECASE)
_UNREADABLE: Final = "und"  # has text, in a language code that no user can choose
_ALL_SEASONS: Final = frozenset({"", "all"})
_MAX_SEASON: Final = 9_999
_MAX_PIXELS: Final = 30_000  # per side; larger values are mistakes
_MAX_AMOUNT: Final = 1_000_000_000
_MAX_ROWS: Final = 3000  # per section

Select = Callable[[Iterable[Art]], tuple[Art, ...]]
"""Takes some pictures of a list, such as its candidates."""


def read_gallery_response(
    kind: TitleKind, number: int, response: Response, address: Callable[[str], str | None], select: Select
) -> Gallery:
    """Read the response about the film or series with this number; empty if there is none.

    ``address`` and ``select`` are as in ``read_gallery``. Raises ``SourceInvalidResponse``, and what ``read_answer``
    raises.
    """
    if response.status == HTTPStatus.NOT_FOUND:
        return {}
    body = read_answer(SOURCE, response, lambda body: is_about_key(text(body, "error message")))
    is_error = text(body, "status") == "error"  # comes with status 200 as well
    complaint = text(body, "error message").lower() if is_error else ""
    if "not found" in complaint:
        return {}
    body = _title_object(body)
    if response.status != HTTPStatus.OK or is_error or _TITLE_FIELDS.isdisjoint(body):
        raise SourceInvalidResponse(SOURCE, f"status {response.status}, no title in the response")
    if _amount(body, _OWN_FIELDS[kind]) not in {0, number}:
        return {}  # the pictures of another title
    return read_gallery(kind, body, address, select)


def read_gallery(
    kind: TitleKind,
    body: Row,
    address: Callable[[str], str | None],
    select: Select = limit_art,
) -> Gallery:
    """Read the object of a film or series; ``address`` returns the URL of a picture, or ``None`` if not allowed.

    ``select`` takes some of a list, by default its candidates.
    """
    gallery: Gallery = {}
    for picture, sections in _SECTIONS[kind].items():
        listed = (art for name in sections for art in _arts(picture, rows(body, name), address))
        arts = select(listed)
        if arts:
            gallery[picture] = arts
    seasons = _season_posters(rows(body, _SEASON_POSTERS), address) if kind is TitleKind.SERIES else ()
    if seasons:
        gallery[Kind.POSTER] = (*seasons, *gallery.get(Kind.POSTER, ()))
    return gallery


def _season_posters(listed: list[Row], address: Callable[[str], str | None]) -> tuple[Art, ...]:
    """Read the posters of single seasons, the most liked of each first."""
    by_season: dict[int, list[Row]] = {}
    for row in listed[:_MAX_ROWS]:
        word = _word(row, "season")
        if word.isascii() and word.isdigit() and int(word[:9]) <= _MAX_SEASON:
            by_season.setdefault(int(word[:9]), []).append(row)
    return tuple(
        msgspec.structs.replace(art, season=season)
        for season, found in by_season.items()
        for art in limit_art(_arts(Kind.POSTER, found, address))
    )


def _title_object(body: Row) -> Row:
    """Return the title's object, which the older API version nests under the title's name."""
    values = list(body.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else body


def _arts(kind: Kind, listed: list[Row], address: Callable[[str], str | None]) -> list[Art]:
    """Read one section, the most liked first, pictures of a single season last."""
    arts = [
        (_word(row, "season").lower() not in _ALL_SEASONS, art)
        for row in listed[:_MAX_ROWS]
        if (art := _art(kind, row, address))
    ]
    return [art for _, art in sorted(arts, key=lambda pair: (pair[0], -pair[1].votes))]


def _art(kind: Kind, row: Row, address: Callable[[str], str | None]) -> Art | None:
    path = address(text(row, "url"))
    if path is None:
        return None
    lang, region = _language(_word(row, "lang"))
    width, height = _amount(row, "width"), _amount(row, "height")  # only in newer responses
    is_plausible = max(width, height) <= _MAX_PIXELS
    return Art(
        path,
        width if is_plausible else 0,
        height if is_plausible else 0,
        lang,
        region,
        float(_amount(row, "likes")),
        kind,
    )


def _language(code: str) -> tuple[str | None, str | None]:
    """Return language and region; ``00`` and an empty code mean a picture without text."""
    if not code.strip("0"):
        return None, None
    match = _LANGUAGE.fullmatch(code)
    if match is None:
        return _UNREADABLE, None
    return match["language"].lower(), match["region"].upper() if match["region"] else None


def _word(row: Row, name: str) -> str:
    """Return a short text; all values should be strings, but some numbers are not."""
    figure = number(row, name)
    return text(row, name).strip() if figure is None else f"{figure:g}"


def _amount(row: Row, name: str) -> int:
    """Return an integer written as text, 0 if there is none."""
    word = text(row, name).strip()
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return int(min(max(number(row, name) or 0.0, 0.0), _MAX_AMOUNT))
