from collections.abc import Iterator

import pytest

from shared.domain import errors
from shared.domain.errors import PERMANENT_CAUSES, Cause, MarqueeError, RateLimited, SourceDown, SourceError


def every_error(of: type[MarqueeError] = MarqueeError) -> Iterator[type[MarqueeError]]:
    yield of
    for error in of.__subclasses__():
        yield from every_error(error)


ERRORS = [error for error in every_error() if error.__module__ == "shared.domain.errors"]


def make(error: type[MarqueeError], inner: str) -> MarqueeError:
    if issubclass(error, RateLimited):
        return error(inner, retry_after_s=1)
    return error("tmdb", inner) if issubclass(error, SourceError) else error(inner)


def test_every_cause_belongs_to_one_error() -> None:
    causes = sorted(error.cause for error in ERRORS if "cause" in vars(error))  # others have that of their base

    assert sorted(Cause) == causes


@pytest.mark.parametrize("error", ERRORS)
def test_the_public_sentence_never_quotes_the_log_text(error: type[MarqueeError]) -> None:
    raised = make(error, "inner words")

    assert "inner words" in str(raised)
    assert "inner words" not in raised.public
    assert raised.public.endswith(".")


def test_without_a_log_text_the_public_sentence_is_logged() -> None:
    raised = errors.BadRequest(public="lang must be up to 4 words.")

    assert ("lang must be up to 4 words.",) * 2 == (raised.public, str(raised))


def test_a_public_sentence_does_not_leak_into_the_next_error() -> None:
    errors.BadRequest(public="Changed.")

    assert errors.BadRequest("inner").public != "Changed."


def test_a_source_error_has_its_source_and_retry_time() -> None:
    raised = SourceDown("tmdb", "status 503", retry_after_s=2)

    assert ("tmdb", 2, "tmdb: status 503") == (raised.source, raised.retry_after_s, str(raised))


def test_a_rate_limit_asks_to_wait_at_least_a_second() -> None:
    assert (1, 3) == (RateLimited(retry_after_s=0).retry_after_s, RateLimited(retry_after_s=3).retry_after_s)


def test_transient_causes_are_not_permanent() -> None:
    accidents = {Cause.STORE_DOWN, Cause.BUSY, Cause.DEADLINE_EXCEEDED, Cause.CRASHED, Cause.ART_BROKEN}
    accidents |= {error.cause for error in ERRORS if issubclass(error, SourceError)} - {Cause.CRASHED}

    assert not accidents & PERMANENT_CAUSES


def test_every_error_is_in_the_module_docstring() -> None:
    assert errors.__doc__ is not None
    for error in ERRORS:
        assert error.__name__ in errors.__doc__
