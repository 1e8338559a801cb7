"""The content server's application: its routes, none of which needs a credential."""

from aiohttp import web

from renderer.content.client_limits import ClientLimits
from renderer.content.handlers import ContentHandlers
from renderer.content.service import ContentService
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from shared.observability.health import Probes
from shared.observability.metrics import add_probes

MAX_BODY_BYTES = 1024  # requests have no body


def content_app(
    *,
    content: ContentService,
    dependencies: Dependencies,
    metrics: RendererMetrics,
    probes: Probes,
    limits: ClientLimits | None = None,
) -> web.Application:
    """Return the application for ``/c/…`` and the probes."""
    handlers = ContentHandlers(content, dependencies, metrics=metrics, limits=limits)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    path = "/c/{hash}/{id_type}/{style}/{file}"
    app.router.add_get(path, handlers.picture)
    app.router.add_route("OPTIONS", path, handlers.preflight)
    add_probes(app, probes)
    app.router.add_route("*", "/{rest:(?s:.*)}", handlers.not_found)  # last: the first match wins
    return app
