"""Titles as clients name them: some that the sources know, and some that nobody knows."""

from typing import Final

FILM_IMDB: Final = "tt0017136"
FILM_TMDB: Final = 19
FILM_TVDB: Final = 17136
SERIES_IMDB: Final = "tt0002844"
SERIES_TMDB: Final = 91301
SERIES_TVDB: Final = 413130

ANIME_FILM_KITSU: Final = 880011
ANIME_KITSU: Final = 880031
"""The second season of a series."""

NOBODY_IMDB: Final = "tt7777777"
NOBODY_TMDB: Final = 7777777

FILM: Final = {
    "imdb": f"imdb/poster-default/{FILM_IMDB}",
    "tmdb": f"tmdb/poster-default/movie-{FILM_TMDB}",
    "tvdb": f"tvdb/poster-default/movie-{FILM_TVDB}",
}
"""The poster of a film by each of its ids, without an extension."""

SERIES: Final = {
    "imdb": f"imdb/poster-default/{SERIES_IMDB}",
    "tmdb": f"tmdb/poster-default/series-{SERIES_TMDB}",
    "tvdb": f"tvdb/poster-default/series-{SERIES_TVDB}",
}

NOBODY: Final = {
    "imdb": f"imdb/poster-default/{NOBODY_IMDB}",
    "tmdb": f"tmdb/poster-default/movie-{NOBODY_TMDB}",
    "tvdb": "tvdb/poster-default/series-999999999",
}
