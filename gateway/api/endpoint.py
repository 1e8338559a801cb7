"""An endpoint under ``/api`` is a row of a table; these are the types of that table and of its handlers."""

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from aiohttp import hdrs, web

from gateway.api.api_error import ApiError, not_signed_in
from gateway.db.sessions import SessionRow

_B = TypeVar("_B")

LARGEST_BODY: Final = 65_536
WITHOUT_BODY: Final = frozenset({hdrs.METH_GET, hdrs.METH_DELETE})
"""Methods whose requests have no body."""

_MAX_ID_DIGITS: Final = 18  # any number of 18 digits fits a bigint


class NoBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request that needs none."""


class Access(StrEnum):
    """Who may call an endpoint."""

    OPEN = "open"
    SIGNED_IN = "signed_in"
    ADMIN = "admin"
    KEY = "key"  # signed in with an API key, for that key's own data


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its caller; the session is set unless the endpoint is open."""

    request: web.Request
    session: SessionRow | None
    query: Any = None
    """The query parameters, in the endpoint's own type."""

    @property
    def caller(self) -> SessionRow:
        """Return the caller's session. Raises a 401 ``ApiError`` if there is none."""
        if self.session is None:
            raise not_signed_in()
        return self.session

    @property
    def actor(self) -> str:
        """Return the caller as the audit log names it. Raises like :attr:`caller`."""
        return self.caller.actor

    @property
    def key_id(self) -> int:
        """Return the id of the key in question: the caller's own, or the one that an admin names in the address.

        Raises a 404 ``ApiError`` for text that cannot be an id.
        """
        if self.caller.key_id is not None:
            return self.caller.key_id
        return self.number("id")

    def number(self, part: str) -> int:
        """Return a row's id from a part of the address. Raises a 404 ``ApiError`` for text that cannot be an id."""
        text = self.request.match_info[part]
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS):
            raise ApiError(HTTPStatus.NOT_FOUND, "Nothing has this id.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """A handler's answer: a struct to be sent as JSON; new tokens, or empty ones, are set as cookies."""

    content: msgspec.Struct | msgspec.Raw
    status: HTTPStatus | None = None
    """Overrides the endpoint's own status."""
    refresh_token: str | None = None
    page_token: str | None = None
    """What pages ask for where they are not open to everybody."""
    location: str | None = None
    """The target of a redirect."""


Handle: TypeAlias = Callable[[Call, _B], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[_B]):
    """One method of one address; ``name`` is its label in metrics."""

    name: str
    method: str
    path: str
    handle: Handle[_B]
    body: type[_B]
    _: KW_ONLY
    query: type[msgspec.Struct] = NoBody
    access: Access = Access.ADMIN
    status: HTTPStatus = HTTPStatus.OK
    """The status of a success."""
    also: tuple[HTTPStatus, ...] = ()
    """Other statuses of a success, such as 201 when something was created."""
    reply: type[msgspec.Struct] | None = None
    """The type of the answer."""
    largest_body: int = LARGEST_BODY
    explain: Callable[[Any], object] | None = None
    """Explains an invalid body better than its type does: gets the body as plain JSON, raises ``BadRequest``."""
