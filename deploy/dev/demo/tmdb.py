"""TMDB v3: its routes and what it answers about the demo's titles."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from deploy.dev.demo import pictures
from deploy.dev.demo.art import aspect_of
from deploy.dev.demo.catalogue import COLLECTIONS, GENRES, LANGUAGES, Catalogue, Collection, Episode, Language, Title
from deploy.dev.demo.pictures import FULL_WIDTH, DemoPicture
from deploy.dev.demo.state import ANSWERS, CATALOGUE, Json, filled, json_response, number_in

_ANSWERS: Final = ANSWERS["tmdb"]
_PAGE: Final = 20
_LISTED: Final = (
    "id", "title", "name", "overview", "poster_path", "popularity", "vote_average", "vote_count", "media_type",
)  # fmt: skip
_ANY_LANGUAGE: Final = Language(name="", country="")


def picture_path(picture: DemoPicture | None, extension: str | None = None) -> str | None:
    """Return the picture's path below the image server, as TMDB writes it."""
    return None if picture is None else f"/{picture.name}.{extension or picture.extension}"


def title_parts(title: Title, wanted: frozenset[str] | None) -> dict[str, Json]:
    """Return what can be appended to a title: images in the wanted languages (``null`` is textless, ``None`` all)."""
    # For a film TMDB has no TVDB id.
    ids = _ANSWERS["movie_ids" if title.kind == "movie" else "tv_ids"]
    return {
        "images": {
            "backdrops": image_rows(pictures.listed(title, "backdrop"), wanted),
            "logos": image_rows(pictures.listed(title, "logo"), wanted, "svg" if title.svg_logo else None),
            "posters": image_rows(pictures.listed(title, "poster"), wanted),
        },
        "external_ids": filled(ids, title=title),
        "release_dates": _release_dates(title),
        "content_ratings": {"results": [filled(_ANSWERS["certificate"], title=title)]},
    }


def episode_parts(title: Title, part: Episode, wanted: frozenset[str] | None) -> dict[str, Json]:
    """Return what can be appended to an episode; its still has no language."""
    picture = pictures.still(title, part)
    return {
        "images": {"stills": image_rows([picture] if picture else [], wanted)},
        "external_ids": filled(_ANSWERS["episode_ids"], part=part),
    }


def image_rows(found: Sequence[DemoPicture], wanted: frozenset[str] | None, extension: str | None = None) -> list[Json]:
    """Return the rows of a list of pictures, of those in the wanted languages (as in `title_parts`)."""
    return [_image_row(one, extension) for one in found if wanted is None or (one.language or "null") in wanted]


def _image_row(picture: DemoPicture, extension: str | None) -> Json:
    aspect, width = aspect_of(picture), FULL_WIDTH[picture.form]
    language = LANGUAGES[picture.language] if picture.language else _ANY_LANGUAGE
    return _ANSWERS["image"] | {
        "aspect_ratio": round(aspect, 3),
        "height": round(width / aspect),
        "iso_3166_1": language.country or None,
        "iso_639_1": picture.language,
        "file_path": picture_path(picture, extension),
        "vote_average": language.vote,
        "width": width,
    }


def listed(title: Title, language: str | None = None) -> Json:
    """Return a title as lists and search results show it."""
    average, votes = title.ratings.tmdb or (0.0, 0)
    name, original = title.local_names.get(language or "", title.name), title.original or title.name
    lettering = next((tag for tag in (language, "en") if tag in title.lettered), "xx")
    names: Json = {"name": name, "original_name": original, "first_air_date": title.released}
    if title.kind == "movie":
        names = {"title": name, "original_title": original, "release_date": title.released, "video": False}
    return {
        **filled(_ANSWERS["title"], title=title),
        **names,
        "backdrop_path": picture_path(DemoPicture(title.slug, "backdrop", "xx")),
        "popularity": round(votes / 90 + 1.2, 3),
        "poster_path": picture_path(DemoPicture(title.slug, "poster", lettering)),
        "vote_average": average,
        "vote_count": votes,
    }


def search_row(title: Title) -> Json:
    """Return a title as it is shown where films and series are listed together."""
    return listed(title) | {"media_type": "movie" if title.kind == "movie" else "tv"}


