import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics, Route
from gateway.request_errors import answers_errors, refusal
from shared.domain.errors import Cause, InvalidApiKey, MarqueeError, QuotaExceeded, RateLimited, StoreDown
from shared.http.status import status_of
from tests.gateway.doubles import KEY


class Clumsy:
    """A handler that fails as told."""

    def __init__(self, error: Exception) -> None:
        self.registry = CollectorRegistry()
        self.metrics = GatewayMetrics(self.registry)
        self._error = error

    @answers_errors(Route.PICTURE)
    async def answer(self, _: web.Request) -> web.Response:
        raise self._error


@pytest.mark.parametrize("cause", Cause)
def test_every_refusal_has_its_status_is_json_and_is_never_stored(cause: Cause) -> None:
    error = MarqueeError("inner words")
    error.cause = cause

    answer = refusal(error)

    assert (status_of(cause), "no-store", "*", "application/json") == (
        answer.status,
        answer.headers["Cache-Control"],
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Content-Type"],
    )
    assert (answer.status == 503) == ("Retry-After" in answer.headers)


def test_who_asked_too_often_is_told_when_to_come_back() -> None:
    answer = refusal(RateLimited(retry_after_s=7))

    assert (429, "7", "no-store") == (answer.status, answer.headers["Retry-After"], answer.headers["Cache-Control"])


def test_a_spent_quota_is_forbidden_until_it_is_not() -> None:
    answer = refusal(QuotaExceeded())

    assert (403, False) == (answer.status, "Retry-After" in answer.headers)


def test_a_refusal_says_the_public_sentence_only() -> None:
    answer = refusal(StoreDown("postgres: password authentication failed for marquee at 10.0.0.7"))

    assert b'{"error":"Part of this service is unavailable. Please try again."}' == answer.body


async def test_a_crash_is_a_500_that_says_nothing_and_is_logged_once() -> None:
    clumsy = Clumsy(RuntimeError("inner words"))

    with structlog.testing.capture_logs() as lines:
        answer = await clumsy.answer(make_mocked_request("GET", f"/{KEY}/x"))

    assert isinstance(answer, web.Response)
    assert (500, b'{"error":"Something went wrong. The error was logged."}') == (answer.status, answer.body)
    assert ["request_crashed"] == [line["event"] for line in lines]
    assert KEY not in str(lines)


async def test_a_refusal_is_counted_by_its_cause_and_not_logged() -> None:
    clumsy = Clumsy(InvalidApiKey("unknown key"))

    with structlog.testing.capture_logs() as lines:
        await clumsy.answer(make_mocked_request("GET", "/x"))

    labels = {"route": "picture", "outcome": "key_refused"}
    assert (1, []) == (clumsy.registry.get_sample_value("gateway_requests_total", labels), lines)
