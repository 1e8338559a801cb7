"""The OMDb wire format: what its API would answer about the demo's titles. Every value is text."""

import re
from datetime import date

from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.facts import Episode, Json, Title

_IMDB_ID = re.compile(r"tt\d{7,9}")
_LANGUAGES = {
    "en": "None, English",
    "de": "None, German",
    "fr": "None, French",
    "ru": "None, Russian",
    "sv": "None, Swedish",
}
_ABSENT = "N/A"


def refusal(sentence: str) -> Json:
    """OMDb's way of saying no."""
    return {"Response": "False", "Error": sentence}


NO_KEY = refusal("No API key provided.")


def answer(catalogue: Catalogue, imdb: str, season: str = "", number: str = "") -> Json:
    """Answer about an IMDb id, or about an episode of it by numbers; what is not found is refused, with status 200."""
    if not _IMDB_ID.fullmatch(imdb):
        return refusal("Incorrect IMDb ID.")
    hit = catalogue.episode(imdb)
    if hit is not None:
        return episode(*hit)
    title = catalogue.by_imdb(imdb)
    if title is None:
        return refusal("Error getting data.")
    if not season and not number:
        return media(title)
    part = title.episode(int(season), int(number)) if season.isdecimal() and number.isdecimal() else None
    return refusal("Series or season not found!") if part is None else episode(title, part)


def _day(day: date) -> str:
    return day.strftime("%d %b %Y")


def _imdb(rating: tuple[float, int] | None) -> tuple[str, str, list[dict[str, str]]]:
    """Return the score, the votes and the row of IMDb."""
    if rating is None:
        return _ABSENT, _ABSENT, []
    score = f"{rating[0]:.1f}"
    return score, f"{rating[1]:,}", [{"Source": "Internet Movie Database", "Value": f"{score}/10"}]


def _common(title: Title, rating: tuple[float, int] | None) -> Json:
    score, votes, rows = _imdb(rating)
    return {
        "Rated": title.certification,
        "Genre": ", ".join(title.genres).replace("Science Fiction", "Sci-Fi"),
        "Director": title.director or _ABSENT,
        "Writer": _ABSENT,
        "Actors": _ABSENT,
        "Plot": title.overview or _ABSENT,
        "Language": _LANGUAGES[title.language],
        "Country": ", ".join(title.countries),
        "Poster": _ABSENT,
        "Ratings": rows,
        "Metascore": _ABSENT,
        "imdbRating": score,
        "imdbVotes": votes,
        "Response": "True",
    }


def media(title: Title) -> Json:
    """Return the answer about a film or a serial; of a serial OMDb knows no critics."""
    body = _common(title, title.ratings.imdb)
    rows = list(_imdb(title.ratings.imdb)[2])
    year = str(title.released.year)
    if title.kind == "movie":
        if title.ratings.rt:
            rows.append({"Source": "Rotten Tomatoes", "Value": f"{title.ratings.rt[0]}%"})
        if title.ratings.mc:
            rows.append({"Source": "Metacritic", "Value": f"{title.ratings.mc[0]}/100"})
            body["Metascore"] = str(title.ratings.mc[0])
        body |= {"Type": "movie", "DVD": _ABSENT, "BoxOffice": _ABSENT, "Production": _ABSENT, "Website": _ABSENT}
    else:
        last = title.last_aired.year
        year = f"{year}–{last}" if last != title.released.year else year  # with an en dash, as OMDb
        body |= {"Type": "series", "totalSeasons": str(len(title.seasons()))}
    return body | {
        "Title": title.name,
        "Year": year,
        "Released": _day(title.released),
        "Runtime": f"{title.runtime} min",
        "Awards": title.awards,
        "Ratings": rows,
        "imdbID": title.imdb,
    }


def episode(title: Title, part: Episode) -> Json:
    """Return the answer about an episode."""
    return _common(title, part.rating) | {
        "Title": part.name,
        "Year": str(part.aired.year),
        "Released": _day(part.aired),
        "Season": str(part.season),
        "Episode": str(part.number),
        "Runtime": f"{part.runtime} min",
        "Awards": _ABSENT,
        "imdbID": part.imdb,
        "seriesID": title.imdb,
        "Type": "episode",
    }
