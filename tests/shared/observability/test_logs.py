import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.observability.logs import configure, get_logger

KEY = "0123456789abcdef" * 4
SECRETS = (
    KEY,
    "h.0123456789abcdef0123456789abcdef",
    "t0-free-rpdb",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.abc-_123",
    "https://api.themoviedb.org/3/movie/278?api_key=sesame",
    "redis://:sesame@redis:6379/0",
    "apikey=sesame",
    '{"token": "sesame"}',
)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before, settings = (root.handlers[:], root.level), structlog.get_config()
    yield
    root.handlers[:], root.level = before
    structlog.configure(**settings)
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_event_with_fields_and_a_time_in_utc() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)

    with structlog.contextvars.bound_contextvars(media="movie-278"):
        get_logger().info("job_settled", outcome="drawn", duration_ms=1.5)

    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert {
        "event": "job_settled",
        "level": "info",
        "media": "movie-278",
        "outcome": "drawn",
        "duration_ms": 1.5,
    } == line


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    configure("warning", "json", stream=stream)

    get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    get_logger().warning("loud")

    assert ["loud"] == [line["event"] for line in lines(stream)]


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_shaped_like_a_secret_is_written(fmt: str, secret: str) -> None:
    stream = io.StringIO()
    configure("debug", fmt, stream=stream)
    log = get_logger()

    log.info(f"asked {secret}", reason=secret, deep={"list": [secret, {"x": secret}]}, error=ValueError(secret))  # noqa: G004 - the worst case
    logging.getLogger("library").warning("could not ask %s", secret)
    try:
        raise ConnectionError(secret)  # noqa: TRY301 - a traceback that quotes it
    except ConnectionError:
        log.exception("ask_failed")

    assert stream.getvalue()
    assert secret not in stream.getvalue()
    assert "sesame" not in stream.getvalue()


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize("name", ["key", "api_key", "token", "password", "JWT_SECRET", "Authorization", "database_url"])
def test_a_field_named_like_a_secret_is_redacted(fmt: str, name: str) -> None:
    stream = io.StringIO()
    configure("info", fmt, stream=stream)

    get_logger().info("spoke", **{name: "sesame"}, deep={name: "sesame"})

    assert "sesame" not in stream.getvalue()


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_a_traceback_shows_no_locals(fmt: str) -> None:
    stream = io.StringIO()
    configure("info", fmt, stream=stream)

    def work() -> None:
        local_variable = "open" + "sesame"
        raise ValueError(len(local_variable))

    try:
        work()
    except ValueError:
        get_logger().exception("job_crashed")

    assert "ValueError" in stream.getvalue()
    assert "opensesame" not in stream.getvalue()


def test_ids_and_hashes_are_written_as_they_are() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)

    get_logger().info("seen", settings_hash="a" * 32, title="imdb:tt0111161", object="c/x/movie-278.jpg", limits=(1, 2))

    (line,) = lines(stream)
    assert ("a" * 32, "imdb:tt0111161", "c/x/movie-278.jpg", [1, 2]) == (
        line["settings_hash"],
        line["title"],
        line["object"],
        line["limits"],
    )


@pytest.mark.parametrize("name", ["aiohttp.access", "botocore"])
def test_loggers_that_write_whole_urls_are_silent(name: str) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream=stream)

    logging.getLogger(name).info("GET /key/imdb/poster-default/tt0111161.jpg")

    assert "" == stream.getvalue()


def test_a_stream_that_takes_no_lines_ends_no_work() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    stream.close()

    get_logger().info("spoke")
    logging.getLogger("library").warning("spoke")


def test_a_word_is_redacted_each_time_it_is_written() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)

    for _ in range(2):
        get_logger().info("spoke", reason="t0-free-rpdb", word="spoken")

    assert [("[key]", "spoken")] * 2 == [(line["reason"], line["word"]) for line in lines(stream)]
