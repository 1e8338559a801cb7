"""Whose rate limits apply to a page's request: the free key's if it is enabled, else those of the signed-in user."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.db.sessions import SessionRow
from gateway.keys.cache import ApiKeyCache
from gateway.keys.token import FREE_KEY
from shared.domain.errors import InvalidApiKey

_ADMIN: Final = 0  # in place of a key's id: an admin who uses a page while the free key is off


class PageCaller:
    """Finds whose limits count.

    Without ``is_open`` strangers are refused: pages are closed to them, or the free key has no settings to choose.
    """

    def __init__(
        self, keys: ApiKeyCache, session: Callable[[web.Request], Awaitable[SessionRow]], *, is_open: bool = True
    ) -> None:
        self._keys, self._session, self._is_open = keys, session, is_open

    async def key(self, request: web.Request) -> tuple[int, bool]:
        """Return the id of the key whose limits the request shares, and whether it is the free key.

        Raises a 401 ``ApiError``, ``StoreDown``.
        """
        if self._is_open:
            with suppress(InvalidApiKey):
                return (await self._keys.find(FREE_KEY)).id, True
        return (await self._session(request)).key_id or _ADMIN, False

    async def signed_in(self, request: web.Request, otherwise: int) -> int:
        """Return the id of the key that is signed in; ``otherwise`` where nobody is. Raises ``StoreDown``."""
        if "Authorization" not in request.headers:
            return otherwise
        try:
            return (await self._session(request)).key_id or _ADMIN
        except ApiError:
            return otherwise
