"""An answer is counted in one of few rows, and what is wrong with it is said without its address."""

from collections.abc import Mapping

import pytest

from deploy.load.verdicts import CACHE_WORDS, Answer, Verdict, of_content, of_keyed
from renderer.content.picture_result import CacheStatus

JPEG = b"\xff\xd8\xff\xe0rest"
DEGRADED = "public, max-age=1200, stale-while-revalidate=1200"
BELIEVED = "public, max-age=1200, stale-while-revalidate=8400"
CLIENT_S = 3.0


def content(headers: Mapping[str, str], *, body: bytes = JPEG, seconds: float = 0.1, status: int = 200) -> Verdict:
    return of_content(Answer(status=status, headers=headers, body=body, seconds=seconds), CLIENT_S)


def test_the_words_of_the_cache_are_those_that_the_content_server_says() -> None:
    assert {cache.value for cache in CacheStatus} == CACHE_WORDS


@pytest.mark.parametrize("word", sorted(CACHE_WORDS))
def test_a_picture_is_counted_by_what_the_cache_said(word: str) -> None:
    assert Verdict(word) == content({"x-cache-status": word, "cache-control": BELIEVED})


@pytest.mark.parametrize("body", [JPEG, b"\x89PNG\r\n\x1a\nrest", b"RIFF\x10\x00\x00\x00WEBPrest"])
def test_every_format_is_a_picture(body: bytes) -> None:
    assert Verdict("HIT") == content({"x-cache-status": "HIT"}, body=body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"RIFF\x10\x00\x00\x00WAVE", b'{"error":"secret-key"}'])
def test_another_body_is_a_failure_that_does_not_show_it(body: bytes) -> None:
    complaint = "the body is not a picture: it does not start like JPEG, PNG or WebP"
    assert Verdict("HIT", complaint) == content({"x-cache-status": "HIT"}, body=body)


def test_a_degraded_picture_is_counted_apart() -> None:
    assert Verdict("MISS degraded") == content({"x-cache-status": "MISS", "cache-control": DEGRADED})


@pytest.mark.parametrize("headers", [{"cf-cache-status": "HIT"}, {"age": "17"}])
def test_what_the_edge_had_is_not_counted_as_what_we_had(headers: dict[str, str]) -> None:
    assert Verdict("edge") == content({"x-cache-status": "MISS", "cache-control": DEGRADED, **headers})


@pytest.mark.parametrize("headers", [{"cf-cache-status": "MISS"}, {"age": "0"}])
def test_what_the_edge_fetched_is_counted_as_what_we_had(headers: dict[str, str]) -> None:
    assert Verdict("MISS") == content({"x-cache-status": "MISS", **headers})


def test_words_that_nobody_says_make_no_rows() -> None:
    assert Verdict("no X-Cache-Status") == content({"x-cache-status": "/secret-key/imdb"})


def test_a_picture_after_the_deadline_is_a_failure() -> None:
    verdict = content({"x-cache-status": "MISS"}, seconds=3.01)

    assert Verdict("MISS", "later than 3 s, after the client gave up") == verdict


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "the key is unknown"), (429, "rate limit"), (599, "not the expected response")]
)
def test_a_refusal_says_what_it_is(status: int, sentence: str) -> None:
    verdict = of_keyed(Answer(status=status, body=b"/secret-key/"), CLIENT_S)

    assert f"gateway {status}" == verdict.row
    assert verdict.complaint.startswith(f"{status}: ")
    assert sentence in verdict.complaint


def test_a_lost_connection_is_a_failure_of_its_kind() -> None:
    verdict = of_content(Answer(error="ConnectionResetError"), CLIENT_S)

    assert Verdict("content no answer", "no answer: ConnectionResetError") == verdict


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"location": "/c/0/imdb/poster-default/tt0017136.jpg"}, Verdict("302")),
        ({"location": "/c/0/imdb/poster-default/tt0017136.jpg", "cf-cache-status": "HIT"}, Verdict("302 edge")),
        ({}, Verdict("302", "a redirect that leads nowhere")),
    ],
)
def test_a_redirect_must_lead_somewhere(headers: dict[str, str], verdict: Verdict) -> None:
    assert verdict == of_keyed(Answer(status=302, headers=headers), CLIENT_S)


def test_a_picture_without_a_redirect_is_judged_as_a_picture() -> None:
    answer = Answer(status=200, headers={"x-cache-status": "HIT"}, body=b"<html>")

    verdict = of_keyed(answer, CLIENT_S)

    assert "direct HIT" == verdict.row
    assert verdict.complaint.startswith("the body is not a picture")
