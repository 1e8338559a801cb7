"""Every error of the HTTP client is translated."""

import traceback
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from services.client.error_translation import translated
from shared.domain.errors import SourceDown, SourceError, SourceTimeout


def family(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


EVERY = sorted({*family(aiohttp.ClientError), *family(HttpProcessingError)}, key=lambda kind: kind.__qualname__)


def test_the_walk_finds_the_clients_errors() -> None:
    assert {aiohttp.InvalidURL, aiohttp.ClientPayloadError, aiohttp.ConnectionTimeoutError} <= set(EVERY)


@pytest.mark.parametrize("kind", EVERY)
def test_every_client_error_is_translated(kind: type[Exception]) -> None:
    expected = SourceTimeout if issubclass(kind, TimeoutError) else SourceDown

    with pytest.raises(SourceError) as caught, translated("x"):
        raise kind.__new__(kind)

    assert expected is type(caught.value)


@pytest.mark.parametrize("kind", [TimeoutError, ConnectionResetError, OSError])
def test_operating_system_errors_are_translated(kind: type[Exception]) -> None:
    with pytest.raises(SourceError) as caught, translated("x"):
        raise kind

    assert "x" == caught.value.source


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(KeyError), translated("x"):
        raise KeyError("mine")


def test_a_url_does_not_get_through() -> None:
    with pytest.raises(SourceDown) as caught, translated("x"):
        raise aiohttp.InvalidURL(URL("http://x/?apikey=sesame"))

    assert "sesame" not in "".join(traceback.format_exception(caught.value))
