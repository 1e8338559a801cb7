"""One trace from the keyed request through the hint, the stream and the worker to S3 and each source, and no secret."""

import re
from collections.abc import Iterator

import aiohttp
import asyncpg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import Priority, RenderJob
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from shared.stores.redis import connect
from tests.collector import Collector, Seen
from tests.stack.caller import fetch, show, until
from tests.stack.pair import Pair
from tests.stack.services import OPTIONAL, SECRETS
from tests.stack.sources import Sources
from tests.stack.stores import Stores

SOON_S = 60.0
STEPS = {
    "resolve", "lock", "load_existing", "fetch_metadata", "select_artwork", "fetch_ratings", "skip_unchanged",
    "fetch_artwork", "draw", "store",
}  # fmt: skip
SETTINGS = {name: SECRETS[name] for name in OPTIONAL} | {"RENDER_WAIT_MS": "15000", "TRUSTED_PROXIES": "127.0.0.1"}
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
HISTOGRAMS = {
    "gateway_redirect_seconds",
    "renderer_content_seconds",
    "renderer_draw_seconds",
    "renderer_step_seconds",
    "source_call_seconds",
}
OUTSIDE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "203.0.113.77"
KEYED = "GET /{key}/{id_type}/{style}/{file}"
CONTENT = "GET /c/{hash}/{id_type}/{style}/{file}"


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources, collector: Collector
) -> Iterator[Pair]:
    settings = SETTINGS | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "TRACE_SAMPLE": "1"}
    with Pair(tmp_path_factory.mktemp("traces"), stores, sources, settings) as pair:
        yield pair
    pair.check_secrets(*collector.texts)


async def sent(collector: Collector, name: str, **attributes: object) -> Seen:
    """Return the span of this name with these attributes, once it was sent."""
    assert await until(lambda: bool(collector.named(name, **attributes)), seconds=SOON_S), (name, attributes)
    return collector.named(name, **attributes)[-1]


def look_of(location: str) -> str:
    match = re.search(r"/c/([0-9a-f]{32})/", location)
    assert match is not None
    return match[1]


