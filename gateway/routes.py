"""Every address that the gateway answers, one line each; the first that fits wins."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from gateway.admin.titles import TitlePage, Titles
from gateway.admin.warming import LARGEST_BODY, WarmAccepted, WarmRequest, WarmUps
from gateway.auth.api import Access, Api, Endpoint, Nothing
from gateway.auth.sign_in import Credentials, NewAdmin, PasswordChange, SignedIn, SignIn, Standing
from gateway.fallthrough import Fallthrough
from gateway.keys.handlers import KeyQuestions
from gateway.openapi import Description, OpenApi
from gateway.pictures import Pictures
from shared.telemetry.metrics import add_probes
from shared.telemetry.probes import Probes

GET, POST, PUT, PATCH, DELETE = hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE

# The parts may be anything, even nothing: what is wrong with them is said in a sentence, not with a bare 404.
PICTURE: Final = "/{key:[^/]*}/{id_type:[^/]*}/{style:[^/]*}/{file:[^/]*}"
IS_VALID: Final = "/{key:[^/]*}/isValid"
REQUESTS: Final = "/{key:[^/]*}/requests"
ANYTHING: Final = "/{rest:(?s:.*)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """Whoever answers what is under ``/api``."""

    sign_in: SignIn
    titles: Titles
    warm_ups: WarmUps


def add_management(app: web.Application, api: Api, management: Management) -> None:
    """Put management where its pages look for it, before the pictures: an address of theirs has four parts too."""
    endpoints = management_endpoints(management)
    description = Description(endpoints)
    described = Endpoint(
        "openapi", GET, "/api/openapi.json", description.show, Nothing, access=Access.OPEN, reply=OpenApi
    )
    api.add_routes(app, [*endpoints, described])


def management_endpoints(management: Management) -> list[Endpoint[Any]]:
    """Return every address of management; rows of one address stand together."""
    return [
        *_sign_in(management.sign_in),
        *_admin(management),
    ]


def _sign_in(sign_in: SignIn) -> Iterable[Endpoint[Any]]:
    path, is_open = "/api/auth/", Access.OPEN
    yield Endpoint("status", GET, f"{path}status", sign_in.status, Nothing, access=is_open, reply=Standing)
    yield Endpoint("setup", POST, f"{path}setup", sign_in.setup, NewAdmin, access=is_open, reply=SignedIn)
    yield Endpoint("login", POST, f"{path}login", sign_in.login, Credentials, access=is_open, reply=SignedIn)
    yield Endpoint("refresh", POST, f"{path}refresh", sign_in.refresh, Nothing, access=is_open, reply=SignedIn)
    yield Endpoint("logout", POST, f"{path}logout", sign_in.logout, Nothing, access=is_open, reply=Standing)
    yield Endpoint("password", POST, f"{path}password", sign_in.password, PasswordChange, reply=Standing)


def _admin(management: Management) -> Iterable[Endpoint[Any]]:
    yield Endpoint("title", GET, "/api/admin/titles/{id:[^/]+}", management.titles.show, Nothing, reply=TitlePage)
    yield Endpoint(
        "warm",
        POST,
        "/api/admin/warm",
        management.warm_ups.warm,
        WarmRequest,
        status=HTTPStatus.ACCEPTED,
        reply=WarmAccepted,
        largest_body=LARGEST_BODY,
    )


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
