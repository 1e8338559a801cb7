"""The keyed picture: the checks in their order, then the redirect. The path that every request takes, so it is lean."""

import asyncio
from time import perf_counter
from typing import Final, Protocol

from aiohttp import web

from gateway.addresses import PictureAddress, read_address
from gateway.errors import HEADERS, answers_errors
from gateway.hints import Hints
from gateway.keys.lookup import KeyHolder, KeyLookup
from gateway.metrics import GatewayMetrics, Route
from gateway.redirects import Look, Redirects, check_query
from gateway.usage import Usage
from shared import freshness
from shared.errors import Forbidden, StoreDown, UnknownProfile
from shared.hash import SettingsHash
from shared.settings import Settings

KEEP_DEADLINE_S: Final = 2.5
"""Clients give up after three seconds."""

REDIRECT_HEADERS: Final = HEADERS | {"Cache-Control": freshness.REDIRECT}


class Looks(Protocol):
    """Where the meaning of a settings hash is kept, for every replica and for ever."""

    async def remember(self, settings: Settings) -> SettingsHash:
        """Store a look; it is durable when this returns. Raises ``StoreDown``."""


class Pictures:
    """Answers ``/{key}/{id_type}/{style}/{id}``. When all is in memory, an answer awaits nothing."""

    def __init__(
        self,
        *,
        keys: KeyLookup,
        looks: Looks,
        redirects: Redirects,
        hints: Hints,
        usage: Usage,
        metrics: GatewayMetrics,
    ) -> None:
        self._keys, self._looks, self._redirects = keys, looks, redirects
        self._hints, self._usage, self.metrics = hints, usage, metrics

    @answers_errors(Route.PICTURE)
    async def redirect(self, request: web.Request) -> web.Response:
        """Send the caller to the picture, or say what is wrong."""
        started = perf_counter()
        part = request.match_info
        address = read_address(part["id_type"], part["style"], part["file"])
        holder = self._keys.remembered(part["key"]) or await self._keys.find(part["key"])
        look = self._look(address, holder, request.rel_url.raw_query_string)
        if not look.is_kept:
            await self._keep(look)
        location = self._redirects.location(look, address)
        self._hints.suggest(location, look.hash, address.title)
        self._usage.count(holder.id)
        self.metrics.redirected()
        self.metrics.redirect_took(perf_counter() - started)
        return web.Response(status=302, headers=REDIRECT_HEADERS | {"Location": location})

    async def _keep(self, look: Look) -> None:
        """Store a look for ever. Raises ``StoreDown``, also when it takes too long; then it may be stored later."""
        try:
            async with asyncio.timeout(KEEP_DEADLINE_S):
                await self._looks.remember(look.settings)
                look.is_kept = True
        except TimeoutError as error:
            raise StoreDown("the look could not be stored in time") from error

    def _look(self, address: PictureAddress, holder: KeyHolder, query: str) -> Look:
        """Return the effective look. Raises ``BadRequest``, and for a profile ``Forbidden`` or ``UnknownProfile``."""
        if address.kind is not None:
            return self._redirects.look(address.kind, address.format, query)
        check_query(query, address.format)
        if holder.is_free:
            raise Forbidden(public="The free key has no profiles.")
        raise UnknownProfile
