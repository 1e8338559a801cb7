"""Metrics and probes as pages, for a port of their own that callers cannot reach.

The metrics that both processes share are declared here: the build, and the stores' connection pools.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from shared.domain.version import VERSION
from shared.observability.health import Probes

_HEADERS: Final = {"Cache-Control": "no-store", "Server": "marquee"}

_REGISTRY: Final = web.AppKey("registry", CollectorRegistry)
_PROBES: Final = web.AppKey("probes", Probes)
_UP: Final = web.AppKey("up", Gauge)
_USABLE: Final = web.AppKey("usable", Gauge)
_EXERCISED: Final = frozenset({"postgres", "redis"})
"""The stores whose check does what the product does with them, not only asks whether they answer."""


class Connections(msgspec.Struct, frozen=True):
    """A connection pool: connections in use, open, and the maximum."""

    used: int
    open: int
    most: int


class StoreMetrics:
    """Connections to the stores, in a registry that is handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._used, self._open, self._limit = (
            Gauge(name, text, ["store"], registry=registry)
            for name, text in (
                ("store_connections_used", "Connections to a store that are in use."),
                ("store_connections_open", "Connections to a store that are open, idle ones included."),
                ("store_connections_limit", "Most connections to a store."),
            )
        )

    def watch(self, store: str, count: Callable[[], Connections]) -> None:
        """Export a store's pool, read at each scrape."""
        self._used.labels(store).set_function(lambda: count().used)
        self._open.labels(store).set_function(lambda: count().open)
        self._limit.labels(store).set_function(lambda: count().most)


def export_build_info(registry: CollectorRegistry, service: str, *, pixels: str = "") -> None:
    """Export the service, its version, and the drawing library behind its pixels."""
    Gauge(
        "marquee_build_info",
        "1, labelled with what this process is.",
        ["service", "version", "pixels"],
        registry=registry,
    ).labels(service, VERSION, pixels).set(1)


def new_registry() -> CollectorRegistry:
    """Return a registry with the metrics of the process, the interpreter and its garbage collector."""
    # They would add a second series for every counter, which no dashboard uses.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client has no hints here
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def metrics_app(registry: CollectorRegistry, probes: Probes) -> web.Application:
    """Return the pages ``/metrics``, ``/livez`` and ``/readyz``."""
    app = web.Application()
    app[_REGISTRY] = registry
    app[_UP] = Gauge("store_up", "1 if the store answered within a second.", ["store"], registry=registry)
    app[_USABLE] = Gauge(
        "marquee_store_usable",
        "1 if the last check could do in the store what this process needs, 0 if not.",
        ["store"],
        registry=registry,
    )
    app.router.add_get("/metrics", metrics_page)
    add_probes(app, probes)
    return app


def add_probes(app: web.Application, probes: Probes) -> None:
    """Add the pages ``/livez`` and ``/readyz`` to an application."""
    app[_PROBES] = probes
    app.router.add_get("/livez", live_page)
    app.router.add_get("/readyz", ready_page)


async def metrics_page(request: web.Request) -> web.Response:
    """Answer with all metrics, in the format that the client prefers, after checking the stores."""
    for name, check in (await request.app[_PROBES].dependencies()).items():
        request.app[_UP].labels(name).set(check.ok)
        if name in _EXERCISED:
            request.app[_USABLE].labels(name).set(check.ok)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return web.Response(body=encode(request.app[_REGISTRY]), headers=_HEADERS | {"Content-Type": content_type})


async def live_page(_request: web.Request) -> web.Response:
    """Answer 200: a process that answers is alive, even if its stores are down."""
    return web.Response(body=b'{"alive":true}', headers=_HEADERS, content_type="application/json")


async def ready_page(request: web.Request) -> web.Response:
    """Answer 200 when ready and 503 when not, with the result of each check."""
    report = await request.app[_PROBES].report()
    status = HTTPStatus.OK if report.ready else HTTPStatus.SERVICE_UNAVAILABLE
    body = msgspec.json.encode(report)
    return web.Response(body=body, status=status, headers=_HEADERS, content_type="application/json")
