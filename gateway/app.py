"""Builds the gateway: every part in the order in which it opens; they close in reverse order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.admin.admins_api import AdminsApi
from gateway.admin.audit_api import AuditApi
from gateway.admin.bootstrap_admin import create_bootstrap_admin
from gateway.admin.daily_metrics_api import DailyMetricsApi, gateway_history
from gateway.admin.dead_letters_api import DeadLettersApi
from gateway.admin.global_settings_api import GlobalSettingsApi
from gateway.admin.images_api import ImagesApi
from gateway.admin.prewarm_api import PrewarmApi
from gateway.admin.prewarm_state import PrewarmState
from gateway.admin.purges_api import PurgesApi
from gateway.admin.redraw_api import RedrawApi
from gateway.admin.stats_api import StatsApi
from gateway.admin.titles_api import TitlesApi
from gateway.api.dispatch import Api
from gateway.api.fallback_routes import FallbackRoutes
from gateway.api_routes import Management, add_management
from gateway.app_keys import CHANGE_FEED, KEYS, METRICS, PREFETCH, USAGE
from gateway.auth.passwords import Passwords
from gateway.auth.session_tokens import AccessTokens
from gateway.auth.sign_in_api import SignInApi
from gateway.auth.sign_in_limits import SignInLimits
from gateway.db.api_keys import ApiKeys
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.key_settings_api import KeySettingsApi
from gateway.keys.key_status import KeyStatusApi
from gateway.keys.keys_api import KeysApi
from gateway.keys.profiles_api import ProfilesApi
from gateway.keys.token import FREE_KEY
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics
from gateway.pictures.handler import PictureDependencies, Pictures, settings_hashes_of
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.preview import PreviewApi
from gateway.pictures.proxy import PictureProxy
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.pictures.settings_usage import SettingsUsage
from gateway.routes import add_pages, add_routes
from gateway.stores import ManagementStores, Stores
from gateway.web.assets import Assets
from gateway.web.controls import settings_context
from gateway.web.pages import Pages
from gateway.web.reference import Reference
from gateway.web.samples import Wall
from shared.concurrency.supervisor import supervised
from shared.config.common import GatewayConfig
from shared.http.client_ip import ClientIps
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, say_build
from shared.observability.tracing import OFF, Tracing
from shared.settings.digest import SettingsHash
from shared.stores import postgres
from shared.stores import redis as connect

LARGEST_BODY: Final = 1024
"""Bytes; only the API reads bodies, with limits of its own."""

DRAIN_S: Final = 10.0
"""Longest wait for open responses at shutdown; a response takes milliseconds, or one query."""


def build_app(
    config: GatewayConfig, stores: Stores, registry: CollectorRegistry, probes: Probes, *, tracing: Tracing = OFF
) -> web.Application:
    """Return the app; the stores must stay open while it runs."""
    app = web.Application(client_max_size=LARGEST_BODY)
    metrics = app[METRICS] = GatewayMetrics(registry)
    say_build(registry, "gateway")
    clients = ClientIps(config.trusted_proxies)
    trace_requests(app, tracing, clients)
    tracing.watch(registry)
    keys = app[KEYS] = ApiKeyCache(stores.keys, metrics, free_key=config.free_key_enabled or False)
    change_feed = app[CHANGE_FEED] = ChangeFeed(stores.changes, keys, free_key=config.free_key_enabled)
    usage = app[USAGE] = Usage(stores.usage, metrics)
    prefetch = app[PREFETCH] = Prefetch(stores.offers, metrics)
    settings_usage = SettingsUsage(stores.mark_settings_used, metrics)
    rates = stores.rates if config.rate_limits else None
    rate_limits = ClientRateLimits(clients, rates)
    deps = PictureDependencies(
        keys=keys,
        change_feed=change_feed,
        rate_limits=rate_limits,
        settings_store=stores.settings_store,
        settings_usage=settings_usage,
        prefetch=prefetch,
        usage=usage,
        metrics=metrics,
    )
    pictures = Pictures(deps, content_base_url=config.content_base_url, redirects=config.redirects)
    app.cleanup_ctx.append(partial(_open_streams, pictures, config.renderer_url))
    questions = KeyStatusApi(keys=keys, rate_limits=rate_limits, usage=usage, metrics=metrics)
    rest = FallbackRoutes(metrics)
    last: list[Callable[[], Awaitable[None]]] = [prefetch.flush, usage.close, keys.close, settings_usage.close]
    if stores.management is not None:
        last.append(_build_management(app, config, deps, outside=stores.management, rest=rest))
    add_routes(app, pictures, questions, probes, rest)
    for name, ping in stores.pings.items():
        # Not required: with either store down, cached keys and settings still redirect.
        probes.add(name, ping, required=False)
    works = {
        "hints": prefetch.run,
        "usage": usage.run,
        "keys": keys.read_ahead,
        "news": change_feed.run,
        "asked": settings_usage.run,
    }
    if rates is not None:
        metrics.watch_limit("rate_cells", lambda: rates.cells, rates.most_cells)
        works["rates"] = rates.run
        last.append(rates.flush)
    if stores.management is not None:
        _watch_pools(stores.management, StoreMetrics(registry))
        works["history"] = gateway_history(stores.management.redis, registry).run
    if config.admin is not None:
        works["first_admin"] = partial(create_bootstrap_admin, stores.ensure_admin, *config.admin)
    app.cleanup_ctx.append(lambda _: _background(works, last))
    return app


def _build_management(
    app: web.Application,
    config: GatewayConfig,
    deps: PictureDependencies,
    *,
    outside: ManagementStores,
    rest: FallbackRoutes,
) -> Callable[[], Awaitable[None]]:
    """Add the API and the pages; returns the function that closes them."""
    passwords = Passwords(app[METRICS])
    sign_in = SignInApi(
        outside.pool,
        passwords=passwords,
        tokens=AccessTokens(*config.jwt_secrets),
        limits=SignInLimits(outside.redis),
        clients=ClientIps(config.trusted_proxies),
        is_open=config.admin is None,
    )
    prewarm = PrewarmApi(
        outside.queue, deps.settings_store, board=PrewarmState(outside.redis), pool=outside.pool, metrics=app[METRICS]
    )
    assets = Assets()
    pages = Pages(assets, content_base_url=config.content_base_url)
    api = Api(
        sign_in.session,
        app[METRICS],
        cookie_secure=config.cookie_secure,
        cors_origin=config.cors_origin,
    )

    async def settings_of_key(key_id: int) -> list[SettingsHash]:
        holder = await ApiKeys(outside.pool).get(key_id)
        return [] if holder is None else settings_hashes_of(holder, deps.change_feed.overrides)

    management = Management(
        sign_in=sign_in,
        keys=KeysApi(outside.pool, app[USAGE]),
        admins=AdminsApi(outside.pool, passwords),
        audit=AuditApi(outside.pool),
        titles=TitlesApi(outside.pool),
        prewarm=prewarm,
        key_settings=KeySettingsApi(outside.pool),
        profiles=ProfilesApi(outside.pool),
        global_settings=GlobalSettingsApi(outside.pool, free_key=config.free_key_enabled),
        stats=StatsApi(outside.pool, outside.redis, outside.queue),
        images=ImagesApi(outside.pool, content_base_url=config.content_base_url),
        last_day=DailyMetricsApi(outside.redis),
        letters=DeadLettersApi(outside.pool, outside.redis, outside.queue),
        redraw=RedrawApi(outside.pool, outside.redis, outside.queue),
        purges=PurgesApi(outside.pool, settings_of_key=settings_of_key),
        preview=PreviewApi(deps, sign_in.session, content_base_url=config.content_base_url),
    )
    description = add_management(app, api, management)
    wall = Wall(deps, content_base_url=config.content_base_url)

    async def home() -> dict[str, Any]:
        return await wall.pictures() | {"free_key": deps.keys.free_key}

    async def configure() -> dict[str, Any]:
        return {"facts": settings_context(deps.change_feed.overrides, FREE_KEY if deps.keys.free_key else None)}

    reference = Reference(description.document).facts
    add_pages(app, pages, assets, {"home": home, "configure": configure, "docs": reference})
    rest.page = pages.not_found

    async def close() -> None:
        await prewarm.close()
        passwords.close()

    return close


def _watch_pools(outside: ManagementStores, metrics: StoreMetrics) -> None:
    metrics.watch("postgres", partial(postgres.connections, outside.pool))
    metrics.watch("redis", partial(connect.connections, outside.redis))


async def _open_streams(pictures: Pictures, renderer_url: str, app: web.Application) -> AsyncIterator[None]:
    async with PictureProxy.open(renderer_url, app[METRICS]) as pictures.proxy:
        yield


@asynccontextmanager
async def _background(
    works: Mapping[str, Callable[[], Awaitable[None]]], last: Sequence[Callable[[], Awaitable[None]]]
) -> AsyncIterator[None]:
    """Run the background tasks; after the last response, run the final steps."""
    async with supervised(works):
        yield
    for step in last:
        await step()
