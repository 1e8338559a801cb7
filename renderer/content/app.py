"""The content server's application: its routes, and nothing that needs a credential."""

from aiohttp import web

from renderer.content.client_limits import ClientLimits
from renderer.content.handlers import ContentHandlers
from renderer.content.service import ContentService
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from shared.observability.health import Probes
from shared.observability.metrics import add_probes

MOST_BODY_BYTES = 1024  # nobody sends one


def content_app(
    *,
    library: ContentService,
    tools: Dependencies,
    metrics: RendererMetrics,
    probes: Probes,
    limits: ClientLimits | None = None,
) -> web.Application:
    """Return the application for ``/c/…`` and the probes."""
    handlers = ContentHandlers(library, tools, metrics=metrics, limits=limits)
    app = web.Application(client_max_size=MOST_BODY_BYTES)
    path = "/c/{hash}/{id_type}/{style}/{file}"
    app.router.add_get(path, handlers.picture)
    app.router.add_route("OPTIONS", path, handlers.preflight)
    add_probes(app, probes)
    app.router.add_route("*", "/{rest:(?s:.*)}", handlers.nothing_here)  # last: the first that fits wins
    return app
