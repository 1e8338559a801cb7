"""Reads TMDB's responses as a whole: what their status and codes mean, and the object in each.

Every function raises ``SourceInvalidResponse`` for a response that is not of its kind, and what ``read_answer`` raises
for one about the key.
"""

from http import HTTPStatus
from typing import Final

from services.client.http import Response
from services.client.json_reader import Row, number, rows, text, whole, whole_of
from services.client.refusals import is_about_key, read_answer
from services.titles import SearchResult
from services.tmdb.answer import PictureLists, TitleAnswer, answer_of, decode_answer, decode_pictures, pictures_of
from services.tmdb.reader import read_found
from services.tmdb.search_reader import read_results
from shared.domain.errors import BadRequest, SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind

SOURCE: Final = "tmdb"
_NOT_FOUND_CODE: Final = 34
_KEY_CODES: Final = frozenset({3, 7, 10, 14, 25, 31, 32, 35, 45})
"""TMDB's codes about a key or its account: not accepted, suspended, disabled, unverified, over its limit."""

LIST_NAMES: Final = "A TMDB list is written like trending/movie/day: movie, tv or all, then day or week."
"""What a caller reads who asks for a list that TMDB does not have."""


def title_object(response: Response) -> Row | None:
    """Return the body's object, ``None`` for "no such title"."""
    body = read_answer(SOURCE, response, _refuses)
    if response.status == HTTPStatus.NOT_FOUND and body.get("status_code") == _NOT_FOUND_CODE:
        return None
    if response.status != HTTPStatus.OK or body.get("success") is False:
        raise SourceInvalidResponse(SOURCE, f"status {response.status}, code {number(body, 'status_code')}")
    return body


def read_found_response(ref: ExternalId, response: Response, gone: MediaId | None) -> MediaId | None:
    """Return the title of an external id, other than ``gone``, or ``None``."""
    body = title_object(response)
    if body is None:
        return None
    if not any(isinstance(body.get(name), list) for name in ("movie_results", "tv_results")):
        raise SourceInvalidResponse(SOURCE, "a response of /find without a list of titles")
    return read_found(ref, body, gone=gone)


def read_title_answer(response: Response) -> TitleAnswer | None:
    """Return what is said about a title, ``None`` if there is no such title."""
    answer = decode_answer(response.body) if response.status == HTTPStatus.OK else None
    if answer is None or not answer.is_title:
        body = title_object(response)
        if body is None:
            return None
        answer = answer_of(body)
    if whole_of(answer.id) is None:
        raise SourceInvalidResponse(SOURCE, "a title without an id")
    return answer


def read_picture_lists(response: Response) -> PictureLists:
    """Return the pictures of a title, none if there is no such title."""
    images = decode_pictures(response.body) if response.status == HTTPStatus.OK else None
    return images or pictures_of(title_object(response) or {})


def read_search_response(response: Response) -> tuple[SearchResult, ...]:
    """Return the films and series that a search found, best first."""
    body = title_object(response) or {}
    if not isinstance(body.get("results"), list):
        raise SourceInvalidResponse(SOURCE, "a response of /search without results")
    return read_results(body)


def read_list_page(name: str, response: Response) -> tuple[list[ExternalId], int]:
    """Return a page's films and series, and the number of pages. Raises ``BadRequest`` if there is no such list."""
    body = title_object(response)
    if body is None:
        raise BadRequest(public=LIST_NAMES)
    if not isinstance(body.get("results"), list):
        raise SourceInvalidResponse(SOURCE, "a list without titles")
    word = name.split("/")[1]
    return [ref for row in rows(body, "results") if (ref := _listed(word, row))], whole(body, "total_pages") or 1


def _refuses(body: Row) -> bool:
    return number(body, "status_code") in _KEY_CODES or is_about_key(text(body, "status_message"))


def _listed(word: str, row: Row) -> ExternalId | None:
    """Return the title of a list's row, ``None`` for a person. In a list of one kind, rows may omit the kind."""
    kind = {"movie": TitleKind.MOVIE, "tv": TitleKind.SERIES}.get(text(row, "media_type") or word)
    found = whole(row, "id")
    return ExternalId(IdType.TMDB, found, kind) if kind and found else None
