"""TMDB v3: what its API answers about the demo's titles."""

from collections.abc import Sequence
from typing import Final

from deploy.dev.demo import pictures
from deploy.dev.demo.art import aspect_of
from deploy.dev.demo.catalogue import GENRES, LANGUAGES, Catalogue, Episode, Language, Title
from deploy.dev.demo.pictures import FULL_WIDTH, DemoPicture
from deploy.dev.demo.state import Json

# What never varies.
_NO_DETAILS: Final[Json] = {"homepage": "", "production_companies": [], "tagline": ""}
_NO_FILM_DETAILS: Final[Json] = {"belongs_to_collection": None, "budget": 0, "revenue": 0, "status": "Released"}
_NO_CREW: Final[Json] = {"crew": [], "guest_stars": [], "overview": "", "production_code": ""}
_SOCIAL: Final[Json] = {"facebook_id": None, "instagram_id": None, "twitter_id": None, "wikidata_id": None}
_NO_SERIES_DETAILS: Final[Json] = {
    "created_by": [],
    "episode_run_time": [],
    "in_production": False,
    "networks": [],
    "next_episode_to_air": None,
    "status": "Ended",
    "type": "Miniseries",
}
_ANY_LANGUAGE: Final = Language(name="", country="")


def _path(picture: DemoPicture | None, extension: str | None = None) -> str | None:
    """Return the picture's path below the image server, as TMDB writes it."""
    return None if picture is None else f"/{picture.name}.{extension or picture.extension}"


def title_parts(title: Title, wanted: frozenset[str] | None) -> dict[str, Json]:
    """Return what can be appended to a title: images in the wanted languages (``null`` is textless, ``None`` all)."""
    images: Json = {
        "backdrops": _image_rows(pictures.backdrops(title), wanted),
        "logos": _image_rows(pictures.logos(title), wanted, "svg" if title.svg_logo else None),
        "posters": _image_rows(pictures.posters(title), wanted),
    }
    certificates: Json = {"results": [{"descriptors": [], "iso_3166_1": "US", "rating": title.certification}]}
    return {
        "images": images,
        "external_ids": _external_ids(title),
        "release_dates": _release_dates(title),
        "content_ratings": certificates,
    }


def episode_parts(title: Title, part: Episode, wanted: frozenset[str] | None) -> dict[str, Json]:
    """Return what can be appended to an episode; its still has no language."""
    picture = pictures.still(title, part)
    ids: Json = {"imdb_id": part.imdb, "freebase_mid": None, "tvdb_id": part.tvdb, "tvrage_id": None}
    return {
        "images": {"stills": _image_rows([picture] if picture else [], wanted)},
        "external_ids": ids | {"wikidata_id": None},
    }


def _image_rows(
    found: Sequence[DemoPicture], wanted: frozenset[str] | None, extension: str | None = None
) -> list[Json]:
    return [_image_row(one, extension) for one in found if wanted is None or (one.language or "null") in wanted]


def _image_row(picture: DemoPicture, extension: str | None) -> Json:
    aspect, width = aspect_of(picture), FULL_WIDTH[picture.form]
    language = LANGUAGES[picture.language] if picture.language else _ANY_LANGUAGE
    return {
        "aspect_ratio": round(aspect, 3),
        "height": round(width / aspect),
        "iso_3166_1": language.country or None,
        "iso_639_1": picture.language,
        "file_path": _path(picture, extension),
        "vote_average": language.vote,
        "vote_count": 12,
        "width": width,
    }


def listed(title: Title, language: str | None = None) -> Json:
    """Return a title as lists and search results show it."""
    average, votes = title.ratings.tmdb or (0.0, 0)
    name, original = title.local_names.get(language or "", title.name), title.original or title.name
    released = title.released.isoformat()
    names = (
        {"title": name, "original_title": original, "release_date": released, "video": False}
        if title.kind == "movie"
        else {"name": name, "original_name": original, "first_air_date": released}
    )
    return names | {
        "adult": False,
        "backdrop_path": _path(pictures.backdrops(title)[0]),
        "id": title.tmdb,
        "origin_country": list(title.countries),
        "original_language": title.language,
        "overview": title.overview,
        "popularity": round(votes / 90 + 1.2, 3),
        "poster_path": _poster_path(title, language),
        "softcore": False,
        "vote_average": average,
        "vote_count": votes,
    }


