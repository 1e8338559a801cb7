"""Translates the HTTP client's errors into Marquee's; no other module does.

An aiohttp error may quote a whole URL, which may contain a key. So only the name of its class is passed on, without the
exception chain.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from shared.domain.errors import SourceDown, SourceTimeout


@contextmanager
def translated(source: str) -> Iterator[None]:
    """Turn aiohttp's errors into ``SourceTimeout`` and ``SourceDown``; other errors pass unchanged."""
    try:
        yield
    except TimeoutError as error:  # first: aiohttp's own timeouts are client errors too
        raise SourceTimeout(source, f"no response in time ({type(error).__name__})") from None
    except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
        raise SourceDown(source, type(error).__name__) from None
