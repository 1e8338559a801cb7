"""Parses TMDB's translations of a title's name. Invalid rows are skipped."""

import re
from collections.abc import Iterator
from typing import Final

from services.client.json_reader import Row, inner, rows, text
from services.titles import TitleName

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}", re.ASCII)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MOST: Final = 200  # TMDB has about 70 of a film that is known everywhere
_LONGEST: Final = 200


def read_names(body: Row) -> tuple[TitleName, ...]:
    """Read the body of ``/movie/{id}/translations`` or ``/tv/{id}/translations``.

    A translation without a name is left out: it has one that TMDB does not repeat, the original.
    """
    return tuple(_names(rows(body, "translations")[:_MOST]))


def _names(found: list[Row]) -> Iterator[TitleName]:
    for row in found:
        language, region, of_row = text(row, "iso_639_1"), text(row, "iso_3166_1"), inner(row, "data")
        name = (text(of_row, "title") or text(of_row, "name")).strip()[:_LONGEST]
        if name and _LANGUAGE.fullmatch(language) and language != "xx":
            yield TitleName(name, language, region if _REGION.fullmatch(region) else None)
