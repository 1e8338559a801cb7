"""The facts of the demo hold together, and every title has art for what it lists."""

import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from deploy.dev.demo import catalogue
from deploy.dev.demo.catalogue import ALL, COLLECTIONS, FILMS, SERIALS, Catalogue, Ratings

ART = Path(catalogue.__file__).with_name("art")
ANIME_SITES = ("kitsu", "anilist", "mal", "anidb")
SVG = {"": "http://www.w3.org/2000/svg"}


def _drawn(path: str) -> dict[str, list[ET.Element]]:
    """Return the elements of each title's SVG file that are at this path in it."""
    files = sorted(ART.glob("*.svg"))
    return {file.stem: ET.fromstring(file.read_text()).findall(path, SVG) for file in files}  # noqa: S314 - our own


def test_catalogue_holds_24_films_and_4_serials_and_3_anime() -> None:
    found = len(FILMS), len(SERIALS), sum(bool(title.anime) for title in ALL)

    assert (24 + 1, 4 + 2, 3) == found


def test_metropolis_keeps_its_real_ids() -> None:
    title = Catalogue().by_imdb("tt0017136")

    assert title is not None
    assert (19, "Metropolis", 1927) == (title.tmdb, title.name, title.released.year)


def test_ids_are_given_once() -> None:
    ids = [t.imdb for t in ALL] + [e.imdb for t in ALL for e in t.episodes]
    ids += [f"{t.kind}-{t.tmdb}" for t in ALL] + [f"tvdb-{t.tvdb}" for t in SERIALS]
    ids += [f"tvdb-{e.tvdb}" for t in SERIALS for e in t.episodes]
    ids += [f"tvdb-{s.tvdb}" for t in SERIALS for s in t.printed_seasons]
    ids += [f"collection-{c.tmdb}" for c in COLLECTIONS]
    ids += [f"{site}-{getattr(each, site)}" for t in ALL for each in t.anime for site in ANIME_SITES]

    repeated = [one for one, count in Counter(ids).items() if count > 1]

    assert [] == repeated


def test_one_title_has_no_rating_at_all() -> None:
    unrated = [t.slug for t in ALL if t.ratings.imdb is None and t.ratings.tmdb is None and t.ratings.score == 0]

    assert ["judex"] == unrated


def test_every_title_has_art_with_lettering_in_the_languages_it_lists() -> None:
    listed = {t.slug: {f"{form}-{tag}" for form in ("poster", "backdrop", "logo") for tag in t.lettered} for t in ALL}
    listed |= {s.slug: {f"poster-{tag}" for tag in s.lettered} for t in ALL for s in t.printed_seasons}
    listed |= {c.slug: {f"{form}-{tag}" for form in ("poster", "backdrop") for tag in c.lettered} for c in COLLECTIONS}

    drawn = {slug: {part.get("id") for part in parts} - {"scene"} for slug, parts in _drawn("g").items()}

    assert listed == drawn


def test_every_logo_backdrop_and_still_has_a_view_of_its_own() -> None:
    listed = {
        t.slug: {f"view-backdrop-{tag}" for tag in (*t.lettered, "xx")}
        | {f"view-logo-{tag}" for tag in t.lettered}
        | {f"view-still-s{e.season}e{e.number}" for e in t.episodes}
        for t in ALL
    }
    listed |= {season.slug: set() for title in ALL for season in title.printed_seasons}  # a poster shows the whole
    listed |= {c.slug: {f"view-backdrop-{tag}" for tag in (*c.lettered, "xx")} for c in COLLECTIONS}

    drawn = {slug: {part.get("id") for part in parts} for slug, parts in _drawn("view").items()}

    assert listed == drawn


def test_art_needs_no_font_and_nothing_from_elsewhere() -> None:
    tags = {element.tag.rpartition("}")[2] for elements in _drawn(".//*").values() for element in elements}

    assert set() == tags & {"text", "image", "style", "script", "foreignObject"}


def test_an_unknown_field_in_the_catalogue_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"imdb": [8.0, 100], "colour": "red"}, type=Ratings)


def test_series_are_found_by_tvdb_and_not_as_films() -> None:
    titles = Catalogue()

    found = titles.by_id("tvdb", "show", "415150"), titles.by_id("tvdb", "movie", "415150")

    assert found[0] is not None
    assert ("les-vampires", None) == (found[0].slug, found[1])


def test_a_collection_lists_its_films() -> None:
    found = Catalogue().collection("192101")

    assert found is not None
    assert ("the-tramp", ["the-kid", "the-gold-rush"]) == (found[0].slug, [film.slug for film in found[1]])
    assert Catalogue().collection("192101; drop") is None


def test_malformed_number_finds_nothing() -> None:
    assert Catalogue().by_id("tmdb", "movie", "19; drop") is None
