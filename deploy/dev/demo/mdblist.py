"""The MDBList wire format: what its API would answer about the demo's titles."""

from deploy.dev.demo.facts import Json, Ratings, Title

BAD_KEY: Json = {"error": "Invalid API key!"}
NOT_FOUND: Json = {"error": "Not found!"}
BAD_IDS: Json = {"error": "Invalid ids!"}
RATE_LIMITED: Json = {"error": "too many ids"}
MOST_IDS = 200
# From this share of good reviews on, and with this many of them, Rotten Tomatoes calls a film certified fresh.
_FRESH, _CERTIFIED, _ENOUGH_REVIEWS, _HOT = 60, 75, 40, 75


def _row(source: str, value: float | None, score: float | None, votes: int | None, url: object = None) -> Json:
    return {"source": source, "value": value, "score": score, "votes": votes, "url": url}


def _scaled(source: str, rating: tuple[float, int] | None, factor: int, url: object = None) -> Json:
    """One row whose score is the value brought to a hundred; an absent rating is a row of nulls."""
    if rating is None:
        return _row(source, None, None, None)
    value, votes = rating
    return _row(source, value, round(value * factor), votes, url)


def ratings(title: Title) -> list[Json]:
    """Return the rows of every site, each value on the site's own scale and each score of a hundred."""
    known: Ratings = title.ratings
    tomatoes = _scaled("tomatoes", known.rt, 1, f"/m/{title.slug}")
    if known.rt and known.rt[0] >= _FRESH:
        tomatoes["fresh"] = 1
    tmdb = None if known.tmdb is None else (round(known.tmdb[0] * 10), known.tmdb[1])
    return [
        _scaled("imdb", known.imdb, 10),
        _scaled("metacritic", known.mc, 1, f"/{title.slug}"),
        _row("metacriticuser", None, None, None),
        _scaled("trakt", known.trakt, 1),
        tomatoes,
        _scaled("popcorn", known.rta, 1),
        _scaled("tmdb", tmdb, 1),
        _scaled("letterboxd", known.lb, 20, f"/film/{title.slug}/"),
        # MDBList gives Ebert's stars without a score.
        _row("rogerebert", known.ebert, None, None, f"great-movie-{title.slug}" if known.ebert else None),
        _row("myanimelist", None, None, None),
    ]


def _keywords(title: Title) -> list[Json]:
    known, names = title.ratings, ["silent-film"]
    if known.rt and known.rt[0] >= _CERTIFIED and known.rt[1] >= _ENOUGH_REVIEWS:
        names.append("certified-fresh")
    if known.rta and known.rta[0] >= _HOT:
        names.append("certified-hot")
    return [{"id": number, "name": name} for number, name in enumerate(names, 1)]


def media(title: Title, image_url: str) -> Json:
    """Return the answer about one title; ``image_url`` is where TMDB's pictures live."""
    return {
        "title": title.name,
        "year": title.released.year,
        "released": title.released.isoformat(),
        "released_digital": "",
        "description": title.overview,
        "runtime": title.runtime,
        "score": title.ratings.score,
        "score_average": title.ratings.score,
        "ids": {
            "imdb": title.imdb,
            "trakt": title.tmdb + 7,
            "tmdb": title.tmdb,
            "tvdb": title.tvdb,
            "mal": None,
            "mdblist": title.slug[:6],
        },
        "type": title.kind,
        "updated": "2026-01-05T14:23:45Z",
        "ratings": ratings(title),
        "streams": [],
        "watch_providers": [],
        "language": title.language,
        "spoken_language": title.language,
        "country": title.countries[0].lower(),
        "certification": title.certification,
        "commonsense": False,
        "age_rating": None,
        "status": "released" if title.kind == "movie" else "ended",
        "trailer": None,
        "poster": f"{image_url}/original/{title.slug}-poster-en.jpg",
        "backdrop": f"{image_url}/original/{title.slug}-backdrop-xx.jpg",
        "keywords": _keywords(title),
    }
