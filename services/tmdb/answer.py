"""What is used of TMDB's answer about a title: those fields alone are decoded, in one pass over the body.

Any field may hold any JSON value: ``reader`` checks each one for itself. An answer whose objects and lists are not
where they belong, or whose text is damaged, is decoded in full and copied from there, so that one bad value never costs
the title.
"""

from typing import Any, Final

import msgspec

from services.client.json_reader import NUL_ESCAPE, Row, inner, rows


class PictureRow(msgspec.Struct, gc=False):
    """A row of a list of pictures."""

    file_path: Any = None
    width: Any = None
    height: Any = None
    iso_639_1: Any = None
    iso_3166_1: Any = None
    vote_average: Any = None


class PictureLists(msgspec.Struct):
    """The lists of pictures, in TMDB's order: a title has the first three, an episode the last one."""

    posters: list[PictureRow] | None = None
    backdrops: list[PictureRow] | None = None
    logos: list[PictureRow] | None = None
    stills: list[PictureRow] | None = None


class OtherIds(msgspec.Struct):
    """The ids of other sites."""

    imdb_id: Any = None
    tvdb_id: Any = None


class TitleAnswer(msgspec.Struct, kw_only=True):
    """The body of ``/movie/{id}``, ``/tv/{id}`` or ``/tv/{id}/season/{s}/episode/{e}``, or of a refusal."""

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
    success: Any = None
    status_code: Any = None
    status_message: Any = None

    @property
    def is_title(self) -> bool:
        """Return whether there is no word of an error."""
        return self.success is None and self.status_code is None and self.status_message is None


_DECODER: Final = msgspec.json.Decoder(TitleAnswer)
_VALUES: Final = tuple(name for name in TitleAnswer.__struct_fields__ if name not in {"external_ids", "images"})


def decode_answer(body: bytes) -> TitleAnswer | None:
    """Return the answer in a body; ``None`` if it must be decoded in full, as sound answers need not."""
    if NUL_ESCAPE in body:
        return None
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def answer_of(body: Row) -> TitleAnswer:
    """Return the answer in an object that was decoded in full; what has the wrong form is left out."""
    external, images = inner(body, "external_ids"), inner(body, "images")
    return TitleAnswer(
        **{name: body.get(name) for name in _VALUES},
        external_ids=OtherIds(external.get("imdb_id"), external.get("tvdb_id")),
        images=pictures_of(images),
    )


def pictures_of(images: Row) -> PictureLists:
    """Return the lists of pictures in an object that was decoded in full."""
    return PictureLists(*(_pictures(images, name) for name in PictureLists.__struct_fields__))


def _pictures(images: Row, name: str) -> list[PictureRow]:
    return [PictureRow(*map(row.get, PictureRow.__struct_fields__)) for row in rows(images, name)]
