"""The keyed picture: the checks in their order, then the redirect. The path that every request takes, so it is lean."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Final, Protocol

import msgspec
from aiohttp import web

from gateway.error_responses import HEADERS, answers_errors
from gateway.keys.api_key import ApiKey
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics, Route
from gateway.pictures.address import PictureAddress, fitting, read_address
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.settings_resolver import Levels, ResolvedSettings, SettingsResolver, check_query, resolve_query
from gateway.pictures.settings_usage import SettingsUsage
from shared.domain import cache_lifetime
from shared.domain.errors import Forbidden, QuotaExceeded, StoreDown, UnknownProfile
from shared.domain.pictures import Format, Kind
from shared.observability.tracing import HASH, NOOP_SPAN, TITLE, current_span, start_span
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings

KEEP_DEADLINE_S: Final = 2.5
"""Clients give up after three seconds."""

REDIRECT_HEADERS: Final = HEADERS | {"Cache-Control": cache_lifetime.REDIRECT}


class Looks(Protocol):
    """Where the meaning of a settings hash is kept, for every replica and for ever."""

    async def remember(self, settings: Settings) -> SettingsHash:
        """Store a look; it is durable when this returns. Raises ``StoreDown``."""


class Streams(Protocol):
    """What gives a picture to callers who follow no redirects."""

    async def answer(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        """Return the picture at this path of the content. Raises ``StoreDown``, ``DeadlineExceeded``, ``Busy``."""


class Allowances(Protocol):
    """Who may ask how often."""

    def take_picture(self, request: web.Request, key_id: int) -> str:
        """Take from the allowance of the key at this client, and return the client's name. Raises ``RateLimited``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDependencies:
    """What the answer to a picture takes."""

    keys: ApiKeyCache
    news: ChangeFeed
    allowances: Allowances
    looks: Looks
    asked: SettingsUsage
    hints: Prefetch
    usage: Usage
    metrics: GatewayMetrics

    async def keep(self, look: ResolvedSettings) -> None:
        """Store a look for every replica and for ever, and note that it is in use.

        Raises ``StoreDown``, also when it takes too long; then it may be stored later.
        """
        try:
            async with asyncio.timeout(KEEP_DEADLINE_S):
                with start_span("keep look"):
                    await self.looks.remember(look.settings)
                look.is_kept = True
        except TimeoutError as error:
            raise StoreDown("the look could not be stored in time") from error
        self.note(look)

    def note(self, look: ResolvedSettings) -> None:
        """Note that a look is in use; where there is no room, it is to be noted again."""
        if self.asked.note(look.hash, look.settings):
            look.noted_in = self.asked.term


class Pictures:
    """Answers ``/{key}/{id_type}/{style}/{id}``. When all is in memory, a redirect awaits nothing."""

    def __init__(self, parts: PictureDependencies, *, content_base_url: str, redirects: bool) -> None:
        self._parts = parts
        self._base, self._redirects = content_base_url, redirects
        self._looks = SettingsResolver()
        self.metrics = parts.metrics
        self.streams: Streams  # there when the app runs

    @answers_errors(Route.PICTURE)
    async def redirect(self, request: web.Request) -> web.StreamResponse:
        """Send the caller to the picture, or give it, or say what is wrong."""
        started = perf_counter()
        parts, named = self._parts, request.match_info
        address = read_address(named["id_type"], named["style"], named["file"])
        holder = parts.keys.remembered(named["key"]) or await parts.keys.find(named["key"])
        if holder.monthly_limit and parts.usage.is_spent(holder.id, holder.monthly_limit):
            raise QuotaExceeded
        client = parts.allowances.take_picture(request, holder.id)
        query = request.rel_url.raw_query_string
        if address.kind is None:
            address, below = self._of_profile(address, named["style"], holder, query)
        else:
            below = self._levels(holder, address.choices)
        look = self._looks.resolve(address.kind or Kind.POSTER, address.format, query, below)
        if not look.is_kept:
            await parts.keep(look)
        if look.noted_in != parts.asked.term:
            parts.note(look)
        if (span := current_span()) is not NOOP_SPAN:
            span.set(HASH, look.hash)
            span.set(TITLE, address.title.alias)
        path = self._looks.path(look, address)
        parts.hints.suggest(path, look.hash, address.title)
        parts.usage.count(holder.id)
        if holder.is_direct or not self._redirects:
            answer = await self.streams.answer(request, path, client)
            self.metrics.answered(Route.DIRECT)
            return answer
        self.metrics.redirected()
        self.metrics.redirect_took(perf_counter() - started)
        return web.Response(status=302, headers=REDIRECT_HEADERS | {"Location": self._base + path})

    def _levels(self, holder: ApiKey, choices: str) -> Levels:
        """Return what goes below the query: everybody's choices, the key's, and those of a profile or style word."""
        return levels(self._parts.news.choices, holder.overrides, choices)

    def _of_profile(
        self, address: PictureAddress, name: str, holder: ApiKey, query: str
    ) -> tuple[PictureAddress, Levels]:
        """Return what a profile makes of an address. Raises ``BadRequest``, ``Forbidden``, ``UnknownProfile``."""
        if holder.is_free:
            check_query(query, address.format)
            raise Forbidden(public="The free key has no profiles.")
        profile = holder.profile(name)
        if profile is None:
            check_query(query, address.format)
            raise UnknownProfile
        kind, choices = profile
        title = fitting(address.title, kind)
        named = msgspec.structs.replace(address, kind=kind, title=title, name=title.in_address)
        return named, self._levels(holder, choices)


@lru_cache(20_000)
def levels(everybodys: str, keys: str, choices: str = "") -> Levels:
    """Return what goes below a query: everybody's choices, the key's, and those of a profile or style word.

    Equal levels are one object, for every look in memory holds them and is found by them.
    """
    below = ((True, everybodys), (True, keys))
    return (*below, (False, choices)) if choices else below


def looks_of(holder: ApiKey, everybodys: str) -> list[SettingsHash]:
    """Return every look that a key's own choices make: of each kind and format, and of each profile."""
    own = [resolve_query(kind, fmt, "", levels(everybodys, holder.overrides)) for kind in Kind for fmt in Format]
    of_profiles = [
        resolve_query(kind, fmt, "", levels(everybodys, holder.overrides, choices))
        for kind, choices in holder.all_profiles()
        for fmt in Format
    ]
    return [look.hash for look in (*own, *of_profiles)]
