"""Histograms expose recorded trace ids to a Prometheus that asks for exemplars, and nothing else."""

import timeit
from collections.abc import Iterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Exemplar

from shared.config.environment import Secret
from shared.config.process import TracesConfig
from shared.observability.exemplars import TracedHistogram, exemplar_here
from shared.observability.health import Probes
from shared.observability.metrics import metrics_app
from shared.observability.tracer import OFF, Tracing
from shared.observability.tracing import Role, start_span
from tests.collector import Collector

TRACE, OTHER, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
MOST_OFF_S = 0.3e-6
PROMETHEUS = (
    # As 2.42, 3.7, and one that reads native histograms write it.
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    ),
)


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    with Collector() as collector, Tracing.open(TracesConfig(Secret(collector.url), 1.0), "test") as tracing:
        yield tracing


def parent(trace: str = TRACE, *, is_sampled: bool = True) -> str:
    return f"00-{trace}-{SPAN}-0{int(is_sampled)}"


def histogram(kind: type[Histogram] = TracedHistogram) -> tuple[CollectorRegistry, Histogram]:
    registry = CollectorRegistry()
    return registry, kind("drawn_seconds", "Time.", ["kind"], buckets=(1.0, 2.0), registry=registry).labels("poster")


def exposition(registry: CollectorRegistry) -> str:
    """Return a registry's page in OpenMetrics, without when its series began."""
    page: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # prometheus-client has no hints here
    return "".join(line for line in page.decode().splitlines(keepends=True) if "_created" not in line)


def exemplars(page: str) -> dict[str, Exemplar]:
    """Return the exemplars of a page in OpenMetrics by the greatest value of their bucket."""
    return {
        sample.labels["le"]: sample.exemplar
        for family in text_string_to_metric_families(page)  # type: ignore[no-untyped-call]  # no hints here either
        for sample in family.samples
        if sample.exemplar
    }


async def page(registry: CollectorRegistry, accept: str) -> tuple[str, str]:
    async with TestClient(TestServer(metrics_app(registry, Probes()))) as client:
        response = await client.get("/metrics", headers={"Accept": accept})
        return response.headers["Content-Type"].partition(";")[0], await response.text()


@pytest.mark.parametrize("accept", PROMETHEUS)
async def test_prometheus_gets_the_trace_of_a_bucket(tracing: Tracing, accept: str) -> None:
    registry, drawn = histogram()

    with tracing.begin("a", Role.SERVER, parent=parent()):
        drawn.observe(0.5)
    with tracing.begin("a", Role.SERVER, parent=parent(OTHER)), start_span("b"):
        drawn.observe(1.5)
    form, text = await page(registry, accept)

    found = exemplars(text)
    assert "application/openmetrics-text" == form
    assert {"1.0": ({"trace_id": TRACE}, 0.5), "2.0": ({"trace_id": OTHER}, 1.5)} == {
        bound: (each.labels, each.value) for bound, each in found.items()
    }


async def test_other_formats_than_openmetrics_have_no_exemplars(tracing: Tracing) -> None:
    registry, drawn = histogram()

    with tracing.begin("a", Role.SERVER, parent=parent()):
        drawn.observe(0.5)
    form, text = await page(registry, "text/plain;version=0.0.4")

    assert ("text/plain", True, False) == (form, 'le="1.0"} 1.0\n' in text, "trace_id" in text)


def test_a_timer_around_a_span_has_the_same_trace(tracing: Tracing) -> None:
    registry, drawn = histogram()

    with tracing.begin("a", Role.CONSUMER, parent=parent()), drawn.time(), start_span("b"):
        pass

    assert {"1.0": {"trace_id": TRACE}} == {
        bound: each.labels for bound, each in exemplars(exposition(registry)).items()
    }


@pytest.mark.parametrize("is_on", [True, False])
def test_without_a_recorded_trace_a_histogram_is_a_plain_one(tracing: Tracing, *, is_on: bool) -> None:
    (registry, drawn), (plain_registry, plain) = histogram(), histogram(Histogram)

    with (tracing if is_on else OFF).begin("a", Role.SERVER, parent=parent(is_sampled=not is_on)):
        drawn.observe(0.5)
        plain.observe(0.5)

    assert exposition(plain_registry) == exposition(registry)


def test_a_given_exemplar_replaces_the_current_one(tracing: Tracing) -> None:
    registry, drawn = histogram()

    with tracing.begin("a", Role.SERVER, parent=parent()):
        drawn.observe(0.5, {"trace_id": OTHER})

    assert {"trace_id": OTHER} == exemplars(exposition(registry))["1.0"].labels


@pytest.mark.stress  # a time, which coverage and a busy machine spoil
def test_without_a_recorded_trace_an_exemplar_costs_almost_nothing() -> None:
    number = 50_000

    took_s = min(timeit.repeat(exemplar_here, number=number, repeat=7)) / number

    assert MOST_OFF_S >= took_s
