"""Every address of the gateway outside ``/api``, one line each; the first match wins."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from gateway.api.fallback_routes import FallbackRoutes
from gateway.keys.key_status import KeyStatusApi
from gateway.pictures import rpdb
from gateway.pictures.handler import Pictures
from gateway.web.assets import ADDRESS as ASSETS
from gateway.web.assets import Assets
from gateway.web.manual import Manual
from gateway.web.pages import CURRENT, PageCard, PageContext, Pages
from gateway.web.samples import admin_context
from shared.observability.health import Probes
from shared.observability.metrics import add_probes

# Any text may stand in a part, even none: the error explains what is wrong, unlike a bare 404.
PICTURE: Final = "/{id_type:[^/]*}/{style:[^/]*}/{file:[^/]*}"
CHOSEN: Final = "/imdb/{style:[^/]*}/tmdb-poster/{title:[^/.]*}/{file:[^/]*}"
IS_VALID: Final = "/isValid"
REQUESTS: Final = "/requests"
ANYTHING: Final = "/{rest:(?s:.*)}"

KEYED: Final = "/{key:[^/]*}"
KEYED_BELOW_API: Final = f"{rpdb.PREFIX}/{{key:{rpdb.KEY}}}"
KEYED_BEHIND_TWO: Final = "//{key:[^/]*}"
"""What a client requests when its base address ends in a slash."""


def add_pages(
    app: web.Application,
    pages: Pages,
    assets: Assets,
    manual: Manual,
    context: Mapping[str, PageContext],
    card: PageCard,
) -> None:
    """Add the pages; ``context`` has the template variables of each page that needs any, by name."""
    app.router.add_get("/", pages.page("home.html", context["home"], card=card, lifetime=CURRENT))
    app.router.add_get("/configure", pages.page("configure.html", context["configure"], card=card, lifetime=CURRENT))
    app.router.add_get("/design", pages.page("design.html", context["design"], lifetime=CURRENT))
    app.router.add_get("/key", pages.page("key.html", context["configure"], lifetime=CURRENT, is_open=True))
    app.router.add_get("/admin", pages.page("admin.html", admin_context, is_open=True))
    app.router.add_get("/docs/api", pages.page("docs.html", context["docs"]))
    for page in manual.pages:
        more = context["clients"] if page.template == "guides.html" else None
        app.router.add_get(page.address, pages.page(page.template, partial(manual.facts, page, more)))
    app.router.add_get(ASSETS, assets.serve)
    app.router.add_get("/favicon.ico", assets.icon)


def add_routes(
    app: web.Application, pictures: Pictures, questions: KeyStatusApi, probes: Probes, rest: FallbackRoutes
) -> None:
    """Add the keyed addresses and the probes; the most used address comes first."""
    for keyed in (KEYED, KEYED_BELOW_API, KEYED_BEHIND_TWO):
        handlers = {
            PICTURE: pictures.redirect,
            CHOSEN: pictures.redirect_chosen,
            IS_VALID: questions.is_valid,
            REQUESTS: questions.requests,
        }
        for path, handler in handlers.items():
            app.router.add_get(keyed + path, handler)
            app.router.add_route(hdrs.METH_OPTIONS, keyed + path, rest.preflight)
            app.router.add_route("*", keyed + path, rest.not_allowed)
    app.router.add_route("*", KEYED_BELOW_API + ANYTHING, rest.unknown)  # otherwise "api" would be taken for a key
    add_probes(app, probes)
    app.router.add_route("*", ANYTHING, rest.unknown)
