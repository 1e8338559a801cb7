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
from gateway.auth.api import Api
from gateway.auth.clients import Clients
from gateway.auth.limits import RateLimits
from gateway.auth.metrics import ManagementMetrics
from gateway.auth.passwords import Passwords
from gateway.auth.sign_in import SignIn
from gateway.auth.tokens import AccessTokens
from gateway.background import going_on
from gateway.fallthrough import Fallthrough
from gateway.hints import Hints
from gateway.keys.handlers import KeyQuestions
from gateway.keys.lookup import KeyLookup
from gateway.metrics import GatewayMetrics
from gateway.pictures import Pictures
from gateway.redirects import Redirects
from gateway.routes import add_management, add_routes
from gateway.state import HINTS, KEYS, METRICS, USAGE
from gateway.stores import ManagementStores, Stores
from gateway.usage import Usage
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
    keys = app[KEYS] = KeyLookup(stores.keys, metrics, free_key=config.free_key_enabled or False)
    usage = app[USAGE] = Usage(stores.usage, metrics)
    hints = app[HINTS] = Hints(stores.offers, metrics)
    pictures = Pictures(
        keys=keys,
        looks=stores.looks,
        redirects=Redirects(config.content_base_url),
        hints=hints,
        usage=usage,
        metrics=metrics,
    )
    questions = KeyQuestions(keys=keys, usage=usage, metrics=metrics)
    last: list[Callable[[], Awaitable[None]]] = [hints.flush, usage.close, keys.close]
    if stores.management is not None:
        last.append(_build_management(app, config, stores, stores.management, registry))
    add_routes(app, pictures, questions, probes, Fallthrough(metrics))
    for name, ping in stores.pings.items():
        # Not required: with either store down, what is in memory still redirects.
        probes.add(name, ping, required=False)
    works = {"hints": hints.run, "usage": usage.run, "keys": keys.read_ahead}
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
    api = Api(sign_in.session, ManagementMetrics(registry), cookie_secure=config.cookie_secure)
    add_management(app, api, sign_in, Titles(outside.pool), warm_ups)

    async def close() -> None:
        await warm_ups.close()
        passwords.close()

    return close


@asynccontextmanager
async def _background(
    works: Mapping[str, Callable[[], Awaitable[None]]], last: Sequence[Callable[[], Awaitable[None]]]
) -> AsyncIterator[None]:
    """Do the work beside the requests; when the last request is answered, do what is left to do."""
    async with going_on(works):
        yield
    for step in last:
        await step()
