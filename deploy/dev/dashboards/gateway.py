"""The gateway: what is asked of it, how fast it redirects, and which of its limits are near."""

from typing import Final

from deploy.dev.dashboards.panel import Board, Panel, Row, quantiles, stat

_OF_GATEWAYS: Final = 'on (job, instance) group_left () marquee_build_info{service="gateway"}'

_REQUESTS: Final = Row(
    "Requests",
    (
        Panel(
            title="Requests by route",
            text="Requests a second by what they were for.",
            unit="reqps",
            queries={"{{route}}": "sum by (route) (rate(gateway_requests_total[$__rate_interval]))"},
        ),
        Panel(
            title="Requests by outcome",
            text="What requests other than answered ones got: a closed set of causes.",
            unit="reqps",
            queries={
                "{{outcome}}": 'sum by (outcome) (rate(gateway_requests_total{outcome!="ok"}[$__rate_interval]))',
            },
        ),
        Panel(
            title="Management by endpoint",
            text="Requests a second under /api.",
            unit="reqps",
            queries={
                "{{endpoint}}": "sum by (endpoint) (rate(gateway_management_requests_total[$__rate_interval]))",
            },
        ),
        Panel(
            title="Latency of redirects",
            text="From reading a picture's address to its redirect; warm ones do no I/O.",
            unit="s",
            queries=quantiles("gateway_redirect_seconds"),
        ),
        Panel(
            title="Redirects later than 25 ms",
            text="The part of redirects that break the promise; 1% is allowed.",
            unit="percentunit",
            queries={"late": "marquee:redirects_late:ratio_rate5m"},
        ),
        Panel(
            title="Told to slow down",
            text="Requests a second answered with 429, by gateway and content server together.",
            unit="reqps",
            queries={"refused": "marquee:refused:rate10m"},
        ),
    ),
)
_BEHIND: Final = Row(
    "Behind the redirect",
    (
        Panel(
            title="Render hints",
            text="Hints to the renderers by what became of them; known and pending ones are no work.",
            unit="ops",
            queries={"{{outcome}}": "sum by (outcome) (rate(gateway_hints_total[$__rate_interval]))"},
        ),
        Panel(
            title="Keys looked up in Postgres",
            text="Keys that were not in memory, by what was found.",
            unit="ops",
            queries={"{{outcome}}": "sum by (outcome) (rate(gateway_key_readings_total[$__rate_interval]))"},
        ),
        Panel(
            title="Usage counts written",
            text="Flushes of usage counts to Postgres; failed ones are tried again with the next.",
            unit="ops",
            queries={"{{outcome}}": "sum by (outcome) (rate(gateway_usage_flushes_total[$__rate_interval]))"},
        ),
    ),
)
_LIMITS: Final = Row(
    "Limits and resources",
    (
        Panel(
            title="Limits in use",
            text="How full each bounded memory and line is, on the fullest gateway. Memories of keys and rates are "
            "meant to fill; lines (hint_buffer, direct_*, passwords) are not.",
            unit="percentunit",
            queries={"{{limit}}": "max by (limit) (gateway_limit_used / gateway_limit)"},
        ),
        Panel(
            title="Connections",
            text="How much of its pools the busiest gateway uses.",
            unit="percentunit",
            queries={
                "{{store}}": f"max by (store) (store_connections_used / store_connections_limit * {_OF_GATEWAYS})",
            },
        ),
        Panel(
            title="Stores that answer",
            text="1 when every gateway reaches the store.",
            unit="short",
            queries={"{{store}}": f"min by (store) (store_up * {_OF_GATEWAYS})"},
        ),
        Panel(
            title="Processor",
            text="Cores in use by each gateway; one process cannot use much more than one.",
            unit="short",
            queries={"{{instance}}": f"rate(process_cpu_seconds_total[$__rate_interval]) * {_OF_GATEWAYS}"},
        ),
        Panel(
            title="Memory",
            text="Resident memory of each gateway.",
            unit="bytes",
            queries={"{{instance}}": f"process_resident_memory_bytes * {_OF_GATEWAYS}"},
        ),
        stat(
            "Open files",
            "The most files and sockets that a gateway has open, as a part of what it may.",
            "percentunit",
            f"max(process_open_fds / process_max_fds * {_OF_GATEWAYS})",
            width=8,
        ),
    ),
)

BOARD: Final = Board(
    name="gateway",
    title="gateway",
    text="What is asked of the gateways, how fast they redirect, and which of their limits are near.",
    rows=(_REQUESTS, _BEHIND, _LIMITS),
)
