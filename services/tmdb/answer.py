"""What is used of TMDB's answer about a title: those fields alone are decoded, in one pass over the body.

Any field of type ``Any`` may hold any JSON value: ``reader`` checks each one for itself. An answer with a value that
does not fit its field, or with damaged text, is decoded in full and copied from there: one bad value never costs the
title.
"""

from typing import Annotated, Any, Final, TypeVar

import msgspec

from services.client.json_reader import NUL_ESCAPE, Row, inner, number, rows, text, whole

_T = TypeVar("_T")

_MAX_PIXELS: Final = 30_000  # per side; larger values are mistakes

_Pixels = Annotated[int, msgspec.Meta(ge=0, le=_MAX_PIXELS)]
_Votes = Annotated[float, msgspec.Meta(ge=0)]


class PictureRow(msgspec.Struct, gc=False):
    """A row of a list of pictures. There are hundreds, so their values are checked as they are decoded."""

    file_path: str | None = None
    width: _Pixels | None = None
    height: _Pixels | None = None
    iso_639_1: str | None = None
    iso_3166_1: str | None = None
    vote_average: _Votes | None = None


class PictureLists(msgspec.Struct):
    """The lists of pictures, in TMDB's order: a title has the first three, an episode the last one."""

    posters: list[PictureRow] | None = None
    backdrops: list[PictureRow] | None = None
    logos: list[PictureRow] | None = None
    stills: list[PictureRow] | None = None


class PartRow(msgspec.Struct, gc=False):
    """A row of the list of a season's episodes, or of a collection's films."""

    air_date: Any = None
    release_date: Any = None
    original_language: Any = None
    popularity: Any = None
    vote_average: Any = None
    vote_count: Any = None
    poster_path: Any = None
    backdrop_path: Any = None


class OtherIds(msgspec.Struct):
    """The ids of other sites."""

    imdb_id: Any = None
    tvdb_id: Any = None


class TitleAnswer(msgspec.Struct, kw_only=True):
    """The body of ``/movie/{id}``, ``/tv/{id}``, one of its seasons or episodes, ``/collection/{id}``, or a refusal."""

    id: Any = None
    imdb_id: Any = None
    title: Any = None
    name: Any = None
    original_title: Any = None
    original_name: Any = None
    original_language: Any = None
    release_date: Any = None
    first_air_date: Any = None
    last_air_date: Any = None
    air_date: Any = None
    status: Any = None
    in_production: Any = None
    next_episode_to_air: Any = None
    last_episode_to_air: Any = None
    genres: Any = None
    runtime: Any = None
    episode_run_time: Any = None
    popularity: Any = None
    vote_average: Any = None
    vote_count: Any = None
    poster_path: Any = None
    backdrop_path: Any = None
    still_path: Any = None
    external_ids: OtherIds | None = None
    images: PictureLists | None = None
    episodes: list[PartRow] | None = None
    parts: list[PartRow] | None = None
    success: Any = None
    status_code: Any = None
    status_message: Any = None

    @property
    def is_title(self) -> bool:
        """Return whether there is no word of an error."""
        return self.success is None and self.status_code is None and self.status_message is None


_DECODER: Final = msgspec.json.Decoder(TitleAnswer)
_PICTURES: Final = msgspec.json.Decoder(PictureLists)
_LISTS: Final = frozenset({"external_ids", "images", "episodes", "parts"})
_VALUES: Final = tuple(name for name in TitleAnswer.__struct_fields__ if name not in _LISTS)


def decode_answer(body: bytes) -> TitleAnswer | None:
    """Return the answer in a body; ``None`` if it must be decoded in full, as sound answers need not."""
    return _decoded(_DECODER, body)


def decode_pictures(body: bytes) -> PictureLists | None:
    """Return the lists in the body of ``/collection/{id}/images``; ``None`` if it must be decoded in full."""
    return _decoded(_PICTURES, body)


def _decoded(decoder: "msgspec.json.Decoder[_T]", body: bytes) -> _T | None:
    if NUL_ESCAPE in body:
        return None
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def answer_of(body: Row) -> TitleAnswer:
    """Return the answer in an object that was decoded in full; what has the wrong form is left out."""
    external, images = inner(body, "external_ids"), inner(body, "images")
    return TitleAnswer(
        **{name: body.get(name) for name in _VALUES},
        external_ids=OtherIds(external.get("imdb_id"), external.get("tvdb_id")),
        images=pictures_of(images),
        episodes=_parts(body, "episodes"),
        parts=_parts(body, "parts"),
    )


def pictures_of(body: Row) -> PictureLists:
    """Return the lists of pictures in an object that was decoded in full."""
    return PictureLists(*(_pictures(body, name) for name in PictureLists.__struct_fields__))


def _parts(body: Row, name: str) -> list[PartRow]:
    return [PartRow(*map(row.get, PartRow.__struct_fields__)) for row in rows(body, name)]


def _pictures(images: Row, name: str) -> list[PictureRow]:
    return [
        PictureRow(
            text(row, "file_path"),
            _pixels(row, "width"),
            _pixels(row, "height"),
            text(row, "iso_639_1"),
            text(row, "iso_3166_1"),
            max(0.0, number(row, "vote_average") or 0.0),
        )
        for row in rows(images, name)
    ]


def _pixels(row: Row, name: str) -> int:
    pixels = whole(row, name)
    return pixels if pixels is not None and pixels <= _MAX_PIXELS else 0
