"""Every address that the gateway answers, one line each; the first that fits wins."""

from typing import Any, Final, TypeVar

from aiohttp import hdrs, web

from gateway.admin.titles import Titles
from gateway.admin.warming import LARGEST_BODY, WarmRequest, WarmUps
from gateway.auth.api import Api, Endpoint, Handle, Nothing
from gateway.auth.sign_in import Credentials, NewAdmin, PasswordChange, SignIn
from gateway.fallthrough import Fallthrough
from gateway.keys.handlers import KeyQuestions
from gateway.pictures import Pictures
from shared.telemetry.metrics import add_probes
from shared.telemetry.probes import Probes

_B = TypeVar("_B")

# The parts may be anything, even nothing: what is wrong with them is said in a sentence, not with a bare 404.
PICTURE: Final = "/{key:[^/]*}/{id_type:[^/]*}/{style:[^/]*}/{file:[^/]*}"
IS_VALID: Final = "/{key:[^/]*}/isValid"
REQUESTS: Final = "/{key:[^/]*}/requests"
ANYTHING: Final = "/{rest:(?s:.*)}"


def add_management(app: web.Application, api: Api, sign_in: SignIn, titles: Titles, warm_ups: WarmUps) -> None:
    """Put management where its pages look for it, before the pictures: an address of theirs has four parts too."""
    api.add_routes(app, management_endpoints(sign_in, titles, warm_ups))


def management_endpoints(sign_in: SignIn, titles: Titles, warm_ups: WarmUps) -> list[Endpoint[Any]]:
    """Return every address of management; those that are not open are for admins."""
    get, post = hdrs.METH_GET, hdrs.METH_POST
    warm = Endpoint(
        name="warm",
        method=post,
        path="/api/admin/warm",
        handle=warm_ups.warm,
        body=WarmRequest,
        largest_body=LARGEST_BODY,
    )
    return [
        _open("status", get, "/api/auth/status", sign_in.status, Nothing),
        _open("setup", post, "/api/auth/setup", sign_in.setup, NewAdmin),
        _open("login", post, "/api/auth/login", sign_in.login, Credentials),
        _open("refresh", post, "/api/auth/refresh", sign_in.refresh, Nothing),
        _open("logout", post, "/api/auth/logout", sign_in.logout, Nothing),
        _for_admins("password", post, "/api/auth/password", sign_in.password, PasswordChange),
        _for_admins("title", get, "/api/admin/titles/{id:[^/]+}", titles.show, Nothing),
        warm,
    ]


def _open(name: str, method: str, path: str, handle: Handle[_B], body: type[_B]) -> Endpoint[_B]:
    return Endpoint(name=name, method=method, path=path, handle=handle, body=body, is_open=True)


def _for_admins(name: str, method: str, path: str, handle: Handle[_B], body: type[_B]) -> Endpoint[_B]:
    return Endpoint(name=name, method=method, path=path, handle=handle, body=body)


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
