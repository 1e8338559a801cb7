"""The keyed picture: the checks in order, then the redirect. Every request takes this path, so it is kept lean."""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Protocol

import msgspec
from aiohttp import web

from gateway.keys.api_key import ApiKey
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics, Route
from gateway.pictures.address import PRESET_PREFIX, PictureAddress, read_address, read_chosen, title_for_kind
from gateway.pictures.first_pictures import FirstPictures
from gateway.pictures.key_layers import default_layer, layers_below, named_layer
from gateway.pictures.new_settings import NewSettings, SettingsStore
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.pictures.settings_per_day import SettingsPerDay
from gateway.pictures.settings_resolver import (
    ResolvedSettings,
    SettingsLayers,
    SettingsResolver,
    check_query,
    fallback_alone,
    without_quality,
)
from gateway.pictures.settings_usage import SettingsUsage
from gateway.request_errors import HEADERS, answers_errors
from shared.domain import cache_lifetime
from shared.domain.errors import Forbidden, InvalidApiKey, QuotaExceeded, StoreDown, UnknownProfile
from shared.domain.ids import ExternalId
from shared.domain.pictures import Kind
from shared.observability.tracing import HASH, NOOP_SPAN, TITLE, Span, current_span, start_span

SAVE_DEADLINE_S: Final = 2.5
"""Clients give up after three seconds."""

REDIRECT_HEADERS: Final = HEADERS | {"Cache-Control": cache_lifetime.REDIRECT}


