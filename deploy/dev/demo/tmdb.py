"""The TMDB v3 wire format: what its API would answer about the demo's titles."""

from collections.abc import Callable, Sequence

from deploy.dev.demo import plate
from deploy.dev.demo.art import aspect_of
from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.facts import Episode, Json, Title
from deploy.dev.demo.plate import FULL_SIZE, Plate

NO_KEY: Json = {
    "status_code": 7,
    "status_message": "Invalid API key: You must be granted a valid key.",
    "success": False,
}
NOT_FOUND: Json = {
    "success": False,
    "status_code": 34,
    "status_message": "The resource you requested could not be found.",
}
_GENRES = {
    "Action": 28,
    "Adventure": 12,
    "Comedy": 35,
    "Crime": 80,
    "Documentary": 99,
    "Drama": 18,
    "Fantasy": 14,
    "History": 36,
    "Horror": 27,
    "Mystery": 9648,
    "Romance": 10749,
    "Science Fiction": 878,
    "Thriller": 53,
    "War": 10752,
    "Western": 37,
}
_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "ru": "Russian", "sv": "Swedish"}
_COUNTRY_OF_LANGUAGE = {"en": "US", "de": "DE", "fr": "FR", "ru": "RU", "sv": "SE"}
_FILM_SCORE = {"en": 5.5, "de": 5.3, "fr": 5.3, "ru": 5.2}


def path_of(picture: Plate | None) -> str | None:
    """Return the picture's path below the image server, as TMDB writes it."""
    return None if picture is None else f"/{picture.name}.{picture.extension}"


def image_row(picture: Plate, extension: str | None = None) -> Json:
    """One row of an images list."""
    aspect = aspect_of(picture)
    width = FULL_SIZE[picture.form][0]
    language = picture.language
    return {
        "aspect_ratio": round(aspect, 3),
        "height": round(width / aspect),
        "iso_3166_1": _COUNTRY_OF_LANGUAGE.get(language or ""),
        "iso_639_1": language,
        "file_path": f"/{picture.name}.{extension or picture.extension}",
        "vote_average": _FILM_SCORE.get(language or "", 5.1),
        "vote_count": 12,
        "width": width,
    }


def images(title: Title, wanted: frozenset[str] | None) -> Json:
    """Return the images of a title in the wanted languages (``null`` = textless), or in all of them for ``None``."""

    def rows(pictures: Sequence[Plate], extension: str | None = None) -> list[Json]:
        return [image_row(p, extension) for p in pictures if wanted is None or (p.language or "null") in wanted]

    return {
        "backdrops": rows(plate.backdrops(title)),
        "logos": rows(plate.logos(title), "svg" if title.svg_logo else None),
        "posters": rows(plate.posters(title)),
    }


def _shared(title: Title, language: str | None) -> Json:
    """Return what films and series say alike."""
    average, votes = title.ratings.tmdb or (0.0, 0)
    lettering = language if language in title.lettered else "en"
    return {
        "adult": False,
        "backdrop_path": path_of(plate.backdrops(title)[0]),
        "id": title.tmdb,
        "origin_country": list(title.countries),
        "original_language": title.language,
        "overview": title.overview,
        "popularity": round(votes / 90 + 1.2, 3),
        "poster_path": path_of(Plate(title.slug, "poster", lettering)),
        "softcore": False,
        "vote_average": average,
        "vote_count": votes,
    }


def _name(title: Title, language: str | None) -> str:
    return title.local_names.get(language or "", title.name)


def _details(title: Title, language: str | None) -> Json:
    return _shared(title, language) | {
        "genres": [{"id": _GENRES[genre], "name": genre} for genre in title.genres],
        "homepage": "",
        "production_companies": [],
        "production_countries": [{"iso_3166_1": country, "name": country} for country in title.countries],
        "spoken_languages": [
            {
                "english_name": _LANGUAGES[title.language],
                "iso_639_1": title.language,
                "name": _LANGUAGES[title.language],
            }
        ],
        "tagline": "",
    }


def movie(title: Title, language: str | None = None) -> Json:
    """Return the answer of ``/movie/{id}``."""
    return _details(title, language) | {
        "belongs_to_collection": None,
        "budget": 0,
        "imdb_id": title.imdb,
        "original_title": title.original_name,
        "release_date": title.released.isoformat(),
        "revenue": 0,
        "runtime": title.runtime,
        "status": "Released",
        "title": _name(title, language),
        "video": False,
    }


def tv(title: Title, language: str | None = None) -> Json:
    """Return the answer of ``/tv/{id}``; like the real one it has no ``imdb_id``."""
    seasons = title.seasons()
    return _details(title, language) | {
        "created_by": [],
        "episode_run_time": [],
        "first_air_date": title.released.isoformat(),
        "in_production": False,
        "languages": [title.language],
        "last_air_date": title.last_aired.isoformat(),
        "last_episode_to_air": episode(title, title.episodes[-1]),
        "name": _name(title, language),
        "networks": [],
        "next_episode_to_air": None,
        "number_of_episodes": len(title.episodes),
        "number_of_seasons": len(seasons),
        "original_name": title.original_name,
        "seasons": [_season_row(title, number, parts, language) for number, parts in seasons.items()],
        "status": "Ended",
        "type": "Miniseries",
    }


