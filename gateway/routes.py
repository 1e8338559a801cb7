"""Every address that the gateway answers, one line each; the first that fits wins."""

from typing import Final

from aiohttp import web

from gateway.fallthrough import Fallthrough
from gateway.keys.handlers import KeyQuestions
from gateway.pictures import Pictures
from shared.telemetry.metrics import add_probes
from shared.telemetry.probes import Probes

# The parts may be anything, even nothing: what is wrong with them is said in a sentence, not with a bare 404.
PICTURE: Final = "/{key:[^/]*}/{id_type:[^/]*}/{style:[^/]*}/{file:[^/]*}"
IS_VALID: Final = "/{key:[^/]*}/isValid"
REQUESTS: Final = "/{key:[^/]*}/requests"
ANYTHING: Final = "/{rest:(?s:.*)}"


def add_routes(
    app: web.Application, pictures: Pictures, questions: KeyQuestions, probes: Probes, rest: Fallthrough
) -> None:
    """Put the handlers where callers look for them."""
    app.add_routes(
        [
            web.get(PICTURE, pictures.redirect),
            web.options(PICTURE, rest.preflight),
            web.route("*", PICTURE, rest.not_allowed),
            web.get(IS_VALID, questions.is_valid),
            web.options(IS_VALID, rest.preflight),
            web.route("*", IS_VALID, rest.not_allowed),
            web.get(REQUESTS, questions.requests),
            web.options(REQUESTS, rest.preflight),
            web.route("*", REQUESTS, rest.not_allowed),
        ]
    )
    add_probes(app, probes)
    app.router.add_route("*", ANYTHING, rest.unknown)
