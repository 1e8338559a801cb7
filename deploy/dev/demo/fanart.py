"""The Fanart.tv v3 wire format: what its API would answer about the demo's titles. Every value is text."""

from collections.abc import Iterable

from deploy.dev.demo.facts import Kind, Title
from deploy.dev.demo.plate import Plate

BAD_KEY = {"status": "error", "error message": "Invalid API key"}
NOT_FOUND = {"status": "error", "error message": "Not found"}
# What Fanart.tv calls our forms, by kind of title.
_SECTIONS: dict[Kind, dict[str, str]] = {
    "movie": {"logo": "hdmovielogo", "poster": "movieposter", "backdrop": "moviebackground"},
    "show": {"logo": "hdtvlogo", "poster": "tvposter", "backdrop": "showbackground"},
}
_TEXTLESS = "00"


def _rows(title: Title, pictures: Iterable[Plate], asset_url: str) -> list[dict[str, str]]:
    """Rows of one section, the most liked first; a background without text has the empty language."""
    return [
        {
            "id": str(title.tmdb * 10 + position),
            "url": f"{asset_url}/{picture.name}.{picture.extension}",
            "lang": picture.language or ("" if picture.form == "backdrop" else _TEXTLESS),
            "likes": str(max(9 - 2 * position, 0)),
        }
        for position, picture in enumerate(pictures)
    ]


def art(title: Title, asset_url: str) -> dict[str, object]:
    """Return the answer about one title; its pictures are the duotone printings, unlike TMDB's."""
    posters = [Plate(title.slug, "poster", tag, duotone=True) for tag in (*title.lettered, "xx")]
    backdrops = [Plate(title.slug, "backdrop", "xx", duotone=True)]
    logos = [Plate(title.slug, "logo", tag) for tag in title.lettered]
    names = _SECTIONS[title.kind]
    body: dict[str, object] = {"name": title.name}
    if title.kind == "movie":
        body |= {"tmdb_id": str(title.tmdb), "imdb_id": title.imdb}
    else:
        body |= {"thetvdb_id": str(title.tvdb)}
    backgrounds = _rows(title, backdrops, asset_url)
    if title.kind == "show":
        backgrounds = [row | {"season": "all"} for row in backgrounds]
    return body | {
        names["logo"]: _rows(title, logos, asset_url),
        names["poster"]: _rows(title, posters, asset_url),
        names["backdrop"]: backgrounds,
    }
