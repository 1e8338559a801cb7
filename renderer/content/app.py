"""The content server's application: its routes, none of which needs a credential."""

from typing import Final

from aiohttp import web

from renderer.content.artwork_lists import ENDING, RATINGS_ENDING, ArtworkLists
from renderer.content.bucket_redirects import BucketRedirects
from renderer.content.client_limits import ClientLimits
from renderer.content.handlers import ContentHandlers
from renderer.content.public_lists import PublicLists
from renderer.content.service import ContentService
from renderer.content.title_searches import TitleSearches
from renderer.content.warm_hits import ROUTE, WarmHits
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from shared.domain.public_list import LIST_SOURCES, PUBLIC_LISTS_PATH
from shared.domain.title_query import POSTERS_PATH, TITLES_PATH
from shared.http.client_ip import ClientIps
from shared.http.fast_path import FAST_PATH, FastPath
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import add_probes
from shared.observability.tracer import OFF, Tracing

MAX_BODY_BYTES: Final = 1024  # requests have no body
UNREAD_PICTURES_BYTES: Final = 128 << 20
"""Most bytes of pictures that wait for slow clients."""

NO_PROXIES: Final = ClientIps(())


def content_app(
    *,
    content: ContentService,
    dependencies: Dependencies,
    metrics: RendererMetrics,
    probes: Probes,
    limits: ClientLimits | None = None,
    clients: ClientIps = NO_PROXIES,
    tracing: Tracing = OFF,
    fast_path: bool = False,
    bucket_url: str | None = None,
    artwork: ArtworkLists | None = None,
    searches: TitleSearches | None = None,
    lists: PublicLists | None = None,
) -> web.Application:
    """Return the application for ``/c/…`` and the probes; ``fast_path`` answers warm hits below aiohttp.

    With ``bucket_url``, callers are sent to the bucket for what is stored and fresh. ``artwork`` serves the lists of
    artwork and ratings below the addresses of pictures; ``searches`` and ``lists`` serve gateways, with the titles that
    a search finds and those of a public list.
    """
    bucket = BucketRedirects(bucket_url) if bucket_url else None
    handlers = ContentHandlers(content, dependencies, metrics=metrics, limits=limits, bucket=bucket)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_get(ROUTE, handlers.picture)
    app.router.add_route("OPTIONS", ROUTE, handlers.preflight)
    if artwork is not None:
        app.router.add_get(ROUTE + ENDING, artwork.show)
        app.router.add_get(ROUTE + RATINGS_ENDING, artwork.ratings)
        for ending in (ENDING, RATINGS_ENDING):
            app.router.add_route("OPTIONS", ROUTE + ending, handlers.preflight)
    if searches is not None:
        app.router.add_get(TITLES_PATH, searches.show)
        app.router.add_get(POSTERS_PATH + "/{file}", searches.poster)
    if lists is not None:
        app.router.add_get(PUBLIC_LISTS_PATH + f"/{{source:{'|'.join(LIST_SOURCES)}}}", lists.show)
    add_probes(app, probes)
    app.router.add_route("*", "/{rest:(?s:.*)}", handlers.not_found)  # last: the first match wins
    trace_requests(app, tracing, clients)
    if fast_path:
        warm = WarmHits(
            content,
            dependencies,
            limits=limits,
            count_hit=handlers.count_hit,
            count_redirect=handlers.count_redirect,
            tracing=tracing,
            bucket=bucket,
        )
        app[FAST_PATH] = FastPath(warm, clients, is_traced=tracing.is_on)
    return app
