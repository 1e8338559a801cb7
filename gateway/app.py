"""Builds the gateway: every part in the order in which it opens; they close in reverse order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

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
from gateway.keys.usage import EVERY_S as USAGE_EVERY_S
from gateway.keys.usage import Usage
from gateway.management import build_management
from gateway.metrics import GatewayMetrics
from gateway.pictures.handler import PictureDependencies, Pictures
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.proxy import PictureProxy
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.pictures.settings_usage import EVERY_S as SETTINGS_EVERY_S
from gateway.pictures.settings_usage import SettingsUsage
from gateway.routes import add_routes
from gateway.stores import ManagementStores, Stores
from shared.concurrency.supervisor import Supervisor
from shared.http.client_ip import ClientIps
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info
from shared.observability.tracing import OFF, Tracing
from shared.stores import postgres
from shared.stores import redis as connect
from shared.stores.daily_metrics import EVERY_S as METRICS_EVERY_S

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
    export_build_info(registry, "gateway")
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
    app.cleanup_ctx.append(partial(_open_proxy, pictures, config.renderer_url))
    questions = KeyStatusApi(keys=keys, rate_limits=rate_limits, usage=usage, metrics=metrics)
    rest = FallbackRoutes(metrics)
    last: list[Callable[[], Awaitable[None]]] = [prefetch.flush, usage.close, keys.close, settings_usage.close]
    if stores.management is not None:
        last.append(build_management(app, config, deps, outside=stores.management, rest=rest))
    add_routes(app, pictures, questions, probes, rest)
    for name, ping in stores.pings.items():
        # Not required: with either store down, cached keys and settings still redirect.
        probes.add(name, ping, required=False)
    tasks = Supervisor(registry)
    probes.watch_tasks(tasks.failing)
    tasks.add("prefetch", prefetch.run)
    tasks.add("key_read_ahead", keys.read_ahead)
    tasks.add_periodic("key_changes", CHANGES_EVERY_S, change_feed.poll)
    tasks.add_periodic("usage", USAGE_EVERY_S, usage.flush, first_s=USAGE_EVERY_S)
    tasks.add_periodic("settings_usage", SETTINGS_EVERY_S, settings_usage.tick, first_s=SETTINGS_EVERY_S)
    if rates is not None:
        metrics.watch_limit("rate_cells", lambda: rates.cells, rates.most_cells)
        tasks.add("rate_limits", rates.run)
        last.append(rates.flush)
    if stores.management is not None:
        _watch_pools(stores.management, StoreMetrics(registry))
        recorder = gateway_history(stores.management.redis, registry)
        tasks.add_periodic("daily_metrics", METRICS_EVERY_S, recorder.flush, first_s=METRICS_EVERY_S)
    if config.admin is not None:
        tasks.add("bootstrap_admin", partial(create_bootstrap_admin, stores.ensure_admin, *config.admin))
    app.cleanup_ctx.append(lambda _: _background(tasks, last))
    return app


def _watch_pools(outside: ManagementStores, metrics: StoreMetrics) -> None:
    metrics.watch("postgres", partial(postgres.postgres_connections, outside.pool))
    metrics.watch("redis", partial(connect.redis_connections, outside.redis))


async def _open_proxy(pictures: Pictures, renderer_url: str, app: web.Application) -> AsyncIterator[None]:
    async with PictureProxy.open(renderer_url, app[METRICS]) as pictures.proxy:
        yield


@asynccontextmanager
async def _background(tasks: Supervisor, last: Sequence[Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Run the background tasks; after the last response, run the final steps."""
    async with tasks:
        yield
    for step in last:
        await step()
