"""Translates the HTTP client's errors into Marquee's; no other module does.

An aiohttp error may quote a whole URL, which may contain a key. So only the name of its class is passed on, without the
exception chain.
"""

from contextlib import AbstractContextManager
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from shared.domain.errors import SourceDown, SourceTimeout

_FAILURES: Final = (aiohttp.ClientError, HttpProcessingError, OSError)


def translated(source: str) -> AbstractContextManager[None]:
    """Turn aiohttp's errors into ``SourceTimeout`` and ``SourceDown``; other errors pass unchanged."""
    return _Translation(source)


class _Translation(AbstractContextManager[None]):
    """Wraps every call: a generator-based context manager would take several times as long."""

    __slots__ = ("_source",)

    def __init__(self, source: str) -> None:
        self._source = source

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, TimeoutError):  # first: aiohttp's own timeouts are client errors too
            raise SourceTimeout(self._source, f"no response in time ({type(error).__name__})") from None
        if isinstance(error, _FAILURES):
            raise SourceDown(self._source, type(error).__name__) from None
