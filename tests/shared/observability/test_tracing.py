import io
import json
import logging
import socket
import subprocess
import sys
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from gateway.config import load_gateway
from renderer.config import load_renderer
from shared.config.environment import ConfigError, Secret
from shared.config.process import TracesConfig
from shared.domain.ids import ExternalId, IdType
from shared.http.client_ip import ClientIps
from shared.http.spans import trace_requests
from shared.observability import logs
from shared.observability.otlp import CLOSE_S, MOST_WAITING
from shared.observability.tracer import OFF, Tracing
from shared.observability.tracing import HEADER, NOOP_SPAN, Role, current_span, read_parent, start_span
from shared.queue.messages import RenderJob, decode_job, encode_message
from shared.queue.protocol import EnqueueResult
from shared.settings.digest import SettingsHash
from tests.collector import Collector
from tests.shared.config.test_process import GATEWAY, RENDERER
from tests.shared.queue.memory import MemoryQueue

ROOT = Path(__file__).parents[3]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RECORDED, NOT_RECORDED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
MOST_OFF_S = 0.3e-6

WITHOUT_A_COLLECTOR = """
import sys
sys.addaudithook(lambda event, _: event == "socket.connect" and sys.exit("connected"))
import gateway.__main__, renderer.__main__
from shared.observability.tracing import Role, start_span
from shared.observability.tracer import Tracing
with Tracing.open(None, "test") as tracing, tracing.begin("a", Role.SERVER), start_span("b"):
    pass
of_traces = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
print([name for name in sys.modules if name.startswith(of_traces)])
"""
# Not all of OpenTelemetry: the client of Redis imports its metrics wherever they are installed, and uses none.


