"""What an error of Postgres says about its server: whether the connection is still good, and the reason in plain words.

The codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from typing import Final

import asyncpg

from shared.domain.errors import StoreDown

_READ_ONLY: Final = "25006"
_LOSES_SERVER: Final = (_READ_ONLY, "57P", "08")
_ENDS_CONNECTION: Final = (*_LOSES_SERVER, "53", "58")
_MISLED: Final = ("26000", "42P05")  # a prepared statement that is not there, or that is already there
_REASONS: Final = (
    (_READ_ONLY, "the server is read-only"),
    ("57P03", "the server is starting or shutting down"),
    ("57P04", "the database was dropped"),
    ("57P05", "the server ended the session, which was idle for too long"),
    ("57P", "the server is shutting down"),
    ("53100", "the server's disk is full"),
    ("53300", "the server has no free connection"),
    ("53", "the server has run out of resources"),
    ("58", "the server cannot use its files"),
    ("28", "the server refuses the user or the password"),
    ("3D000", "the server has no such database"),
    ("42P01", "the database is not migrated"),
    ("42501", "the user may not write"),
    ("08", "the connection was lost"),
)
"""What is said about a code that begins so; the first that fits."""


def ends_connection(error: Exception) -> bool:
    """Return whether the connection on which this happened must not be lent again."""
    cause = _cause(error)
    return _code(cause).startswith((*_ENDS_CONNECTION, *_MISLED)) or _is_broken(cause)


def loses_server(error: Exception) -> bool:
    """Return whether no other connection of the pool may be used again either, because the server is gone or replaced.

    A server that is out of memory or connections is neither.
    """
    cause = _cause(error)
    return _code(cause).startswith((*_LOSES_SERVER, *_MISLED)) or _is_broken(cause)


def is_misled_by_pooler(error: Exception) -> bool:
    """Return whether a prepared statement was lost, as happens behind a pooler that hides itself."""
    return _code(_cause(error)) in _MISLED


def refuses_row(error: Exception) -> bool:
    """Return whether the values are at fault, so that writing them again would fail again."""
    return _code(_cause(error)).startswith(("22", "23"))


def plain_reason(error: Exception) -> str:
    """Return why Postgres cannot be used, in words that name no host, user or value."""
    cause = _cause(error)
    code = _code(cause)
    for begin, reason in _REASONS:
        if code.startswith(begin):
            return reason
    if code:
        return f"the server answered with error {code}"
    return "no answer in time" if isinstance(cause, TimeoutError) else "the server cannot be reached"


def _cause(error: Exception) -> BaseException:
    return error.__cause__ if isinstance(error, StoreDown) and error.__cause__ is not None else error


def _is_broken(error: BaseException) -> bool:
    is_late = isinstance(error, TimeoutError)  # which is an OSError, and may be the statement's own fault
    return isinstance(error, OSError | asyncpg.InternalClientError) and not is_late


def _code(error: BaseException) -> str:
    return (error.sqlstate or "") if isinstance(error, asyncpg.PostgresError) else ""
