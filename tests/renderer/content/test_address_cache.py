from renderer.content.address_cache import AddressCache
from shared.settings.content_url import ContentAddress, parse_content_address


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def address(number: int = 17136) -> ContentAddress:
    return parse_content_address("0" * 32, "imdb", "poster-default", f"tt{number:07d}.jpg")


def test_an_address_leads_to_its_key_for_a_while() -> None:
    clock = Clock()
    places = AddressCache(age_s=60.0, clock=clock)
    places.remember(address(), "c/…/movie-19.jpg")

    found = places.find(address())
    clock.now += 60.0
    later = places.find(address())

    assert ("c/…/movie-19.jpg", None) == (found, later)


def test_an_address_that_was_never_looked_up_leads_nowhere() -> None:
    assert None is AddressCache().find(address())


def test_no_more_addresses_are_remembered_than_the_limit() -> None:
    places = AddressCache(most=3)

    for number in range(1, 11):
        places.remember(address(number), str(number))

    assert 3 >= sum(places.find(address(number)) is not None for number in range(1, 11))
    assert "10" == places.find(address(10))
