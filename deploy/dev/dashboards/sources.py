"""The outside sources: whether they answer, and what is left of their budgets."""

from typing import Final

from deploy.dev.dashboards.panel import Board, Panel, Row, stat

_HEALTH: Final = Row(
    "Health",
    (
        Panel(
            title="Calls by source",
            text="Tries a second, those not made while a source is held off included.",
            unit="reqps",
            queries={"{{source}}": "sum by (source) (rate(source_calls_total[$__rate_interval]))"},
        ),
        Panel(
            title="Failures",
            text="The part of tries that failed; that a source has no such thing is no failure.",
            unit="percentunit",
            queries={
                "{{source}}": "1 - sum by (source) "
                '(rate(source_calls_total{outcome=~"ok|missing|cancelled"}[$__rate_interval])) '
                "/ sum by (source) (rate(source_calls_total[$__rate_interval]))",
            },
        ),
        Panel(
            title="Failures by outcome",
            text="Tries a second that failed, by how.",
            unit="reqps",
            queries={
                "{{source}} {{outcome}}": "sum by (source, outcome) "
                '(rate(source_calls_total{outcome!~"ok|missing|cancelled"}[$__rate_interval]))',
            },
        ),
        Panel(
            title="Latency",
            text="Time of one try, 95th of a hundred.",
            unit="s",
            queries={
                "{{source}}": "histogram_quantile(0.95, sum by (le, source) "
                "(rate(source_call_seconds_bucket[$__rate_interval])))",
            },
        ),
        Panel(
            title="Breakers",
            text="1 while a source is not asked because it failed too often.",
            unit="short",
            queries={"{{source}}": "max by (source) (source_breaker_open)"},
        ),
        Panel(
            title="Calls under way",
            text="Calls at once on the busiest renderer, as a part of the most to one host.",
            unit="percentunit",
            queries={
                "{{source}}": "max by (source) (source_calls_running / on (job, instance) group_left () "
                "source_calls_limit)"
            },
        ),
    ),
)
_BUDGETS: Final = Row(
    "Budgets and keys",
    (
        Panel(
            title="Budget used",
            text="The part of a day's calls that is made, where the source has a limit; at three quarters, "
            "work that nobody waits for stops.",
            unit="percentunit",
            queries={
                "{{source}}": "max by (source) (source_budget_used) / (max by (source) (source_budget_limit) > 0)",
            },
        ),
        Panel(
            title="Calls of the day",
            text="Calls made in this UTC day with all keys together.",
            unit="short",
            queries={"{{source}}": "max by (source) (source_budget_used)"},
        ),
        Panel(
            title="Keys at rest",
            text="Keys that were refused or are spent, and how many there are.",
            unit="short",
            queries={
                "{{source}} resting": "max by (source) (source_keys_resting)",
                "{{source}} of": "max by (source) (source_keys)",
            },
        ),
    ),
)
_COST: Final = Row(
    "Cost",
    (
        Panel(
            title="Calls for each picture",
            text="Tries at a source for each job that ended with a drawing or without a change.",
            unit="short",
            width=12,
            queries={
                "{{source}}": "sum by (source) (rate(source_calls_total[$__rate_interval])) / on () group_left () "
                'sum(rate(renderer_jobs_total{outcome=~"drawn|unchanged"}[$__rate_interval]))',
            },
        ),
        stat(
            "Calls, 1 day",
            "Tries at all sources in the last day.",
            "short",
            "sum(increase(source_calls_total[1d]))",
        ),
        stat(
            "Pictures, 1 day",
            "Pictures drawn in the last day.",
            "short",
            'sum(increase(renderer_jobs_total{outcome="drawn"}[1d]))',
        ),
        stat(
            "Bytes, 1 day",
            "Bytes of pictures written to S3 in the last day.",
            "bytes",
            "sum(increase(renderer_stored_bytes_total[1d]))",
        ),
    ),
)

BOARD: Final = Board(
    name="sources",
    title="sources",
    text="Whether the outside sources answer, and what is left of their budgets.",
    rows=(_HEALTH, _BUDGETS, _COST),
)