def _poster_path(title: Title, language: str | None) -> str | None:
    tag = language if language in title.lettered else "en"
    return _path(DemoPicture(title.slug, "poster", tag or "en"))


def details(title: Title, language: str | None = None) -> Json:
    """Return the answer of ``/movie/{id}`` or ``/tv/{id}``."""
    spoken = LANGUAGES[title.language].name
    common = listed(title, language) | _NO_DETAILS
    common |= {
        "genres": [{"id": GENRES[genre], "name": genre} for genre in title.genres],
        "production_countries": [{"iso_3166_1": country, "name": country} for country in title.countries],
        "spoken_languages": [{"english_name": spoken, "iso_639_1": title.language, "name": spoken}],
    }
    if title.kind == "movie":
        return common | _NO_FILM_DETAILS | {"imdb_id": title.imdb, "runtime": title.runtime}
    return common | _NO_SERIES_DETAILS | _series_details(title, language)


def _series_details(title: Title, language: str | None) -> Json:
    """Return what a series alone has; like the real one it has no ``imdb_id``."""
    seasons = title.seasons()
    return {
        "languages": [title.language],
        "last_air_date": title.last_aired.isoformat(),
        "last_episode_to_air": episode(title, title.episodes[-1]),
        "number_of_episodes": len(title.episodes),
        "number_of_seasons": len(seasons),
        "seasons": [_season_row(title, number, parts, language) for number, parts in seasons.items()],
    }


def _season_row(title: Title, number: int, parts: Sequence[Episode], language: str | None) -> Json:
    return {
        "air_date": parts[0].aired.isoformat(),
        "episode_count": len(parts),
        "id": title.tmdb * 10 + number,
        "name": f"Season {number}",
        "overview": "",
        "poster_path": _poster_path(title, language),
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
    return _NO_CREW | {
        "air_date": part.aired.isoformat(),
        "episode_number": part.number,
        "episode_type": "finale" if part is title.episodes[-1] else "standard",
        "id": part.tmdb,
        "name": part.name,
        "runtime": part.runtime,
        "season_number": part.season,
        "show_id": title.tmdb,
        "still_path": _path(pictures.still(title, part)),
        "vote_average": average,
        "vote_count": votes // 10,
    }


def _external_ids(title: Title) -> Json:
    """Return ids elsewhere; for a film TMDB has no TVDB id."""
    television = {"freebase_mid": None, "freebase_id": None, "tvdb_id": title.tvdb, "tvrage_id": None}
    return _SOCIAL | {"imdb_id": title.imdb} | ({} if title.kind == "movie" else television)


def _release_dates(title: Title) -> Json:
    """Return dates and certifications by country: the first showing, and a disc much later."""

    def row(day: str, certification: str, kind: int) -> Json:
        described = {"descriptors": [], "iso_639_1": "", "note": ""}
        return {"certification": certification, "release_date": f"{day}T00:00:00.000Z", "type": kind} | described

    first = row(title.released.isoformat(), title.certification if "US" in title.countries else "", 3)
    disc = row("2010-11-16", title.certification, 5)
    by_country = {country: [first] for country in title.countries}
    by_country.setdefault("US", []).append(disc)
    return {"results": [{"iso_3166_1": c, "release_dates": rows} for c, rows in by_country.items()]}


def find(catalogue: Catalogue, external_id: str, source: str) -> Json:
    """Return the answer of ``/find/{id}``: always five lists. By TVDB id TMDB finds television only."""
    found: dict[str, list[Json]] = {
        f"{kind}_results": [] for kind in ("movie", "person", "tv", "tv_episode", "tv_season")
    }
    title = catalogue.by_id("tvdb", "show", external_id) if source == "tvdb_id" else catalogue.by_imdb(external_id)
    if title is not None:
        kind = "movie" if title.kind == "movie" else "tv"
        row = listed(title) | {"media_type": kind, "genre_ids": [GENRES[genre] for genre in title.genres]}
        found[f"{kind}_results"].append(row)
    elif (hit := catalogue.episode(external_id)) is not None:
        found["tv_episode_results"].append(episode(*hit) | {"media_type": "tv_episode"})
    return dict(found)