@contextmanager
def traces(endpoint: str, share: float = 1.0) -> Iterator[Tracing]:
    with Tracing.open(TracesConfig(Secret(endpoint), share), "test") as tracing:
        yield tracing


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def silent() -> Iterator[str]:
    """Yield the URL of a collector that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_without_a_collector_nothing_is_imported_and_no_connection_made() -> None:
    run = subprocess.run(  # noqa: S603 - our own interpreter with a fixed text
        [sys.executable, "-c", WITHOUT_A_COLLECTOR], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (0, "[]\n") == (run.returncode, run.stdout), run.stderr


@pytest.mark.stress  # a time, which coverage and a busy machine spoil
def test_without_a_collector_a_request_costs_almost_nothing() -> None:
    def of_one_redirect() -> None:
        if (span := current_span()) is not NOOP_SPAN:
            span.set("a", "b")
        current_span().traceparent  # noqa: B018 - what a hint asks for

    number = 50_000
    assert MOST_OFF_S >= min(timeit.repeat(of_one_redirect, number=number, repeat=7)) / number


def test_without_a_collector_spans_are_one_object_that_does_nothing() -> None:
    with OFF.begin("a", Role.SERVER, parent=RECORDED) as outer, start_span("b") as inner:
        inner.set("c", 1)
        inner.fail("d")

    assert (NOOP_SPAN, NOOP_SPAN, "", "") == (outer, inner, inner.trace_id, inner.traceparent)
    assert not OFF.is_on


@pytest.mark.parametrize("load", [lambda env: load_gateway(GATEWAY | env), lambda env: load_renderer(RENDERER | env)])
def test_traces_are_off_until_a_collector_is_configured(load: object) -> None:
    assert callable(load)
    named = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}

    assert load({}).traces is None
    assert TracesConfig(Secret("http://collector:4318"), 0.01) == load(named).traces
    assert 0.5 == load(named | {"TRACE_SAMPLE": ".5"}).traces.share


@pytest.mark.parametrize("share", ["2", "-1", "1.1", "nan", "1e-3", "half", "1/2", "٠"])
def test_a_malformed_share_is_refused(share: str) -> None:
    with pytest.raises(ConfigError, match=r"^TRACE_SAMPLE must be a share from 0 to 1"):
        load_gateway(GATEWAY | {"TRACE_SAMPLE": share})


def test_a_collectors_url_is_not_shown() -> None:
    traces = load_gateway(GATEWAY | {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:sesame@collector"}).traces

    assert "sesame" not in repr(traces)


def test_a_traceparent_is_parsed() -> None:
    assert (int(TRACE, 16), int(SPAN, 16), True) == read_parent(RECORDED)
    assert (int(TRACE, 16), int(SPAN, 16), False) == read_parent(NOT_RECORDED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"{RECORDED}-more",
        f"{RECORDED}\n",
        f" {RECORDED}",
        RECORDED * 1000,
    ],
)
def test_malformed_traceparents_are_ignored(text: str) -> None:
    assert read_parent(text) is None


def test_spans_are_sent_with_their_parents(collector: Collector) -> None:
    with traces(collector.url) as tracing, tracing.begin("outer", Role.CONSUMER, parent=RECORDED) as outer:
        with start_span("inner", Role.CLIENT, {"marquee.source": "tmdb"}) as inner:
            said = (outer.trace_id, inner.traceparent[:36])
        after = current_span()

    inside, outside = collector.spans
    assert (TRACE, f"00-{TRACE}-", outer) == (said[0], said[1], after)
    assert ("test", "inner", "client", outside.span_id) == (inside.service, inside.name, inside.kind, inside.parent)
    assert ({"marquee.source": "tmdb"}, "consumer", SPAN) == (inside.attributes, outside.kind, outside.parent)
    assert current_span() is NOOP_SPAN


def test_a_following_trace_links_to_its_cause(collector: Collector) -> None:
    with traces(collector.url) as tracing, tracing.begin("refresh", Role.CONSUMER, follows=RECORDED):
        pass

    (span,) = collector.spans
    assert ((TRACE,), "", True) == (span.links, span.parent, span.trace_id != TRACE)


@pytest.mark.parametrize(
    ("share", "parent", "recorded"),
    [
        (0.0, "", 0),
        (1.0, "", 1),
        (1.0, "no traceparent", 1),
        (0.0, RECORDED, 1),
        (1.0, NOT_RECORDED, 0),
    ],
)
def test_a_share_is_sampled_and_a_parents_decision_is_kept(
    collector: Collector, share: float, parent: str, recorded: int
) -> None:
    with traces(collector.url, share) as tracing, tracing.begin("a", Role.SERVER, parent=parent), start_span("b"):
        pass

    assert 2 * recorded == len(collector.spans)


def test_an_error_is_recorded_by_class_without_its_text(collector: Collector) -> None:
    with (
        pytest.raises(ValueError, match="sesame"),
        traces(collector.url) as tracing,
        tracing.begin("a", Role.SERVER),
    ):
        raise ValueError("https://source.example?api_key=sesame")

    (span,) = collector.spans
    assert (True, {"error.type": "ValueError"}) == (span.has_failed, span.attributes)
    assert "sesame" not in "".join(collector.texts)


def test_spans_that_a_collector_does_not_take_are_dropped_and_counted(silent: str) -> None:
    registry = CollectorRegistry()

    with traces(silent) as tracing:
        tracing.watch(registry)
        for _ in range(MOST_WAITING + 100):
            with tracing.begin("a", Role.SERVER):
                pass
        dropped = registry.get_sample_value("trace_spans_total", {"outcome": "dropped"})
        waiting = registry.get_sample_value("trace_spans_waiting")
        limit = registry.get_sample_value("trace_spans_limit")

    assert (100, MOST_WAITING, MOST_WAITING) == (dropped, waiting, limit)


def test_closing_waits_two_seconds_for_a_hanging_collector(silent: str) -> None:
    with traces(silent) as tracing:
        for _ in range(MOST_WAITING):
            with tracing.begin("a", Role.SERVER):
                pass
        began = time.monotonic()

    assert CLOSE_S + 1 > time.monotonic() - began


def test_the_sdk_logs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    # Not ``caplog``, which also listens to loggers that pass nothing on.
    root, stream = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    try:
        with traces(f"http://me:sesame@127.0.0.1:{port}") as tracing, tracing.begin("a", Role.SERVER):
            pass
    finally:
        root.removeHandler(handler)
        root.setLevel(level)

    assert "opentelemetry" not in stream.getvalue()
    assert "sesame" not in stream.getvalue()


def test_a_log_line_has_the_current_trace_id(collector: Collector) -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before, settings = (root.handlers[:], root.level), structlog.get_config()
    logs.configure("info", "json", stream=stream)

    try:
        with traces(collector.url) as tracing:
            logs.get_logger().info("before")
            with tracing.begin("a", Role.SERVER, parent=RECORDED):
                logs.get_logger().info("inside")
                logging.getLogger("library").warning("inside")
    finally:
        root.handlers[:], root.level = before
        structlog.configure(**settings)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [None, TRACE, TRACE] == [line.get("trace_id") for line in lines]


async def test_the_trace_does_not_identify_a_picture() -> None:
    look, title = SettingsHash("ab" * 16), ExternalId(IdType.IMDB, 17136)
    plain, traced = (RenderJob(settings_hash=look, title=title, trace=trace) for trace in ("", RECORDED))
    queue = MemoryQueue()

    offers = await queue.enqueue([plain]), await queue.enqueue([traced])

    assert ([EnqueueResult.QUEUED], [EnqueueResult.PENDING]) == offers
    assert (plain.picture, RECORDED) == (traced.picture, decode_job(encode_message(traced)).trace)


async def answer(request: web.Request) -> web.Response:
    return web.Response(status=500 if request.match_info.get("key") == "broken" else 200)


@pytest.mark.parametrize(("trusted", "trace"), [("127.0.0.1", TRACE), ("10.0.0.0/8", None)])
async def test_a_trace_is_continued_only_from_a_trusted_proxy(
    collector: Collector, trusted: str, trace: str | None
) -> None:
    app = web.Application()
    app.router.add_route("*", "/{key}", answer)
    proxies = load_gateway(GATEWAY | {"TRUSTED_PROXIES": trusted}).trusted_proxies

    with traces(collector.url) as tracing:
        trace_requests(app, tracing, ClientIps(proxies))
        async with TestClient(TestServer(app)) as client:
            await client.get("/sesame?sesame=sesame", headers={HEADER: RECORDED})
            await client.request("PROPFIND", "/sesame")
            await client.get("/broken")

    first, second, third = collector.spans
    assert (trace == TRACE) == (first.trace_id == TRACE)
    assert ["GET /{key}", "_OTHER /{key}", "GET /{key}"] == [span.name for span in collector.spans]
    assert {"http.request.method": "GET", "http.route": "/{key}", "http.response.status_code": 200} == first.attributes
    assert "_OTHER" == second.attributes["http.request.method"]
    assert (True, "500") == (third.has_failed, third.attributes["error.type"])
    assert "sesame" not in "".join(collector.texts).lower()


async def test_probes_are_not_traced_and_without_a_collector_nothing_is_installed(collector: Collector) -> None:
    app, plain = web.Application(), web.Application()
    app.router.add_get("/livez", answer)

    with traces(collector.url) as tracing:
        trace_requests(app, tracing, ClientIps(()))
        trace_requests(plain, OFF, ClientIps(()))
        async with TestClient(TestServer(app)) as client:
            await client.get("/livez")

    assert ([], 1, 0) == (collector.spans, len(app.middlewares), len(plain.middlewares))