def details(title: Title, language: str | None = None) -> Json:
    """Return the answer of ``/movie/{id}`` or ``/tv/{id}``."""
    common = listed(title, language) | {
        **filled(_ANSWERS["details"], title=title, spoken=LANGUAGES[title.language]),
        "genres": [{"id": GENRES[genre], "name": genre} for genre in title.genres],
        "production_countries": [{"iso_3166_1": country, "name": country} for country in title.countries],
    }
    if title.kind == "movie":
        collection = next((collection_row(each) for each in COLLECTIONS if title.slug in each.films), None)
        return common | filled(_ANSWERS["movie"], title=title) | {"belongs_to_collection": collection}
    return common | _series_details(title)


def collection_row(collection: Collection) -> Json:
    """Return a collection as its films and its own details show it."""
    return {
        "id": collection.tmdb,
        "name": collection.name,
        "poster_path": picture_path(pictures.listed(collection, "poster")[0]),
        "backdrop_path": picture_path(pictures.listed(collection, "backdrop")[0]),
    }


def _series_details(title: Title) -> Json:
    """Return what a series alone has; like the real one it has no ``imdb_id``."""
    seasons = title.seasons()
    return filled(_ANSWERS["tv"], title=title) | {
        "last_episode_to_air": episode(title, title.episodes[-1]),
        "number_of_episodes": len(title.episodes),
        "number_of_seasons": len(seasons),
        "seasons": [season_row(title, parts) for parts in seasons.values()],
    }


def season_row(title: Title, parts: Sequence[Episode]) -> Json:
    """Return a season as its series shows it, and as ``/find`` does."""
    own = title.printed_season(parts[0].season)
    return filled(_ANSWERS["season"], part=parts[0]) | {
        "episode_count": len(parts),
        "id": own.tmdb if own else title.tmdb * 10 + parts[0].season,
        "poster_path": picture_path(pictures.listed(own, "poster")[0]) if own else None,
        "vote_average": own.vote_average if own else parts[0].rating[0] if parts[0].rating else 0.0,
    }


def episode(title: Title, part: Episode) -> Json:
    """Return the answer of ``/tv/{id}/season/{s}/episode/{e}``."""
    average, votes = part.rating or (0.0, 0)
    return filled(_ANSWERS["episode"], title=title, part=part) | {
        "episode_type": "finale" if part is title.episodes[-1] else "standard",
        "still_path": picture_path(pictures.still(title, part)),
        "vote_average": average,
        "vote_count": votes // 10,
    }


def _release_dates(title: Title) -> Json:
    """Return dates and certifications by country: the first showing, a disc much later, a restoration as a stream."""
    day, in_the_us = f"{title.released.isoformat()}T00:00:00.000Z", "US" in title.countries
    first = _ANSWERS["release"] | {"certification": title.certification if in_the_us else "", "release_date": day}
    by_country = {country: [first] for country in title.countries}
    by_country.setdefault("US", []).append(first | {"certification": title.certification} | _ANSWERS["disc"])
    if title.streamed_days_ago is not None:
        streamed = datetime.now(UTC).date() - timedelta(days=title.streamed_days_ago)
        by_country["US"].append(first | {"release_date": f"{streamed}T00:00:00.000Z"} | _ANSWERS["streamed"])
    return {"results": [{"iso_3166_1": c, "release_dates": rows} for c, rows in by_country.items()]}


def find(catalogue: Catalogue, external_id: str, source: str) -> Json:
    """Return the answer of ``/find/{id}``: always five lists. By TVDB id TMDB finds television only."""
    found: dict[str, list[Json]] = {
        f"{kind}_results": [] for kind in ("movie", "person", "tv", "tv_episode", "tv_season")
    }
    title = catalogue.by_id("tvdb", "show", external_id) if source == "tvdb_id" else catalogue.by_imdb(external_id)
    if title is not None:
        row = search_row(title) | {"genre_ids": [GENRES[genre] for genre in title.genres]}
        found[f"{row['media_type']}_results"].append(row)
    elif source == "tvdb_id" and (season := catalogue.season(external_id)) is not None:
        serial, number = season
        place = {"show_id": serial.tmdb, "media_type": "tv_season"}
        found["tv_season_results"].append(season_row(serial, serial.seasons()[number]) | place)
    elif (hit := catalogue.episode(external_id)) is not None:
        found["tv_episode_results"].append(episode(*hit) | {"media_type": "tv_episode"})
    return dict(found)


