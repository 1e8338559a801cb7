"""Builds the gateway by hand: every part in the order in which it opens, closed in reverse."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.admin.first import make_first_admin
from gateway.admin.titles import Titles
from gateway.admin.warming import WarmUps
from gateway.allowances import Allowances
from gateway.asked import AskedLooks
from gateway.auth.api import Api
from gateway.auth.limits import RateLimits
from gateway.auth.metrics import ManagementMetrics
from gateway.auth.passwords import Passwords
from gateway.auth.sign_in import SignIn
from gateway.auth.tokens import AccessTokens
from gateway.background import going_on
from gateway.direct import DirectPictures
from gateway.fallthrough import Fallthrough
from gateway.hints import Hints
from gateway.keys.handlers import KeyQuestions
from gateway.keys.lookup import KeyLookup
from gateway.keys.news import Newsreader
from gateway.metrics import GatewayMetrics
from gateway.pictures import PictureParts, Pictures
from gateway.routes import Management, add_management, add_routes
from gateway.state import HINTS, KEYS, METRICS, NEWS, USAGE
from gateway.stores import ManagementStores, Stores
from gateway.usage import Usage
from shared.clients import Clients
from shared.config import GatewayConfig
from shared.telemetry.probes import Probes

LARGEST_BODY: Final = 1024
"""Bytes; nothing but management reads a body, and that with limits of its own."""

DRAIN_S: Final = 10.0
"""Longest wait for open answers when the process stops; an answer takes milliseconds, or one look at a store."""


def build_app(config: GatewayConfig, stores: Stores, registry: CollectorRegistry, probes: Probes) -> web.Application:
    """Return the app, ready to be served; the stores must be open for as long as it runs."""
    app = web.Application(client_max_size=LARGEST_BODY)
    metrics = app[METRICS] = GatewayMetrics(registry)
    clients = Clients(config.trusted_proxies)
    keys = app[KEYS] = KeyLookup(stores.keys, metrics, free_key=config.free_key_enabled or False)
    news = app[NEWS] = Newsreader(stores.news, keys, free_key=config.free_key_enabled)
    usage = app[USAGE] = Usage(stores.usage, metrics)
    hints = app[HINTS] = Hints(stores.offers, metrics)
    asked = AskedLooks(stores.note_asked, metrics)
    rates = stores.rates if config.rate_limits else None
    allowances = Allowances(clients, rates)
    parts = PictureParts(
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
    last: list[Callable[[], Awaitable[None]]] = [hints.flush, usage.close, keys.close, asked.close]
    if stores.management is not None:
        last.append(_build_management(app, config, stores, stores.management, registry))
    add_routes(app, pictures, questions, probes, Fallthrough(metrics))
    for name, ping in stores.pings.items():
        # Not required: with either store down, what is in memory still redirects.
        probes.add(name, ping, required=False)
    works = {"hints": hints.run, "usage": usage.run, "keys": keys.read_ahead, "news": news.run, "asked": asked.run}
    if rates is not None:
        metrics.watch_limit("rate_cells", lambda: rates.cells, rates.most_cells)
        works["rates"] = rates.run
    if config.admin is not None:
        works["first_admin"] = partial(make_first_admin, stores.admins, *config.admin)
    app.cleanup_ctx.append(lambda _: _background(works, last))
    return app


def _build_management(
    app: web.Application,
    config: GatewayConfig,
    stores: Stores,
    outside: ManagementStores,
    registry: CollectorRegistry,
) -> Callable[[], Awaitable[None]]:
    """Add what is under ``/api``; returns what ends it."""
    passwords = Passwords(app[METRICS])
    sign_in = SignIn(
        outside.pool,
        passwords=passwords,
        tokens=AccessTokens(config.jwt_secret),
        limits=RateLimits(outside.redis),
        clients=Clients(config.trusted_proxies),
        is_open=config.admin is None,
    )
    warm_ups = WarmUps(outside.queue, stores.looks, app[METRICS])
    api = Api(
        sign_in.session, ManagementMetrics(registry), cookie_secure=config.cookie_secure, cors_origin=config.cors_origin
    )
    management = Management(sign_in=sign_in, titles=Titles(outside.pool), warm_ups=warm_ups)
    add_management(app, api, management)

    async def close() -> None:
        await warm_ups.close()
        passwords.close()

    return close


async def _open_streams(pictures: Pictures, renderer_url: str, app: web.Application) -> AsyncIterator[None]:
    async with DirectPictures.open(renderer_url, app[METRICS]) as pictures.streams:
        yield


@asynccontextmanager
async def _background(
    works: Mapping[str, Callable[[], Awaitable[None]]], last: Sequence[Callable[[], Awaitable[None]]]
) -> AsyncIterator[None]:
    """Do the work beside the requests; when the last request is answered, do what is left to do."""
    async with going_on(works):
        yield
    for step in last:
        await step()
