"""Builds the gateway: every part in the order in which it opens; they close in reverse order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, TypeAlias

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.admin.bootstrap_admin import create_bootstrap_admin
from gateway.admin.daily_metrics_api import gateway_history
from gateway.api.fallback_routes import FallbackRoutes
from gateway.app_keys import CHANGE_FEED, KEYS, METRICS, PREFETCH, USAGE
from gateway.config import GatewayConfig
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import EVERY_S as CHANGES_EVERY_S
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.key_status import KeyStatusApi
from gateway.keys.pinned_art import MOST_NAMES
from gateway.keys.usage import EVERY_S as USAGE_EVERY_S
from gateway.keys.usage import Usage
from gateway.management import build_management
from gateway.metrics import GatewayMetrics
from gateway.pictures.first_pictures import EVERY_S as FIRST_PICTURES_EVERY_S
from gateway.pictures.first_pictures import FirstPictures
from gateway.pictures.handler import PictureDependencies, Pictures
from gateway.pictures.new_settings import NewSettings, drop_deleted_settings
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.proxy import PictureProxy
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.pictures.saved_settings import EVERY_S as SAVED_EVERY_S
from gateway.pictures.saved_settings import FIRST_S as SAVED_FIRST_S
from gateway.pictures.saved_settings import SavedSettings
from gateway.pictures.settings_per_day import SettingsPerDay
from gateway.pictures.settings_resolver import SettingsResolver
from gateway.pictures.settings_usage import EVERY_S as SETTINGS_EVERY_S
from gateway.pictures.settings_usage import SettingsUsage
from gateway.pictures.warm_redirects import IGNORED, WarmRedirects
from gateway.routes import add_routes
from gateway.stores import ManagementStores, Stores
from shared.concurrency.supervisor import Supervisor
from shared.http.client_ip import ClientIps
from shared.http.fast_path import FAST_PATH, FastPath
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info
from shared.observability.tracer import OFF, Tracing
from shared.stores import postgres
from shared.stores import redis as connect
from shared.stores.daily_metrics import EVERY_S as METRICS_EVERY_S

LARGEST_BODY: Final = 1024
"""Bytes; only the API reads bodies, with limits of its own."""

FinalStep: TypeAlias = Callable[[], Awaitable[None]]
"""What runs once after the last response."""

DRAIN_S: Final = 10.0
"""Longest wait for open responses at shutdown; a response takes milliseconds, or one query."""


def build_app(
    config: GatewayConfig, stores: Stores, registry: CollectorRegistry, probes: Probes, *, tracing: Tracing = OFF
) -> web.Application:
    """Return the app; the stores must stay open while it runs."""
    app = web.Application(client_max_size=LARGEST_BODY)
    metrics = app[METRICS] = GatewayMetrics(registry)
    export_build_info(registry, "gateway")
    clients = ClientIps(config.trusted_proxies)
    trace_requests(app, tracing, clients)
    tracing.watch(registry)
    stores.unreadable.register(registry)
    rates = stores.rates if config.rate_limits else None
    rate_limits = ClientRateLimits(clients, rates, new_settings_per_hour=config.new_settings_per_hour)
    deps = _dependencies(config, stores, metrics, rate_limits)
    app[KEYS], app[CHANGE_FEED], app[USAGE], app[PREFETCH] = deps.keys, deps.change_feed, deps.usage, deps.prefetch
    pictures = _pictures(config, deps)
    if config.fast_path:
        warm = WarmRedirects(pictures, tracing)
        app[FAST_PATH] = FastPath(warm, clients, is_traced=tracing.is_on, ignored=IGNORED)
    app.cleanup_ctx.append(partial(_open_proxy, pictures, config))
    key_status = KeyStatusApi(keys=deps.keys, rate_limits=deps.rate_limits, usage=deps.usage, metrics=metrics)
    fallback = FallbackRoutes(metrics)
    final_steps: list[FinalStep] = [deps.prefetch.flush, deps.usage.close, deps.keys.close, deps.settings_usage.close]
    if stores.management is not None:
        final_steps.append(
            build_management(
                app, config, deps, outside=stores.management, rest=fallback, renderer=lambda: pictures.proxy
            )
        )
    add_routes(app, pictures, key_status, probes, fallback)
    for name, ping in stores.pings.items():
        # Not required: with either store down, cached keys and settings still redirect.
        probes.add(name, ping, required=False)
    tasks = Supervisor(registry)
    probes.watch_tasks(tasks.failing)
    _add_tasks(tasks, deps, config, stores)
    if rates is not None:
        metrics.watch_limit("rate_cells", lambda: rates.cells, rates.most_cells)
        tasks.add("rate_limits", rates.run)
        final_steps.append(rates.flush)
    if stores.management is not None:
        _watch_management(tasks, deps, stores, stores.management, registry)
    app.cleanup_ctx.append(lambda _: _background(tasks, final_steps))
    return app


def _pictures(config: GatewayConfig, deps: PictureDependencies) -> Pictures:
    return Pictures(
        deps,
        content_base_url=config.content_base_url,
        redirects=config.redirects,
        free_key_presets=config.free_key_presets,
    )


def _watch_management(
    tasks: Supervisor,
    deps: PictureDependencies,
    stores: Stores,
    management: ManagementStores,
    registry: CollectorRegistry,
) -> None:
    """Measure both stores, keep settings up to date, and record the numbers of each day."""
    _watch_pools(management, StoreMetrics(registry))
    management.redis_check.watch(tasks, registry)
    _add_settings_tasks(tasks, deps, stores, management)
    recorder = gateway_history(management.redis, registry)
    tasks.add_periodic("daily_metrics", METRICS_EVERY_S, recorder.flush, first_s=METRICS_EVERY_S)


def _dependencies(
    config: GatewayConfig, stores: Stores, metrics: GatewayMetrics, rate_limits: ClientRateLimits
) -> PictureDependencies:
    """Return what a picture request needs."""
    keys = ApiKeyCache(stores.keys, metrics, free_key=config.free_key_enabled or False)
    change_feed = ChangeFeed(stores.changes, keys, free_key=config.free_key_enabled)
    metrics.watch_limit("pinned_ids", lambda: len(change_feed.pinned_art), MOST_NAMES)
    return PictureDependencies(
        keys=keys,
        change_feed=change_feed,
        rate_limits=rate_limits,
        settings_per_day=SettingsPerDay(
            stores.settings_of_days,
            metrics,
            # With presets it has no settings of its own choice.
            most_of_free_key=0 if config.free_key_presets else config.free_key_settings_per_day,
            most=config.key_settings_per_day,
        ),
        resolver=SettingsResolver(),
        settings_store=stores.settings_store,
        new_settings=NewSettings(stores.settings_store, rate_limits),
        settings_usage=SettingsUsage(stores.mark_settings_used, metrics),
        prefetch=Prefetch(stores.offers, metrics),
        usage=Usage(stores.usage, metrics),
        first_pictures=FirstPictures(),
        metrics=metrics,
    )


def _add_tasks(tasks: Supervisor, deps: PictureDependencies, config: GatewayConfig, stores: Stores) -> None:
    """Add the background tasks that every gateway runs."""
    tasks.add("prefetch", deps.prefetch.run)
    tasks.add("key_read_ahead", deps.keys.read_ahead)
    tasks.add_periodic("key_changes", CHANGES_EVERY_S, deps.change_feed.poll)
    tasks.add_periodic("usage", USAGE_EVERY_S, deps.usage.flush, first_s=USAGE_EVERY_S)
    tasks.add_periodic("settings_usage", SETTINGS_EVERY_S, deps.settings_usage.tick, first_s=SETTINGS_EVERY_S)
    if config.admin is not None:
        tasks.add("bootstrap_admin", partial(create_bootstrap_admin, stores.ensure_admin, *config.admin))


def _add_settings_tasks(
    tasks: Supervisor, deps: PictureDependencies, stores: Stores, outside: ManagementStores
) -> None:
    """Add the tasks that need the API's stores: for deleted settings, for saved ones, and for the names of clients."""
    drop = partial(drop_deleted_settings, outside.redis, stores.settings_store, stores.unreadable)
    tasks.add("deleted_settings", drop)
    tasks.add_periodic("first_pictures", FIRST_PICTURES_EVERY_S, partial(deps.first_pictures.flush, outside.redis))
    saved = SavedSettings(outside.pool, deps.change_feed)
    tasks.add_periodic("saved_settings", SAVED_EVERY_S, saved.keep, first_s=SAVED_FIRST_S)


def _watch_pools(outside: ManagementStores, metrics: StoreMetrics) -> None:
    metrics.watch("postgres", partial(postgres.postgres_connections, outside.pool))
    metrics.watch("redis", partial(connect.redis_connections, outside.redis))


async def _open_proxy(pictures: Pictures, config: GatewayConfig, app: web.Application) -> AsyncIterator[None]:
    bucket_url = config.content_direct_url
    async with PictureProxy.open(config.renderer_url, app[METRICS], bucket_url=bucket_url) as pictures.proxy:
        yield


@asynccontextmanager
async def _background(tasks: Supervisor, final_steps: Sequence[FinalStep]) -> AsyncIterator[None]:
    """Run the background tasks; after the last response, run the final steps."""
    async with tasks:
        yield
    for step in final_steps:
        await step()