def found_or_not(body: Json | None) -> web.Response:
    """Return a response with this body, or that there is no such title."""
    return json_response(body or _ANSWERS["not_found"], 200 if body else 404)


def _language(request: web.Request) -> str | None:
    return request.query.get("language", "").split("-")[0] or None


def wanted_languages(request: web.Request) -> frozenset[str] | None:
    """Return the languages of the requested images: as listed, else the one of ``language``, else all (``None``)."""
    included = request.query.get("include_image_language")
    if included:
        return frozenset(tag.split("-")[0] for tag in included.split(","))
    language = _language(request)
    return frozenset({language}) if language else None


def asked_title(request: web.Request) -> Title | None:
    """Return the title in the path; a film can be named by its IMDb id too."""
    is_film, text = request.match_info.get("kind") == "movie", request.match_info["id"]
    provider = "imdb" if is_film and text.startswith("tt") else "tmdb"
    return request.app[CATALOGUE].by_id(provider, "movie" if is_film else "show", text)


def _subject(request: web.Request) -> tuple[Json, dict[str, Json]] | None:
    """Return the title or episode in the path and what can be appended to it."""
    title, wanted = asked_title(request), wanted_languages(request)
    if title is None:
        return None
    if "episode" not in request.match_info:
        return details(title, _language(request)), title_parts(title, wanted)
    part = title.episode(int(request.match_info["season"]), int(request.match_info["episode"]))
    return (episode(title, part), episode_parts(title, part, wanted)) if part else None


async def answer_find(request: web.Request) -> web.Response:
    """Answer ``/find/{id}``."""
    source = request.query.get("external_source", "")
    return json_response(find(request.app[CATALOGUE], request.match_info["id"], source))


async def answer_details(request: web.Request) -> web.Response:
    """Answer ``/movie/{id}``, ``/tv/{id}`` and ``/tv/{id}/season/{s}/episode/{e}`` with the parts to append."""
    body, parts = _subject(request) or (None, {})
    appended = request.query.get("append_to_response", "").split(",")[:20]
    return found_or_not(body and body | {name: parts[name] for name in appended if name in parts})


async def answer_part(request: web.Request) -> web.Response:
    """Answer ``/movie/{id}/images``, ``/tv/{id}/translations`` and the like."""
    title = asked_title(request)
    if title is None:
        return found_or_not(None)
    parts = title_parts(title, wanted_languages(request)) | {"translations": translations(title)}
    return json_response({"id": title.tmdb} | parts[request.match_info["part"]])


def translations(title: Title) -> Json:
    """Return the names of a title in other languages."""
    field = "title" if title.kind == "movie" else "name"
    rows = [
        {"iso_639_1": tag, "iso_3166_1": LANGUAGES[tag].country, "name": LANGUAGES[tag].name, "data": {field: name}}
        for tag, name in title.local_names.items()
    ]
    return {"translations": rows}


async def trending(request: web.Request) -> web.Response:
    """Answer ``/trending/{movie|tv|all}/{day|week}``: the whole catalogue, in pages of twenty."""
    kind = {"movie": "movie", "tv": "show"}.get(request.match_info["kind"])
    titles = [title for title in request.app[CATALOGUE].titles if kind in (None, title.kind)]
    page = number_in(request, "page", 1)
    bodies = map(search_row, titles[_PAGE * (page - 1) : _PAGE * page])
    rows = [{name: body[name] for name in _LISTED if name in body} for body in bodies]
    pages = -(-len(titles) // _PAGE)
    return json_response({"page": page, "results": rows, "total_pages": pages, "total_results": len(titles)})


async def configuration(_: web.Request) -> web.Response:
    """Answer ``/configuration``, which clients use to try a key."""
    return json_response(_ANSWERS["configuration"])


ROUTES: Final = (
    web.get("/tmdb/3/configuration", configuration),
    web.get("/tmdb/3/find/{id}", answer_find),
    web.get("/tmdb/3/trending/{kind:movie|tv|all}/{window:day|week}", trending),
    web.get("/tmdb/3/{kind:movie|tv}/{id}", answer_details),
    web.get("/tmdb/3/{kind:movie|tv}/{id}/{part:images|translations}", answer_part),
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}/episode/{episode:\d{1,4}}", answer_details),
)
