"""Builds the gateway by hand: every part in the order in which it opens, closed in reverse."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.admin.admins_api import AdminAccounts
from gateway.admin.audit_api import AuditLog
from gateway.admin.bootstrap_admin import create_bootstrap_admin
from gateway.admin.daily_metrics_api import LastDay, history
from gateway.admin.dead_letters_api import DeadLettersApi
from gateway.admin.global_settings_api import GlobalSettings
from gateway.admin.images_api import Images
from gateway.admin.prewarm_api import PrewarmApi
from gateway.admin.prewarm_state import PrewarmState
from gateway.admin.purges_api import Purges
from gateway.admin.redraw_api import Redraw
from gateway.admin.stats_api import Stats
from gateway.admin.titles_api import Titles
from gateway.api.endpoint import Api
from gateway.api.fallback_routes import FallbackRoutes
from gateway.app_keys import HINTS, KEYS, METRICS, NEWS, USAGE
from gateway.auth.passwords import Passwords
from gateway.auth.session_tokens import AccessTokens
from gateway.auth.sign_in_api import SignIn
from gateway.auth.sign_in_limits import RateLimits
from gateway.config import GatewayConfig
from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import EVERY_S as CHANGES_EVERY_S
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.key_settings_api import KeyChoices
from gateway.keys.keys_api import KeyManagement
from gateway.keys.profiles_api import Profiles
from gateway.keys.status import KeyQuestions
from gateway.keys.token import FREE_KEY
from gateway.keys.usage import EVERY_S as USAGE_EVERY_S
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics
from gateway.pictures.handler import PictureDependencies, Pictures, looks_of
from gateway.pictures.prefetch import Prefetch
from gateway.pictures.preview import Preview
from gateway.pictures.proxy import PictureProxy
from gateway.pictures.rate_limits import Allowances
from gateway.pictures.settings_usage import EVERY_S as SETTINGS_EVERY_S
from gateway.pictures.settings_usage import SettingsUsage
from gateway.routes import Management, add_management, add_pages, add_routes
from gateway.stores import ManagementStores, PostgresKeys, Stores
from gateway.web.assets import Assets
from gateway.web.pages import Pages
from gateway.web.parameters import look_facts
from gateway.web.reference import Reference
from gateway.web.samples import Wall
from shared.concurrency.supervisor import Supervisor
from shared.http.client_ip import ClientIps
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info
from shared.observability.tracing import OFF, Tracing
from shared.settings.digest import SettingsHash
from shared.stores import postgres
from shared.stores import redis as connect
from shared.stores.daily_metrics import EVERY_S as METRICS_EVERY_S

LARGEST_BODY: Final = 1024
"""Bytes; nothing but management reads a body, and that with limits of its own."""

DRAIN_S: Final = 10.0
"""Longest wait for open answers when the process stops; an answer takes milliseconds, or one look at a store."""


def build_app(
    config: GatewayConfig, stores: Stores, registry: CollectorRegistry, probes: Probes, *, tracing: Tracing = OFF
) -> web.Application:
    """Return the app, ready to be served; the stores must be open for as long as it runs."""
    app = web.Application(client_max_size=LARGEST_BODY)
    metrics = app[METRICS] = GatewayMetrics(registry)
    export_build_info(registry, "gateway")
    clients = ClientIps(config.trusted_proxies)
    trace_requests(app, tracing, clients)
    tracing.watch(registry)
    keys = app[KEYS] = ApiKeyCache(stores.keys, metrics, free_key=config.free_key_enabled or False)
    news = app[NEWS] = ChangeFeed(stores.news, keys, free_key=config.free_key_enabled)
    usage = app[USAGE] = Usage(stores.usage, metrics)
    hints = app[HINTS] = Prefetch(stores.offers, metrics)
    asked = SettingsUsage(stores.mark_settings_used, metrics)
    rates = stores.rates if config.rate_limits else None
    allowances = Allowances(clients, rates)
    parts = PictureDependencies(
        keys=keys,
        news=news,
        allowances=allowances,
        looks=stores.looks,
        asked=asked,
        hints=hints,
        usage=usage,
        metrics=metrics,
    )
    pictures = Pictures(parts, content_base_url=config.content_base_url, redirects=config.redirects)
    app.cleanup_ctx.append(partial(_open_streams, pictures, config.renderer_url))
    questions = KeyQuestions(keys=keys, allowances=allowances, usage=usage, metrics=metrics)
    rest = FallbackRoutes(metrics)
    last: list[Callable[[], Awaitable[None]]] = [hints.flush, usage.close, keys.close, asked.close]
    if stores.management is not None:
        last.append(_build_management(app, config, parts, outside=stores.management, rest=rest))
    add_routes(app, pictures, questions, probes, rest)
    for name, ping in stores.pings.items():
        # Not required: with either store down, what is in memory still redirects.
        probes.add(name, ping, required=False)
    tasks = Supervisor(registry)
    probes.watch_tasks(tasks.failing)
    tasks.add("prefetch", hints.run)
    tasks.add("key_read_ahead", keys.read_ahead)
    tasks.add_periodic("key_changes", CHANGES_EVERY_S, news.look)
    tasks.add_periodic("usage", USAGE_EVERY_S, usage.flush, first_s=USAGE_EVERY_S)
    tasks.add_periodic("settings_usage", SETTINGS_EVERY_S, asked.tick, first_s=SETTINGS_EVERY_S)
    if rates is not None:
        metrics.watch_limit("rate_cells", lambda: rates.cells, rates.most_cells)
        tasks.add("rate_limits", rates.run)
        last.append(rates.flush)
    if stores.management is not None:
        _watch_pools(stores.management, StoreMetrics(registry))
        numbers = history(stores.management.redis, registry)
        tasks.add_periodic("daily_metrics", METRICS_EVERY_S, numbers.flush, first_s=METRICS_EVERY_S)
    if config.admin is not None:
        tasks.add("bootstrap_admin", partial(create_bootstrap_admin, stores.admins, *config.admin))
    app.cleanup_ctx.append(lambda _: _background(tasks, last))
    return app


def _build_management(
    app: web.Application,
    config: GatewayConfig,
    parts: PictureDependencies,
    *,
    outside: ManagementStores,
    rest: FallbackRoutes,
) -> Callable[[], Awaitable[None]]:
    """Add what is under ``/api``; returns what ends it."""
    passwords = Passwords(app[METRICS])
    sign_in = SignIn(
        outside.pool,
        passwords=passwords,
        tokens=AccessTokens(*config.jwt_secrets),
        limits=RateLimits(outside.redis),
        clients=ClientIps(config.trusted_proxies),
        is_open=config.admin is None,
    )
    warm_ups = PrewarmApi(
        outside.queue, parts.looks, board=PrewarmState(outside.redis), pool=outside.pool, metrics=app[METRICS]
    )
    assets = Assets()
    pages = Pages(assets, content_base_url=config.content_base_url)
    api = Api(
        sign_in.session,
        app[METRICS],
        cookie_secure=config.cookie_secure,
        cors_origin=config.cors_origin,
        render=pages.render,
    )

    async def looks_of_key(key_id: int) -> list[SettingsHash]:
        holder = await PostgresKeys(outside.pool).of(key_id)
        return [] if holder is None else looks_of(holder, parts.news.choices)

    management = Management(
        sign_in=sign_in,
        keys=KeyManagement(outside.pool, app[USAGE]),
        admins=AdminAccounts(outside.pool, passwords),
        audit=AuditLog(outside.pool),
        titles=Titles(outside.pool),
        warm_ups=warm_ups,
        key_choices=KeyChoices(outside.pool),
        profiles=Profiles(outside.pool),
        global_settings=GlobalSettings(outside.pool, free_key=config.free_key_enabled),
        stats=Stats(outside.pool, outside.redis, outside.queue),
        images=Images(outside.pool, content_base_url=config.content_base_url),
        last_day=LastDay(outside.redis),
        letters=DeadLettersApi(outside.pool, outside.redis, outside.queue),
        redraw=Redraw(outside.pool, outside.redis, outside.queue),
        purges=Purges(outside.pool, looks_of_key=looks_of_key),
        preview=Preview(parts, sign_in.session, content_base_url=config.content_base_url),
    )
    description = add_management(app, api, management)
    wall = Wall(parts, content_base_url=config.content_base_url)

    async def home() -> dict[str, Any]:
        return await wall.pictures() | {"free_key": parts.keys.free_key}

    async def configure() -> dict[str, Any]:
        return {"facts": look_facts(parts.news.choices, FREE_KEY if parts.keys.free_key else None)}

    reference = Reference(description.document).facts
    add_pages(app, pages, assets, {"home": home, "configure": configure, "docs": reference})
    rest.page = pages.not_found

    async def close() -> None:
        await warm_ups.close()
        passwords.close()

    return close


def _watch_pools(outside: ManagementStores, metrics: StoreMetrics) -> None:
    metrics.watch("postgres", partial(postgres.connections, outside.pool))
    metrics.watch("redis", partial(connect.connections, outside.redis))


async def _open_streams(pictures: Pictures, renderer_url: str, app: web.Application) -> AsyncIterator[None]:
    async with PictureProxy.open(renderer_url, app[METRICS]) as pictures.streams:
        yield


@asynccontextmanager
async def _background(tasks: Supervisor, last: Sequence[Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Run the background tasks; after the last request, stop them and take the ``last`` steps."""
    async with tasks:
        yield
    for step in last:
        await step()
