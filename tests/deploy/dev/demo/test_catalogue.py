"""The facts of the demo hold together, and every title has art for what it lists."""

from collections import Counter

from deploy.dev.demo.art.alphabet import ALPHABET
from deploy.dev.demo.art.scenes import SCENES

from deploy.dev.demo.catalogue import ALL, FILMS, SERIALS, Catalogue


def test_catalogue_holds_24_films_and_4_serials() -> None:
    found = len(FILMS), len(SERIALS)

    assert (24, 4) == found


def test_metropolis_keeps_its_real_ids() -> None:
    title = Catalogue().by_imdb("tt0017136")

    assert title is not None
    assert (19, "Metropolis", 1927) == (title.tmdb, title.name, title.released.year)


def test_ids_are_given_once() -> None:
    ids = [t.imdb for t in ALL] + [e.imdb for t in ALL for e in t.episodes]
    ids += [f"{t.kind}-{t.tmdb}" for t in ALL] + [f"tvdb-{t.tvdb}" for t in SERIALS]
    ids += [f"tvdb-{e.tvdb}" for t in SERIALS for e in t.episodes]

    repeated = [one for one, count in Counter(ids).items() if count > 1]

    assert [] == repeated


def test_one_title_has_no_rating_at_all() -> None:
    unrated = [t.slug for t in ALL if t.ratings.imdb is None and t.ratings.tmdb is None and t.ratings.score == 0]

    assert ["judex"] == unrated


def test_every_title_is_drawn_and_lettered_in_the_languages_it_lists() -> None:
    missing = [(t.slug, tag) for t in ALL for tag in t.lettered if tag not in SCENES[t.slug].bill.lines]
    surplus = set(SCENES) - {t.slug for t in ALL}

    assert ([], set()) == (missing, surplus)


def test_alphabet_has_every_letter_that_a_bill_uses() -> None:
    bills = [scene.bill for scene in SCENES.values()]
    used = {c for b in bills for lines in b.lines.values() for text, _ in lines for c in text}
    used |= {c for b in bills for c in b.foot}

    assert set() == used - set(ALPHABET)


def test_series_are_found_by_tvdb_and_not_as_films() -> None:
    catalogue = Catalogue()

    found = catalogue.by_id("tvdb", "show", "415150"), catalogue.by_id("tvdb", "movie", "415150")

    assert found[0] is not None
    assert ("les-vampires", None) == (found[0].slug, found[1])


def test_malformed_number_finds_nothing() -> None:
    assert Catalogue().by_id("tmdb", "movie", "19; drop") is None
