"""OMDb: its route and what it answers about the demo's titles. Every value is text."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from aiohttp import web

from deploy.dev.demo.catalogue import LANGUAGES, Catalogue, Episode, Ratings, Title
from deploy.dev.demo.state import CATALOGUE, Json, json_response

_IMDB_ID: Final = re.compile(r"tt\d{7,9}")
_ABSENT: Final = "N/A"


async def title(request: web.Request) -> web.Response:
    """Answer ``/?i=tt…``, with ``Season`` and ``Episode`` for a part of a serial."""
    query = {name.lower(): value for name, value in request.query.items()}
    body = _answer(request.app[CATALOGUE], query.get("i", ""), query.get("season", ""), query.get("episode", ""))
    return json_response(body)


def _refusal(sentence: str) -> Json:
    return {"Response": "False", "Error": sentence}


NO_KEY: Final = _refusal("No API key provided.")


def _answer(catalogue: Catalogue, imdb: str, season: str, number: str) -> Json:
    """Return the answer about an IMDb id, or an episode of it by numbers; OMDb refuses with status 200."""
    if not _IMDB_ID.fullmatch(imdb):
        return _refusal("Incorrect IMDb ID.")
    hit = catalogue.episode(imdb)
    if hit is not None:
        return _episode(*hit)
    found = catalogue.by_imdb(imdb)
    if found is None:
        return _refusal("Error getting data.")
    if not season and not number:
        return _media(found)
    part = found.episode(int(season), int(number)) if season.isdecimal() and number.isdecimal() else None
    return _refusal("Series or season not found!") if part is None else _episode(found, part)


def _day(day: date) -> str:
    return day.strftime("%d %b %Y")


def _row(source: str, value: str) -> Json:
    return {"Source": source, "Value": value}


def _common(found: Title, rating: tuple[float, int] | None, critics: Iterable[Json] = ()) -> Json:
    score, votes = (f"{rating[0]:.1f}", f"{rating[1]:,}") if rating else (_ABSENT, _ABSENT)
    return dict.fromkeys(("Writer", "Actors", "Poster", "Metascore"), _ABSENT) | {
        "Rated": found.certification,
        "Genre": ", ".join(found.genres).replace("Science Fiction", "Sci-Fi"),
        "Director": found.director or _ABSENT,
        "Plot": found.overview or _ABSENT,
        "Language": f"None, {LANGUAGES[found.language].name}",
        "Country": ", ".join(found.countries),
        "Ratings": [*([_row("Internet Movie Database", f"{score}/10")] if rating else []), *critics],
        "imdbRating": score,
        "imdbVotes": votes,
        "Response": "True",
    }


def _media(found: Title) -> Json:
    """Return the answer about a film or a serial; OMDb has no critics' ratings of serials."""
    critics = _critics(found.ratings) if found.kind == "movie" else []
    body = _common(found, found.ratings.imdb, critics) | (_film(found) if found.kind == "movie" else _series(found))
    return body | {
        "Title": found.name,
        "Released": _day(found.released),
        "Runtime": f"{found.runtime} min",
        "Awards": found.awards,
        "imdbID": found.imdb,
    }


def _critics(ratings: Ratings) -> list[Json]:
    tomatoes = [_row("Rotten Tomatoes", f"{ratings.rt[0]}%")] if ratings.rt else []
    return tomatoes + ([_row("Metacritic", f"{ratings.mc[0]}/100")] if ratings.mc else [])


def _film(found: Title) -> Json:
    critics = found.ratings.mc
    return {
        "Type": "movie",
        "Year": str(found.released.year),
        "Metascore": str(critics[0]) if critics else _ABSENT,
        **dict.fromkeys(("DVD", "BoxOffice", "Production", "Website"), _ABSENT),
    }


def _series(found: Title) -> Json:
    first, last = found.released.year, found.last_aired.year
    # With an en dash, as OMDb writes it.
    return {
        "Type": "series",
        "Year": f"{first}–{last}" if last != first else str(first),
        "totalSeasons": str(len(found.seasons())),
    }


def _episode(found: Title, part: Episode) -> Json:
    return _common(found, part.rating) | {
        "Title": part.name,
        "Year": str(part.aired.year),
        "Released": _day(part.aired),
        "Season": str(part.season),
        "Episode": str(part.number),
        "Runtime": f"{part.runtime} min",
        "Awards": _ABSENT,
        "imdbID": part.imdb,
        "seriesID": found.imdb,
        "Type": "episode",
    }


ROUTES: Final = (web.get("/omdb", title), web.get("/omdb/", title))