class Proxy(Protocol):
    """Serves pictures to clients that do not follow redirects."""

    async def answer(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        """Return the picture at a content path. Raises ``StoreDown``, ``DeadlineExceeded``, ``Busy``."""

    async def fetch(self, path: str, client: str) -> tuple[int, bytes]:
        """Return the status and the body of a small document. Raises likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDependencies:
    """What serving a picture needs."""

    keys: ApiKeyCache
    change_feed: ChangeFeed
    rate_limits: ClientRateLimits
    settings_per_day: SettingsPerDay
    resolver: SettingsResolver
    settings_store: SettingsStore
    new_settings: NewSettings
    settings_usage: SettingsUsage
    prefetch: Prefetch
    usage: Usage
    first_pictures: FirstPictures
    metrics: GatewayMetrics

    async def save_settings(
        self, resolved: ResolvedSettings, client: str | None = None, *, is_free: bool = False
    ) -> None:
        """Store settings for all replicas and mark them as used. New ones count against the limit of the client.

        ``is_free`` says that the free key uses them: pictures that nobody else uses are not kept as long.

        Raises ``TooManySettings``; ``StoreDown``, also if it takes too long; the settings may still be stored later.
        """
        try:
            async with asyncio.timeout(SAVE_DEADLINE_S):
                with start_span("keep look"):
                    await self.new_settings.save(resolved.hash, resolved.settings, client, is_free_only=is_free)
        except TimeoutError as error:
            raise StoreDown("the settings could not be stored in time") from error
        self.mark_used(resolved, is_free=is_free)

    def require_quota(self, key: ApiKey) -> None:
        """Raise ``QuotaExceeded`` for a key that has used up its monthly limit, as far as is known here."""
        if self.is_spent(key):
            raise QuotaExceeded

    def is_spent(self, key: ApiKey) -> bool:
        """Return whether a key has used up its monthly limit, as far as is known here."""
        return key.monthly_limit > 0 and self.usage.is_spent(key.id, key.monthly_limit)

    def is_stored(self, resolved: ResolvedSettings) -> bool:
        """Return whether settings are known to be stored for all replicas; no I/O.

        Those that were once are until any are deleted, and then until they are looked for again.
        """
        deletions = self.settings_store.deletions
        if resolved.stored_after == deletions:
            return True
        if not self.settings_store.is_known(resolved.hash):
            return False
        self.resolver.mark_stored(resolved, deletions)
        return True

    def is_marked(self, resolved: ResolvedSettings, key: ApiKey) -> bool:
        """Return whether settings were marked as used by such a key not long ago."""
        marked_in = resolved.marked_in if key.is_free else resolved.marked_for_keys_in
        return marked_in == self.settings_usage.term

    def announce(self, path: str, resolved: ResolvedSettings, title: ExternalId, who: tuple[int, str]) -> None:
        """Let the renderers draw a picture unless that was done recently, within this key's and client's limit of work.

        Raises ``RateLimited``, and then it is not announced.
        """
        if not self.prefetch.is_new(path):
            return
        self.rate_limits.take_work(*who, resolved.work)
        self.prefetch.suggest(path, resolved.hash, title, resolved.work)

    def mark_used(self, resolved: ResolvedSettings, *, is_free: bool) -> None:
        """Mark settings as used, without I/O; if the buffer is full, the next request tries again."""
        if self.settings_usage.note(resolved.hash, resolved.later, is_free_only=is_free):
            self.resolver.mark(resolved, self.settings_usage.term, is_free=is_free)


class Pictures:
    """Serves ``/{key}/{id_type}/{style}/{id}``. A redirect awaits nothing if everything it needs is in memory."""

    def __init__(
        self,
        deps: PictureDependencies,
        *,
        content_base_url: str,
        redirects: bool,
        free_key_presets: frozenset[str] = frozenset(),
    ) -> None:
        self.deps = deps
        self._base, self._redirects, self._presets = content_base_url, redirects, free_key_presets
        self.path = deps.resolver.path
        self.metrics = deps.metrics
        self.proxy: Proxy  # set when the app starts

    @answers_errors(Route.PICTURE)
    async def redirect(self, request: web.Request) -> web.StreamResponse:
        """Redirect to the picture, proxy it, or explain what is wrong."""
        parts = request.match_info
        address = read_address(parts["id_type"], parts["style"], parts["file"])
        return await self._answer(request, address, request.rel_url.raw_query_string)

    @answers_errors(Route.PICTURE)
    async def redirect_chosen(self, request: web.Request) -> web.StreamResponse:
        """Redirect to a picture on the artwork that RPDB's address names, as :meth:`redirect` does."""
        parts = request.match_info
        address, query = read_chosen(parts["style"], parts["title"], parts["file"])
        return await self._answer(request, address, f"{request.rel_url.raw_query_string}&{query}")

    async def _answer(self, request: web.Request, address: PictureAddress, query: str) -> web.StreamResponse:
        started = perf_counter()
        deps, parts = self.deps, request.match_info
        try:
            key = deps.keys.cached(parts["key"])
            if key is None:
                deps.rate_limits.require_lookup(request)
                key = await deps.keys.find(parts["key"])
        except InvalidApiKey:
            deps.rate_limits.take_refusal(request)
            raise
        deps.require_quota(key)
        client = deps.rate_limits.client(request)
        deps.rate_limits.take_picture(client, key.id)
        address, resolved = self.resolve(address, parts["style"], key, query)
        if not deps.settings_per_day.is_admitted(key, resolved.counted_as, query):
            await deps.settings_per_day.admit(key, resolved.counted_as)
        if not deps.is_stored(resolved):
            await deps.save_settings(resolved, client, is_free=key.is_free)
        if not deps.is_marked(resolved, key):
            deps.mark_used(resolved, is_free=key.is_free)
        trace_redirect(current_span(), resolved, address.title)
        path = self.path(resolved, address)
        deps.announce(path, resolved, address.title, (key.id, client))
        deps.first_pictures.note(request.headers.get("User-Agent"), request.method, resolved.settings.kind)
        if not self.redirects(key):
            deps.usage.count(key.id)
            answer = await self.proxy.answer(request, path, client)
            self.metrics.answered(Route.DIRECT)
            return answer
        self.count(key, started)
        return web.Response(status=302, headers=REDIRECT_HEADERS | {"Location": self.location(path)})

    def redirects(self, key: ApiKey) -> bool:
        """Return whether the requests of a key are redirected, not proxied."""
        return self._redirects and not key.is_direct

    def count(self, key: ApiKey, started: float) -> None:
        """Count a redirect; ``started`` is when its request was read, by ``perf_counter``."""
        self.deps.usage.count(key.id)
        self.metrics.redirected(perf_counter() - started)

    def location(self, path: str) -> str:
        """Return where a redirect to a content path leads."""
        return self._base + path

    def resolve(
        self, address: PictureAddress, style: str, key: ApiKey, query: str
    ) -> tuple[PictureAddress, ResolvedSettings]:
        """Return the address with its kind, and the settings. Raises ``BadRequest`` or what a profile raises."""
        feed = self.deps.change_feed
        if address.kind is None:
            address, layers = self._apply_profile(address, style, key, query)
        else:
            of_kind = address.overrides
            if key.overrides and not of_kind and not address.defaults:
                of_kind = default_layer(key, address.kind, feed.presets)
            layers = ()
            if feed.overrides or key.overrides or of_kind or address.defaults:
                layers = layers_below(feed.overrides, key.overrides, of_kind, address.defaults)
        if key.is_free:
            query = self._query_of_free_key(style, query)
        kind, resolve = address.kind or Kind.POSTER, self.deps.resolver.resolve
        resolved = resolve(kind, address.format, query, layers)
        if feed.pinned_art.has_any and (pin := feed.pinned_art.layer(key.id, kind, address.title)):
            plain, resolved = resolved, resolve(kind, address.format, query, (*layers, (False, pin)))
            resolved = msgspec.structs.replace(resolved, without_pin=plain.hash)
        return address, resolved

    def _query_of_free_key(self, style: str, query: str) -> str:
        """Return what counts of a query of the free key. Raises ``BadRequest``, and ``Forbidden`` for another style."""
        if not self._presets:
            return without_quality(query)
        if style not in self._presets:
            raise Forbidden(public=f"The free key has only these styles: {', '.join(sorted(self._presets))}.")
        return fallback_alone(query)

    def _apply_profile(
        self, address: PictureAddress, name: str, key: ApiKey, query: str
    ) -> tuple[PictureAddress, SettingsLayers]:
        """Return the address and the layers that a profile or a preset makes.

        Raises ``BadRequest``, ``Forbidden``, ``UnknownProfile``.
        """
        found = named_layer(name, key, self.deps.change_feed.presets)
        if found is None:
            check_query(query, address.format)
            if name.startswith(PRESET_PREFIX):
                raise UnknownProfile(public="There is no preset of that name.")
            if key.is_free:
                raise Forbidden(public="The free key has no profiles.")
            raise UnknownProfile
        kind, overrides = found
        title = title_for_kind(address.title, kind)
        named = msgspec.structs.replace(address, kind=kind, title=title, name=title.in_address)
        return named, layers_below(self.deps.change_feed.overrides, key.overrides, overrides)


def trace_redirect(span: Span, resolved: ResolvedSettings, title: ExternalId) -> None:
    """Note on a span which picture it is about."""
    if span is not NOOP_SPAN:
        span.set(HASH, resolved.hash)
        span.set(TITLE, title.alias)
