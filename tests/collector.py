"""A stand-in for an OpenTelemetry collector on a socket: it takes OTLP over HTTP and keeps the spans."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATH: Final = "/v1/traces"
_HOST: Final = "127.0.0.1"
_FAILED: Final = 2


class Seen(msgspec.Struct, frozen=True):
    """A span as it came over the wire."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent: str
    links: tuple[str, ...]
    has_failed: bool
    attributes: Mapping[str, object]


class Collector:
    """Listens from the start to leaving. Whatever it was sent is in ``spans`` and, as text, in ``texts``."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.texts: list[str] = []
        self.connections = 0
        self._begin(0)
        self.url = f"http://{_HOST}:{self._port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._end()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Listen no more while inside."""
        self._end()
        try:
            yield
        finally:
            self._begin(self._port)

    def _begin(self, port: int) -> None:
        self._server = ThreadingHTTPServer((_HOST, port), self._handler())
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="collector", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, trace_id: str) -> list[Seen]:
        """Return the spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]

    def named(self, name: str, **attributes: object) -> list[Seen]:
        """Return the spans of this name with these attributes, whose dots are written as underscores."""
        return [
            span
            for span in self.spans
            if span.name == name
            and attributes.items() <= {key.replace(".", "_"): value for key, value in span.attributes.items()}.items()
        ]

    def take(self, path: str, body: bytes) -> None:
        """Keep what a process sent."""
        assert path == PATH
        request = ExportTraceServiceRequest.FromString(body)
        self.texts.append(f"{request}{body!r}")
        for resource in request.resource_spans:
            service = str(_values(list(resource.resource.attributes))["service.name"])
            for scope in resource.scope_spans:
                self.spans += [_seen(service, span) for span in scope.spans]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                collector.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, gzip.decompress(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it inherits
                """Say nothing."""

        return Handler


def _seen(service: str, span: Span) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple(link.trace_id.hex() for link in span.links),
        has_failed=span.status.code == _FAILED,
        attributes=_values(list(span.attributes)),
    )


def _values(attributes: list[KeyValue]) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}
