"""The renderers: what waits, what is drawn, where a job's time goes, and what is full."""

from typing import Final

from deploy.dev.dashboards.panel import Board, Panel, Row, quantiles, stat

_OF_RENDERERS: Final = 'on (job, instance) group_left () marquee_build_info{service="renderer"}'

_QUEUE: Final = Row(
    "Queue",
    (
        Panel(
            title="Jobs waiting",
            text="Jobs nobody has taken yet: the consumer group's lag, by which renderers are scaled.",
            unit="short",
            queries={"{{lane}}": "max by (lane) (renderer_queue_waiting)"},
        ),
        Panel(
            title="Oldest job",
            text="For how long the first waiting job has waited; 10 s is the promise for interactive ones.",
            unit="s",
            queries={"{{lane}}": "max by (lane) (renderer_queue_oldest_seconds)"},
        ),
        Panel(
            title="Queue against its bound",
            text="How full each lane is, waiting and taken jobs together; when full, new jobs are refused with 503.",
            unit="percentunit",
            queries={
                "{{lane}}": "(max by (lane) (renderer_queue_waiting) + max by (lane) (renderer_queue_taken)) "
                "/ on () group_left () max(renderer_queue_limit)",
            },
        ),
        Panel(
            title="Jobs settled",
            text="Jobs a second by how they ended.",
            unit="ops",
            queries={"{{outcome}}": "sum by (outcome) (rate(renderer_jobs_total[$__rate_interval]))"},
        ),
        Panel(
            title="Failed tries",
            text="Tries a second that failed, by cause.",
            unit="ops",
            queries={"{{cause}}": "sum by (cause) (rate(renderer_job_failures_total[$__rate_interval]))"},
        ),
        Panel(
            title="Dead letters",
            text="Jobs that were given up and are kept for an admin; about a thousand are kept.",
            unit="short",
            queries={"dead letters": "max(renderer_dead_letters)"},
        ),
    ),
)
_DRAWING: Final = Row(
    "Drawing",
    (
        Panel(
            title="Pictures drawn",
            text="Pictures a second, by kind.",
            unit="ops",
            queries={"{{kind}}": "sum by (kind) (rate(renderer_draw_seconds_count[$__rate_interval]))"},
        ),
        Panel(
            title="Time of drawing by kind",
            text="Time of a painter's work, 95th of a hundred.",
            unit="s",
            queries={
                "{{kind}}": "histogram_quantile(0.95, sum by (le, kind) "
                "(rate(renderer_draw_seconds_bucket[$__rate_interval])))",
            },
        ),
        Panel(
            title="Time of drawing by size",
            text="Time of a painter's work, 95th of a hundred.",
            unit="s",
            queries={
                "{{size}}": "histogram_quantile(0.95, sum by (le, size) "
                "(rate(renderer_draw_seconds_bucket[$__rate_interval])))",
            },
        ),
        Panel(
            title="Time of a step",
            text="Time of each step of a job, 95th of a hundred; the longest says what a slow job waits for.",
            unit="s",
            queries={
                "{{step}}": "histogram_quantile(0.95, sum by (le, step) "
                "(rate(renderer_step_seconds_bucket[$__rate_interval])))",
            },
        ),
        Panel(
            title="Where the time goes",
            text="Seconds spent in each step every second, over all jobs at once.",
            unit="short",
            queries={"{{step}}": "sum by (step) (rate(renderer_step_seconds_sum[$__rate_interval]))"},
        ),
        Panel(
            title="Bytes stored",
            text="Bytes of pictures written to S3 every second.",
            unit="Bps",
            queries={"stored": "sum(rate(renderer_stored_bytes_total[$__rate_interval]))"},
        ),
    ),
)
_CONTENT: Final = Row(
    "Content",
    (
        Panel(
            title="Answers by status",
            text="Answers about pictures by HTTP status.",
            unit="reqps",
            queries={"{{status}}": "sum by (status) (rate(renderer_content_total[$__rate_interval]))"},
        ),
        Panel(
            title="Latency by cache",
            text="Time of an answer, 95th of a hundred, by where the picture came from.",
            unit="s",
            queries={
                "{{cache}}": "histogram_quantile(0.95, sum by (le, cache) "
                "(rate(renderer_content_seconds_bucket[$__rate_interval])))",
            },
        ),
        Panel(
            title="Latency of answers",
            text="Time of all answers about pictures.",
            unit="s",
            queries=quantiles("renderer_content_seconds"),
        ),
    ),
)
_SATURATION: Final = Row(
    "Saturation",
    (
        Panel(
            title="What is full",
            text="How much is in use, on the fullest renderer: painters, jobs in hand, pictures that callers wait for, "
            "allowances in memory, addresses to be purged, notes to be written, and the local disk where there is one.",
            unit="percentunit",
            width=12,
            queries={
                "painters": "max(renderer_painters_busy / renderer_painters_limit)",
                "jobs in hand": "max(renderer_jobs_held / renderer_jobs_held_limit)",
                "callers who wait": "max(renderer_content_waiting / renderer_content_waiting_limit)",
                "allowances": "max(renderer_rate_cells / (renderer_rate_cells_limit > 0))",
                "purges": "max(renderer_purges_waiting / (renderer_purges_waiting_limit > 0))",
                "notes": "max(renderer_asked_waiting / (renderer_asked_waiting_limit > 0))",
                "disk": "max(renderer_disk_used_bytes / (renderer_disk_limit_bytes > 0))",
            },
        ),
        Panel(
            title="Connections",
            text="How much of its pools the busiest renderer uses.",
            unit="percentunit",
            width=12,
            queries={
                "{{store}}": f"max by (store) (store_connections_used / store_connections_limit * {_OF_RENDERERS})",
            },
        ),
        Panel(
            title="Processor",
            text="Cores in use by each renderer: painters draw beside the loop.",
            unit="short",
            queries={"{{instance}}": f"rate(process_cpu_seconds_total[$__rate_interval]) * {_OF_RENDERERS}"},
        ),
        Panel(
            title="Memory",
            text="Resident memory of each renderer.",
            unit="bytes",
            queries={"{{instance}}": f"process_resident_memory_bytes * {_OF_RENDERERS}"},
        ),
        Panel(
            title="Stores that answer",
            text="1 when every renderer reaches the store.",
            unit="short",
            queries={"{{store}}": f"min by (store) (store_up * {_OF_RENDERERS})"},
        ),
    ),
)
_UPKEEP: Final = Row(
    "Upkeep",
    (
        Panel(
            title="Addresses purged at the edge",
            text="Addresses a second whose copies at the edge are to go, by what came of it.",
            unit="ops",
            queries={
                "{{outcome}}": "sum by (outcome) (rate(renderer_purges_total[$__rate_interval]))",
                "admins: {{outcome}}": "sum by (outcome) (rate(renderer_admin_purges_total[$__rate_interval]))",
            },
        ),
        Panel(
            title="Removed",
            text="Stored pictures and looks that were removed, by why.",
            unit="ops",
            queries={
                "pictures: {{reason}}": "sum by (reason) (rate(renderer_pictures_removed_total[$__rate_interval]))",
                "looks": "sum(rate(renderer_looks_removed_total[$__rate_interval]))",
            },
        ),
        Panel(
            title="Local disk",
            text="Art looked for on local disk by outcome, and calls that went past the disk; nothing without one.",
            unit="ops",
            queries={
                "{{outcome}}": "sum by (outcome) (rate(renderer_disk_art_total[$__rate_interval]))",
                "lost": "sum(rate(renderer_disk_losses_total[$__rate_interval]))",
            },
        ),
        stat(
            "Rows lost, 1 day",
            "Rows about titles and pictures that Postgres did not take.",
            "short",
            "sum(increase(renderer_records_lost_total[1d]))",
            width=8,
        ),
        stat(
            "Notes dropped, 1 day",
            "Pictures that were not noted as asked for; those that nobody notes are removed in the end.",
            "short",
            "sum(increase(renderer_asked_dropped_total[1d]))",
            width=8,
        ),
        stat(
            "Refused for asking too often, 1 day",
            "Requests for content of clients that asked too often.",
            "short",
            "sum(increase(renderer_rate_limited_total[1d]))",
            width=8,
        ),
    ),
)

BOARD: Final = Board(
    name="renderer",
    title="renderer",
    text="What waits, what is drawn, where a job's time goes, and what is full.",
    rows=(_QUEUE, _DRAWING, _CONTENT, _SATURATION, _UPKEEP),
)