def _season_row(title: Title, number: int, parts: Sequence[Episode], language: str | None) -> Json:
    return {
        "air_date": parts[0].aired.isoformat(),
        "episode_count": len(parts),
        "id": title.tmdb * 10 + number,
        "name": f"Season {number}",
        "overview": "",
        "poster_path": _shared(title, language)["poster_path"],
        "season_number": number,
        "vote_average": parts[0].rating[0] if parts[0].rating else 0.0,
    }


def season(title: Title, number: int) -> Json | None:
    """Return the answer of ``/tv/{id}/season/{n}``, ``None`` when there is no such season."""
    parts = title.seasons().get(number)
    if parts is None:
        return None
    return _season_row(title, number, parts, None) | {"episodes": [episode(title, part) for part in parts]}


def episode(title: Title, part: Episode) -> Json:
    """Return the answer of ``/tv/{id}/season/{s}/episode/{e}``."""
    average, votes = part.rating or (0.0, 0)
    return {
        "air_date": part.aired.isoformat(),
        "crew": [],
        "episode_number": part.number,
        "episode_type": "finale" if part is title.episodes[-1] else "standard",
        "guest_stars": [],
        "id": part.tmdb,
        "name": part.name,
        "overview": "",
        "production_code": "",
        "runtime": part.runtime,
        "season_number": part.season,
        "show_id": title.tmdb,
        "still_path": path_of(plate.still(title, part)),
        "vote_average": average,
        "vote_count": votes // 10,
    }


def stills(title: Title, part: Episode, wanted: frozenset[str] | None) -> Json:
    """Return the images of an episode; stills carry no language."""
    picture = plate.still(title, part)
    listed = picture is not None and (wanted is None or "null" in wanted)
    return {"stills": [image_row(picture)] if listed and picture is not None else []}


def external_ids(title: Title) -> Json:
    """Ids elsewhere; for a film TMDB names no TVDB id."""
    social: Json = {"facebook_id": None, "instagram_id": None, "twitter_id": None}
    if title.kind == "movie":
        return {"imdb_id": title.imdb, "wikidata_id": None} | social
    television = {"freebase_mid": None, "freebase_id": None, "tvdb_id": title.tvdb, "tvrage_id": None}
    return {"imdb_id": title.imdb} | television | {"wikidata_id": None} | social


def episode_external_ids(part: Episode) -> Json:
    """Ids of an episode elsewhere."""
    return {"imdb_id": part.imdb, "freebase_mid": None, "tvdb_id": part.tvdb, "tvrage_id": None, "wikidata_id": None}


def release_dates(title: Title) -> Json:
    """Dates and certifications of a film by country: the first showing, and a disc much later."""
    first = {
        "certification": title.certification if "US" in title.countries else "",
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{title.released.isoformat()}T00:00:00.000Z",
        "type": 3,
    }
    disc = first | {"certification": title.certification, "release_date": "2010-11-16T00:00:00.000Z", "type": 5}
    by_country = {country: [first] for country in title.countries}
    by_country.setdefault("US", []).append(disc)
    return {"results": [{"iso_3166_1": c, "release_dates": rows} for c, rows in by_country.items()]}


def content_ratings(title: Title) -> Json:
    """Certifications of a series by country."""
    return {"results": [{"descriptors": [], "iso_3166_1": "US", "rating": title.certification}]}


def find(catalogue: Catalogue, external_id: str, source: str) -> Json:
    """Return the answer of ``/find/{id}``: always five lists. By TVDB number TMDB knows only television."""
    found: dict[str, list[Json]] = {
        f"{kind}_results": [] for kind in ("movie", "person", "tv", "tv_episode", "tv_season")
    }
    title = catalogue.by_id("tvdb", "show", external_id) if source == "tvdb_id" else catalogue.by_imdb(external_id)
    if title is not None:
        row, kind = (_found_movie(title), "movie") if title.kind == "movie" else (_found_tv(title), "tv")
        found[f"{kind}_results"].append(row)
    elif (hit := catalogue.episode(external_id)) is not None:
        found["tv_episode_results"].append(episode(*hit) | {"media_type": "tv_episode"})
    return dict(found)


def _found_movie(title: Title) -> Json:
    return _shared(title, None) | {
        "title": title.name,
        "original_title": title.original_name,
        "media_type": "movie",
        "genre_ids": [_GENRES[genre] for genre in title.genres],
        "release_date": title.released.isoformat(),
        "video": False,
    }


def _found_tv(title: Title) -> Json:
    return _shared(title, None) | {
        "name": title.name,
        "original_name": title.original_name,
        "media_type": "tv",
        "genre_ids": [_GENRES[genre] for genre in title.genres],
        "first_air_date": title.released.isoformat(),
    }


APPENDABLE: dict[str, Callable[[Title], Json]] = {
    "external_ids": external_ids,
    "release_dates": release_dates,
    "content_ratings": content_ratings,
}
