"""How a response counts for a caller: the row it is counted under, and what is wrong with it. Pure.

Rows and messages come from a closed set or are a status, so that no address, and with it no key, gets into a report.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

CACHE_WORDS: Final = frozenset({"HIT", "STALE", "MISS", "MISS-FALLBACK"})
"""The values of ``X-Cache-Status``."""

_EDGE_WORDS: Final = frozenset({"HIT", "STALE", "UPDATING", "REVALIDATED"})
_DEGRADED: Final = re.compile(r"\bmax-age=(\d+), stale-while-revalidate=\1\b")
"""Only a degraded picture may be shown past its lifetime for no longer than that lifetime."""

_SENTENCES: Final = {
    HTTPStatus.UNAUTHORIZED: "the key is unknown or disabled",
    HTTPStatus.FORBIDDEN: "the key's quota is used up",
    HTTPStatus.NOT_FOUND: "there is no such title, or no artwork for it",
    HTTPStatus.TOO_MANY_REQUESTS: "a rate limit; deploy/load/README.md says how to lift it",
    HTTPStatus.SERVICE_UNAVAILABLE: "the queue is full, or a source or a store is down",
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A response, and when it came; header names are in lower case, ``error`` is the kind of a lost connection."""

    status: int = 0
    headers: Mapping[str, str] = {}
    body: bytes = b""
    seconds: float = 0.0
    error: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """The row, and the sentence that makes it a failure."""

    row: str
    complaint: str = ""


def of_keyed(answer: Answer, deadline_s: float) -> Verdict:
    """Check the response to a keyed address: a redirect, or the picture itself when redirects are off."""
    if answer.status == HTTPStatus.FOUND:
        complaint = "" if answer.headers.get("location") else "a redirect that leads nowhere"
        return Verdict("302 edge" if _by_edge(answer.headers) else "302", complaint)
    if answer.status == HTTPStatus.OK:
        verdict = of_content(answer, deadline_s)
        return Verdict(f"direct {verdict.row}", verdict.complaint)
    return _refused("gateway", answer)


def of_content(answer: Answer, deadline_s: float) -> Verdict:
    """Check the response of the content server, or of the CDN in front of it, against the client's ``deadline_s``."""
    if answer.status != HTTPStatus.OK:
        return _refused("content", answer)
    row = _row(answer.headers)
    if not _is_picture(answer.body):
        return Verdict(row, "the body is not a picture: it does not start like JPEG, PNG or WebP")
    if answer.seconds > deadline_s:
        return Verdict(row, f"later than {deadline_s:g} s, after the client gave up")
    return Verdict(row)


def _row(headers: Mapping[str, str]) -> str:
    if _by_edge(headers):
        return "edge"
    word = headers.get("x-cache-status", "")
    row = word if word in CACHE_WORDS else "no X-Cache-Status"
    return f"{row} degraded" if _DEGRADED.search(headers.get("cache-control", "")) else row


def _by_edge(headers: Mapping[str, str]) -> bool:
    """Return whether a CDN answered from its cache; the response headers then date from an earlier moment."""
    return headers.get("cf-cache-status", "") in _EDGE_WORDS or headers.get("age", "0") not in {"", "0"}


def _is_picture(body: bytes) -> bool:
    webp = body.startswith(b"RIFF") and body[8:12] == b"WEBP"
    return webp or body.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def _refused(who: str, answer: Answer) -> Verdict:
    if not answer.status:
        return Verdict(f"{who} no answer", f"no answer: {answer.error or 'the connection was lost'}")
    sentence = _SENTENCES.get(HTTPStatus(answer.status)) if answer.status in set(HTTPStatus) else None
    return Verdict(f"{who} {answer.status}", f"{answer.status}: {sentence or 'not the expected response'}")
