"""Whether callers get what they ask for, and how much of it the edge spares us."""

from typing import Final

from deploy.dev.dashboards.panel import Board, Panel, Row, quantiles, stat

_CONTENT: Final = "sum(rate(renderer_content_total[$__rate_interval]))"
_GATEWAY: Final = "sum(rate(gateway_requests_total[$__rate_interval]))"
_REDIRECTS: Final = 'sum(rate(gateway_requests_total{route="picture",outcome="ok"}[$__rate_interval]))'
_HITS: Final = 'sum(rate(renderer_content_total{cache=~"HIT|STALE"}[$__rate_interval]))'
_PICTURES: Final = 'sum(rate(renderer_content_total{cache!="none"}[$__rate_interval]))'

_PROMISES: Final = Row(
    "Promises",
    (
        stat(
            "Pictures answered, 3 days",
            "The part of all answers about pictures that were no error of ours; 99.9% is promised.",
            "percentunit",
            "1 - marquee:content_errors:ratio_rate3d",
        ),
        stat(
            "Redirects in 25 ms, 3 days",
            "The part of all redirects that left within 25 ms; 99% is promised.",
            "percentunit",
            "1 - marquee:redirects_late:ratio_rate3d",
        ),
        stat(
            "Queue in time, 3 days",
            "The part of the time in which the oldest job that somebody waits for was younger than 10 s; "
            "99% is promised.",
            "percentunit",
            "1 - marquee:queue_late:ratio_over3d",
        ),
        stat(
            "Gateways",
            "How many gateways Prometheus can see.",
            "short",
            'count(marquee_build_info{service="gateway"})',
        ),
        stat(
            "Renderers",
            "How many renderers Prometheus can see.",
            "short",
            'count(marquee_build_info{service="renderer"})',
        ),
        stat(
            "Versions",
            "How many versions run at once: more than one during an upgrade, and at no other time.",
            "short",
            "count(count by (version) (marquee_build_info))",
        ),
    ),
)
_SIGNALS: Final = Row(
    "Golden signals",
    (
        Panel(
            title="Traffic",
            text="Requests a second that reach the gateway and the content server; what the edge answers is not seen.",
            unit="reqps",
            queries={"gateway": _GATEWAY, "content": _CONTENT},
        ),
        Panel(
            title="Errors",
            text="The part of all answers that are errors of ours (5xx).",
            unit="percentunit",
            queries={
                "gateway": "marquee:gateway_errors:ratio_rate5m",
                "content": "marquee:content_errors:ratio_rate5m",
            },
        ),
        Panel(
            title="Budget burnt",
            text="How many times faster than allowed each promise uses up its budget, over the last hour; "
            "1 lasts exactly a month, at 14.4 somebody is called.",
            unit="short",
            queries={
                "content": "marquee:content_errors:ratio_rate1h / 0.001",
                "redirects": "marquee:redirects_late:ratio_rate1h / 0.01",
                "queue": "marquee:queue_late:ratio_over1h / 0.01",
            },
        ),
        Panel(
            title="Latency of redirects",
            text="From reading a picture's address to its redirect.",
            unit="s",
            queries=quantiles("gateway_redirect_seconds"),
        ),
        Panel(
            title="Latency of stored pictures",
            text="Time of an answer whose picture was there; S3 or memory decide it.",
            unit="s",
            queries=quantiles("renderer_content_seconds", only='{cache=~"HIT|STALE"}'),
        ),
        Panel(
            title="Saturation",
            text="How much is in use of what runs out first: painters, the queue, and one core for each gateway.",
            unit="percentunit",
            queries={
                "painters": "sum(renderer_painters_busy) / sum(renderer_painters_limit)",
                "queue": "max(renderer_queue_waiting + renderer_queue_taken) / max(renderer_queue_limit)",
                "busiest gateway's core": "max(rate(process_cpu_seconds_total[$__rate_interval]) "
                '* on (job, instance) group_left () marquee_build_info{service="gateway"})',
            },
        ),
    ),
)
_CACHES: Final = Row(
    "Caches",
    (
        Panel(
            title="Hit rate",
            text="The part of pictures asked of us that were stored already, stale ones included.",
            unit="percentunit",
            queries={"hits": f"{_HITS} / {_PICTURES}"},
        ),
        Panel(
            title="Answers by cache",
            text="Pictures a second by where they came from; MISS-FALLBACK is plain art for who could not wait.",
            unit="reqps",
            queries={
                "{{cache}}": 'sum by (cache) (rate(renderer_content_total{cache!="none"}[$__rate_interval]))',
            },
        ),
        Panel(
            title="CDN offload",
            text="The part of redirects whose picture was not asked of us afterwards: an estimate from below of what "
            "the edge and callers' caches hold, for redirects themselves are cached too.",
            unit="percentunit",
            queries={"offload": f"clamp_min(1 - {_CONTENT} / {_REDIRECTS}, 0)"},
        ),
    ),
)
_STORES: Final = Row(
    "Stores",
    (
        Panel(
            title="Stores that answer",
            text="1 when every process reaches the store.",
            unit="short",
            width=12,
            queries={"{{store}}": "min by (store) (store_up)"},
        ),
        Panel(
            title="Connections open",
            text="Connections that all processes hold together; the store must allow so many, and more in an upgrade.",
            unit="short",
            width=12,
            queries={"{{store}}": "sum by (store) (store_connections_open)"},
        ),
    ),
)
_TRACES: Final = Row(
    "Traces",
    (
        Panel(
            title="Spans",
            text="Spans a second by what became of them: dropped ones found no room, failed ones no collector. "
            "Nothing where no collector is named.",
            unit="ops",
            width=12,
            queries={
                "{{job}} {{outcome}}": "sum by (job, outcome) (rate(trace_spans_total[$__rate_interval]))",
            },
        ),
        Panel(
            title="Spans that wait",
            text="How full the queue to the collector is, in the fullest process; when full, spans are dropped.",
            unit="percentunit",
            width=12,
            queries={"{{job}}": "max by (job) (trace_spans_waiting / trace_spans_limit)"},
        ),
    ),
)

BOARD: Final = Board(
    name="overview",
    title="overview",
    text="Whether callers get what they ask for, and how much of it the edge spares us.",
    rows=(_PROMISES, _SIGNALS, _CACHES, _STORES, _TRACES),
)
