"""Parses TMDB's description of a collection: films that belong together, with pictures of their own."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from services.artwork import Art, limit_art
from services.client.json_reader import day_of, number_of, text_of
from services.titles import Title
from services.tmdb.answer import PartRow, PictureLists, TitleAnswer
from services.tmdb.reader import PICTURE_FILE, gallery_of, read_arts, read_language, read_own_rating
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, Ratings, RatingSite

_MAX_FILMS: Final = 1000
_LANGUAGE: Final = "en"
"""Of the posters that TMDB names as main ones: they are the English ones where a request names no language."""


def read_collection(media: MediaId, answer: TitleAnswer, images: PictureLists, today: date) -> Title:
    """Read the answers of ``/collection/{id}`` and ``/collection/{id}/images``.

    Its rating is the mean of the films that are released by ``today``; its date is that of the newest film. Where it
    has no picture of a kind, there are those of its films, of the most popular film first.
    """
    listed = (answer.parts or [])[:_MAX_FILMS]
    films = sorted(listed, key=lambda film: number_of(film.popularity) or 0.0, reverse=True)
    main, wide = text_of(answer.poster_path), text_of(answer.backdrop_path)
    posters = read_arts(Kind.POSTER, images.posters, main=main, main_lang=_LANGUAGE)
    backdrops = read_arts(Kind.BACKDROP, images.backdrops, main=wide)
    return Title(
        media=media,
        refs=(media.tmdb,),
        name=text_of(answer.name),
        film_date=max((day for film in films if (day := day_of(film.release_date))), default=None),
        original_lang=read_language(text_of(films[0].original_language)) if films else None,
        gallery=gallery_of(
            posters or _main_pictures(Kind.POSTER, (film.poster_path for film in films), _LANGUAGE),
            backdrops or _main_pictures(Kind.BACKDROP, (film.backdrop_path for film in films), None),
        ),
        ratings=_mean(read_own_rating(film) for film in films if _is_released(film, today)),
    )


def _main_pictures(kind: Kind, paths: Iterable[object], lang: str | None) -> tuple[Art, ...]:
    named = (text_of(path) for path in paths)
    return limit_art(Art(path, 0, 0, lang, kind=kind) for path in named if PICTURE_FILE.fullmatch(path))


def _is_released(film: PartRow, today: date) -> bool:
    day = day_of(film.release_date)
    return day is not None and day <= today


def _mean(of_films: Iterable[Ratings]) -> Ratings:
    """Return the mean of the films' ratings, with all their votes. No other site rates collections: it is the average.

    Worked out in decimals, so that a mean of exactly a half is rounded up.
    """
    ratings = [rating for each in of_films for rating in each.values()]
    if not ratings:
        return {}
    value = sum(Decimal(repr(rating.value)) for rating in ratings) / len(ratings)
    votes = [rating.votes for rating in ratings if rating.votes is not None]
    mean = Rating(float(value), sum(votes) if votes else None)
    return {RatingSite.TMDB: mean, RatingSite.AVG: mean}
