from itertools import islice

from deploy.dev.bench.sources import copies, title_number
from deploy.dev.chaos.pictures import LOOKS, new_pictures, original_of
from deploy.dev.demo.catalogue import FILMS, Catalogue
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse


def test_no_picture_comes_twice_and_a_quarter_is_of_new_films() -> None:
    pictures = list(islice(new_pictures(), 1000))

    assert 1000 == len(set(pictures))
    assert 200 <= len({picture.film for picture in pictures}) <= 300
    assert {0, 1, 2, 3} == {picture.look for picture in pictures}


def test_every_look_is_one_that_can_be_asked_for() -> None:
    looks = [
        parse(
            Kind(look.style.removesuffix("-default")),
            Format(look.extension),
            dict(pair.split("=") for pair in look.query.removeprefix("?").split("&") if pair),
        )
        for look in LOOKS
    ]

    assert len(LOOKS) == len(set(looks))
    assert [look.size for look in LOOKS] == [settings.canvas for settings in looks]


def test_every_copy_is_known_by_its_own_ids_and_told_apart_by_its_ratings() -> None:
    catalogue = Catalogue(copies(100, FILMS))

    found = [catalogue.by_imdb(f"tt{title_number(nth)}") for nth in range(100)]

    assert all(film and film.released == original_of(nth).released for nth, film in enumerate(found))
    assert 100 == len({(film.released, film.ratings.imdb) for film in found if film})
