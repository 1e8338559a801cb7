from renderer.content.address_cache import AddressCache
from shared.settings.content_url import ContentAddress, parse_content_address
from tests.clock import Clock


def address(number: int = 17136) -> ContentAddress:
    return parse_content_address("0" * 32, "imdb", "poster-default", f"tt{number:07d}.jpg")


def test_a_key_is_cached_until_its_ttl() -> None:
    clock = Clock()
    addresses = AddressCache(ttl_s=60.0, clock=clock)
    addresses.remember(address(), "c/…/movie-19.jpg")

    found = addresses.find(address())
    clock.now += 60.0
    later = addresses.find(address())

    assert ("c/…/movie-19.jpg", None) == (found, later)


def test_an_unknown_address_has_no_key() -> None:
    assert None is AddressCache().find(address())


def test_the_cache_holds_no_more_than_its_limit() -> None:
    addresses = AddressCache(max_entries=3)

    for number in range(1, 11):
        addresses.remember(address(number), str(number))

    assert 3 >= sum(addresses.find(address(number)) is not None for number in range(1, 11))
    assert "10" == addresses.find(address(10))
