"""Tells what a source says about a key apart from a status 401 or 403 of a proxy or firewall.

A proxy, a firewall and a load balancer answer 401 and 403 too, with a page, an empty body or JSON of their own. Only a
sentence or a code of the source itself is about the key; any other refusal concerns the one question.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from services.client.http import Response
from services.client.json_reader import Row, json_object
from services.client.retry import parse_retry_after
from shared.domain.errors import Cause, SourceInvalidResponse, SourceRefused

_STATUSES: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_KEY: Final = r"\bapi[ _-]?key\b"
_LIMIT: Final = r"\b(?:reached|exceeded|over|daily|rate)\b.*\blimit|\blimit\b.*\b(?:reached|exceeded)\b|\bquota\b"
_ACCOUNT: Final = r"\baccount\b.*\b(?:suspended|disabled|deactivated|locked|not active)\b"
_ABOUT_KEY: Final = re.compile(f"{_KEY}|{_LIMIT}|{_ACCOUNT}", re.IGNORECASE)


class BareRefusal(SourceInvalidResponse):
    """Status 401 or 403 with no mention of the key: as far as is known, only this request is refused."""

    cause = Cause.SOURCE_REFUSED


def is_about_key(sentence: str) -> bool:
    """Return whether an error's sentence is about the API key or its quota: ``Invalid API key!``."""
    return _ABOUT_KEY.search(sentence) is not None


def check_bare_refusal(source: str, response: Response) -> None:
    """Raise ``BareRefusal`` for status 401 and 403."""
    if response.status in _STATUSES:
        raise BareRefusal(source, f"status {response.status}, with no mention of the key")


def read_answer(
    source: str,
    response: Response,
    refuses: Callable[[Row], bool],
    parse: Callable[[str, bytes], Row] = json_object,
) -> Row:
    """Return the JSON object of a response; ``refuses`` says whether an object is about the key.

    Raises ``SourceRefused`` if it is, ``BareRefusal`` for any other 401 and 403, else ``SourceInvalidResponse`` if the
    body is no object.
    """
    try:
        body = parse(source, response.body)
    except SourceInvalidResponse:
        check_bare_refusal(source, response)
        raise
    if refuses(body):
        wait_s = parse_retry_after(response.headers.get("retry-after"))
        reason = f"status {response.status}: the key is not accepted, or its quota is used up"
        raise SourceRefused(source, reason, retry_after_s=wait_s)
    check_bare_refusal(source, response)
    return body
