"""OMDb: its route and what it answers about the demo's titles. Every value is text."""

import re
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from deploy.dev.demo.catalogue import LANGUAGES, Catalogue, Title
from deploy.dev.demo.state import ANSWERS, CATALOGUE, Json, filled, json_response
from shared.domain.decimals import rounded

_IMDB_ID: Final = re.compile(r"tt\d{7,9}")
_ANSWERS: Final = ANSWERS["omdb"]


async def answer(request: web.Request) -> web.Response:
    """Answer ``/?i=tt…``."""
    return json_response(_answer(request.app[CATALOGUE], request.query.get("i", "")))


def _answer(catalogue: Catalogue, imdb: str) -> Json:
    """Return the answer about the IMDb id of a title or an episode; OMDb refuses with status 200."""
    if not _IMDB_ID.fullmatch(imdb):
        return _ANSWERS["bad_id"]
    hit = catalogue.episode(imdb)
    if hit is not None:
        found, part = hit
        return _common(found, part.rating) | filled(_ANSWERS["episode"], title=found, part=part)
    title = catalogue.by_imdb(imdb)
    if title is None:
        return _ANSWERS["not_found"]
    return (_film(title) if title.kind == "movie" else _series(title)) | filled(_ANSWERS["media"], title=title)


def _common(found: Title, rating: tuple[float, int] | None, critics: Iterable[tuple[str, str]] = ()) -> Json:
    known = {"Director": found.director, "Plot": found.overview}
    rows = list(critics)
    if rating:
        known |= {"imdbRating": rounded(rating[0], 1), "imdbVotes": f"{rating[1]:,}"}
        rows.insert(0, ("Internet Movie Database", f"{rounded(rating[0], 1)}/10"))
    return {
        **filled(_ANSWERS["found"], title=found),
        **{name: text for name, text in known.items() if text},
        "Genre": ", ".join(found.genres).replace("Science Fiction", "Sci-Fi"),
        "Language": f"None, {LANGUAGES[found.language].name}",
        "Country": ", ".join(found.countries),
        "Ratings": [{"Source": source, "Value": value} for source, value in rows],
    }


def _film(found: Title) -> Json:
    body, critics, ratings = {"Year": str(found.released.year)}, [], found.ratings
    if ratings.rt:
        critics.append(("Rotten Tomatoes", f"{ratings.rt[0]}%"))
    if ratings.mc:
        critics.append(("Metacritic", f"{ratings.mc[0]}/100"))
        body["Metascore"] = str(ratings.mc[0])
    return _common(found, ratings.imdb, critics) | _ANSWERS["movie"] | body


def _series(found: Title) -> Json:
    """Return the answer about a serial; OMDb has no critics' ratings of serials."""
    first, last = found.released.year, found.last_aired.year
    # With an en dash, as OMDb writes it.
    body = {"Year": f"{first}–{last}" if last != first else str(first), "totalSeasons": str(len(found.seasons()))}
    return _common(found, found.ratings.imdb) | _ANSWERS["series"] | body


ROUTES: Final = (web.get("/omdb", answer), web.get("/omdb/", answer))
