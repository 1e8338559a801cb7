"""The one door at which the HTTP client's errors become ours.

Their texts may hold a whole URL, and with it a key; so we say only the class of the error, and cut the chain.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from shared.domain.errors import SourceDown, SourceTimeout


@contextmanager
def translated(source: str) -> Iterator[None]:
    """Turn what aiohttp raises into ``SourceTimeout`` and ``SourceDown``; all else passes."""
    try:
        yield
    except TimeoutError as error:  # first: aiohttp's own time-outs are client errors too
        raise SourceTimeout(source, f"no answer in time ({type(error).__name__})") from None
    except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
        raise SourceDown(source, type(error).__name__) from None