async def test_one_trace_goes_from_the_keyed_request_to_s3_and_each_source(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    key, _ = await pair.new_key()
    film = pair.sources.film()

    url = pair.picture(f"{film.imdb}.jpg", "?image_source=f", key=key)
    redirect = await fetch(http, url, follow=False, X_Forwarded_For=CALLER)
    about = {"marquee_settings_hash": look_of(redirect.headers["location"]), "marquee_title": f"imdb:{film.imdb}"}
    job = await sent(collector, "process prefetch", **about)
    request = await sent(collector, KEYED, **about)
    trace = collector.of(request.trace_id)

    show("one keyed request", [(span.service, span.kind, span.name) for span in trace])
    assert (request.trace_id, request.span_id) == (job.trace_id, job.parent)
    assert ("marquee-gateway", "server", 302) == (
        request.service,
        request.kind,
        request.attributes["http.response.status_code"],
    )
    assert ("marquee-renderer", "consumer", "drawn") == (job.service, job.kind, job.attributes["marquee.outcome"])
    below = {span.span_id: span for span in trace}
    steps = {span.name: span for span in trace if span.parent == job.span_id}
    assert STEPS <= set(steps)
    assert {"tmdb", "mdblist", "omdb", "fanart"} <= {str(span.attributes.get("marquee.source")) for span in trace}
    sources = [span for span in trace if "marquee.source" in span.attributes]
    assert {("client", "127.0.0.1")} == {(span.kind, span.attributes["server.address"]) for span in sources}
    assert all("http.response.status_code" in span.attributes for span in sources)
    (put,) = (span for span in trace if span.name == "S3.PutObject")
    assert "store" == below[put.parent].name
    assert {"settle", "find look"} <= set(steps)
    assert {span.parent for span in trace} <= {"", *below}
    texts = "".join(collector.texts)
    assert (True, False) == (film.imdb in texts, CALLER in texts)


async def test_histograms_name_the_trace_and_nothing_else(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    film = pair.sources.film()
    await fetch(http, pair.picture(f"{film.imdb}.jpg"))
    await pair.quiet()

    urls = [f"http://{part.program.env['METRICS_ADDR']}/metrics" for part in pair.parts]
    texts = [(await fetch(http, url, Accept=OPENMETRICS)).body.decode() for url in urls]

    exemplars = [
        (sample.name, sample.exemplar.labels)
        for text in texts
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # it has no hints
        for sample in family.samples
        if sample.exemplar
    ]
    request, content = [await sent(collector, name, marquee_title=f"imdb:{film.imdb}") for name in (KEYED, CONTENT)]
    ours = {name for name, labels in exemplars if labels["trace_id"] in {request.trace_id, content.trace_id}}
    show("exemplars of one picture", [(name,) for name in sorted(ours)])
    assert {f"{name}_bucket" for name in HISTOGRAMS} == ours
    assert {("trace_id",)} == {tuple(labels) for _, labels in exemplars}
    pair.check_secrets(*texts)


async def test_a_request_for_the_picture_says_how_it_was_answered_and_of_which_look(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    film = pair.sources.film()
    redirect = await fetch(http, pair.picture(f"{film.imdb}.jpg", "?ratings_limit=2"), follow=False)

    first = await fetch(http, redirect.headers["location"])
    again = await fetch(http, redirect.headers["location"])

    look = look_of(redirect.headers["location"])
    spans = [
        await sent(collector, CONTENT, marquee_settings_hash=look, marquee_cache=answer.cache)
        for answer in (first, again)
    ]
    assert "HIT" == again.cache
    assert [("server", 200), ("server", 200)] == [
        (span.kind, span.attributes["http.response.status_code"]) for span in spans
    ]


async def test_a_trace_of_a_trusted_proxy_is_gone_on_with_and_one_that_is_not_recorded_is_not(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    film, unseen = pair.sources.film(), pair.sources.film()
    span_id = "00f067aa0ba902b7"

    await fetch(http, pair.picture(f"{unseen.imdb}.jpg"), follow=False, traceparent=f"00-{'7' * 32}-{span_id}-00")
    await fetch(http, pair.picture(f"{film.imdb}.jpg"), follow=False, traceparent=f"00-{OUTSIDE}-{span_id}-01")

    request = await sent(collector, KEYED, marquee_title=f"imdb:{film.imdb}")
    assert (OUTSIDE, span_id) == (request.trace_id, request.parent)
    assert [] == collector.named(KEYED, marquee_title=f"imdb:{unseen.imdb}")


async def test_a_refresh_is_a_trace_of_its_own_that_names_what_caused_it(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    film = pair.sources.film()
    picture = await fetch(http, pair.picture(f"{film.imdb}.jpg"))
    look, title = SettingsHash(picture.headers["x-elements-hash"]), ExternalId(IdType.IMDB, film.number)
    cause = f"00-{'c' * 32}-{'d' * 16}-01"
    await pair.quiet()

    async with connect(pair.stores.redis_url) as redis:
        job = RenderJob(settings_hash=look, title=title, lane=Priority.REFRESH, force=True, trace=cause)
        await RedisStreamQueue(redis, consumer="a-test").enqueue([job])

    refresh = await sent(collector, "process refresh", marquee_settings_hash=look, marquee_title=f"imdb:{film.imdb}")
    assert (("c" * 32,), "") == (refresh.links, refresh.parent)
    assert STEPS <= {span.name for span in collector.of(refresh.trace_id)}


async def test_a_log_line_names_its_trace(pair: Pair, http: aiohttp.ClientSession, collector: Collector) -> None:
    film = pair.sources.film()

    await fetch(http, pair.picture(f"{film.imdb}.jpg"))

    job = await sent(collector, "process prefetch", marquee_title=f"imdb:{film.imdb}")
    settled = [line for line in pair.renderers[0].said().splitlines() if "job_settled" in line and film.imdb in line]
    assert [True] == [f'"trace_id":"{job.trace_id}"' in line.replace(": ", ":") for line in settled]


async def test_a_direct_picture_is_one_trace_up_to_the_renderer(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    key, _ = await pair.new_key()
    database = await asyncpg.connect(pair.stores.database_url)
    await database.execute("UPDATE api_keys SET direct = true WHERE key_prefix = $1", key[:8])
    await database.close()
    film = pair.sources.film()

    answer = await fetch(http, pair.picture(f"{film.imdb}.jpg", key=key), follow=False)

    content = await sent(collector, CONTENT, marquee_title=f"imdb:{film.imdb}")
    request = await sent(collector, KEYED, marquee_title=f"imdb:{film.imdb}")
    assert 200 == answer.status
    between = next(span for span in collector.of(request.trace_id) if span.name == "GET renderer")
    assert (request.span_id, between.span_id) == (between.parent, content.parent)


async def test_pictures_do_not_care_whether_the_collector_is_there_and_its_loss_is_said_once(
    pair: Pair, http: aiohttp.ClientSession, collector: Collector
) -> None:
    films = [pair.sources.film() for _ in range(4)]

    with collector.gone():
        answers = [await fetch(http, pair.picture(f"{film.imdb}.jpg")) for film in films]
        lost = await until(lambda: all("trace_collector_lost" in part.said() for part in pair.parts), seconds=SOON_S)
        answers += [await fetch(http, pair.picture(f"{film.imdb}.jpg")) for film in films]
    await fetch(http, pair.picture(f"{films[0].imdb}.jpg", "?badge_size=xl"))
    found = await until(lambda: all("trace_collector_found" in part.said() for part in pair.parts), seconds=SOON_S)

    assert ([200] * 8, True, True) == ([answer.status for answer in answers], lost, found)
    assert [1, 1] == [part.said().count("trace_collector_lost") for part in pair.parts]
    assert 0 < pair.number("trace_spans_total", *pair.parts, outcome="failed")
    assert 0 < pair.number("trace_spans_total", *pair.parts, outcome="sent")
