"""All metrics of the renderer."""

from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge

from renderer.jobs.outcome import JobOutcome
from shared.observability.exemplars import TracedHistogram
from shared.queue.messages import Priority

_WORK_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_SERVE_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 3.0)


class RendererMetrics:
    """Metrics of the worker, the render pool and the content server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.jobs = Counter("renderer_jobs_total", "Jobs settled.", ["lane", "outcome"], registry=registry)
        for lane, outcome in product(Priority, JobOutcome):
            self.jobs.labels(lane, outcome)  # exported as 0, so that the first one is an increase
        self.failures = Counter("renderer_job_failures_total", "Attempts that failed.", ["cause"], registry=registry)
        self.jobs_held = Gauge("renderer_jobs_held", "Jobs claimed by this worker.", registry=registry)
        self.jobs_held_limit = Gauge("renderer_jobs_held_limit", "Most jobs claimed at once.", registry=registry)
        self.step_seconds = TracedHistogram(
            "renderer_step_seconds", "Time in one step.", ["step"], buckets=_WORK_S, registry=registry
        )
        self.draw_seconds = TracedHistogram(
            "renderer_draw_seconds", "Time of drawing.", ["kind", "size"], buckets=_WORK_S, registry=registry
        )
        self.artwork_drawn = Counter(
            "renderer_artwork_drawn_total",
            "Artwork drawn on, by source and rendition.",
            ["source", "rendition"],
            registry=registry,
        )
        self.painters_busy = Gauge("renderer_painters_busy", "Pictures being drawn.", registry=registry)
        self.painters_limit = Gauge("renderer_painters_limit", "Most pictures drawn at once.", registry=registry)
        self.drawing_memory = Gauge(
            "renderer_drawing_memory_bytes", "Memory set aside for pictures being drawn.", registry=registry
        )
        self.drawing_memory_limit = Gauge(
            "renderer_drawing_memory_limit_bytes", "Most such memory: RENDER_MEMORY_MB.", registry=registry
        )
        self.artwork_memory = Gauge(
            "renderer_artwork_memory_bytes", "Memory set aside for artwork that waits to be drawn.", registry=registry
        )
        self.artwork_memory_limit = Gauge("renderer_artwork_memory_limit_bytes", "Most such memory.", registry=registry)
        self.stored_bytes = Counter("renderer_stored_bytes_total", "Bytes of pictures stored.", registry=registry)
        self.records_lost = Counter(
            "renderer_records_lost_total",
            "Rows about titles and pictures that Postgres did not take.",
            registry=registry,
        )
        self.purges = Counter("renderer_purges_total", "Addresses purged from the CDN.", ["outcome"], registry=registry)
        for fate in ("purged", "failed", "dropped"):
            self.purges.labels(fate)
        self.purges_waiting = Gauge("renderer_purges_waiting", "Addresses to be purged.", registry=registry)
        self.purges_waiting_limit = Gauge("renderer_purges_waiting_limit", "Most addresses waiting.", registry=registry)
        self.admin_purges = Counter(
            "renderer_admin_purges_total", "Attempts at purges that an admin requested.", ["outcome"], registry=registry
        )
        self.removed = Counter("renderer_pictures_removed_total", "Pictures deleted.", ["reason"], registry=registry)
        for purge in ("done", "edge_failed", "again", "crashed", "refused", "unindexed"):
            self.admin_purges.labels(purge)
        for reason in ("purge", "housekeeping", "free_key", "overdue"):
            self.removed.labels(reason)
        self.looks_removed = Counter("renderer_looks_removed_total", "Unused settings deleted.", registry=registry)
        self.asked_waiting = Gauge("renderer_asked_waiting", "Requested pictures to be recorded.", registry=registry)
        self.asked_waiting_limit = Gauge("renderer_asked_waiting_limit", "Most pictures waiting.", registry=registry)
        self.asked_dropped = Counter(
            "renderer_asked_dropped_total", "Requested pictures that were not recorded.", registry=registry
        )
        self.queue_waiting = Gauge(
            "renderer_queue_waiting", "Jobs not claimed yet: the group's lag.", ["lane"], registry=registry
        )
        self.queue_oldest = Gauge(
            "renderer_queue_oldest_seconds",
            "How long the oldest unclaimed job has waited.",
            ["lane"],
            registry=registry,
        )
        self.queue_taken = Gauge("renderer_queue_taken", "Jobs claimed by workers.", ["lane"], registry=registry)
        self.queue_limit = Gauge("renderer_queue_limit", "Most jobs in one priority.", registry=registry)
        self._add_upkeep(registry)
        self.dead_letters = Gauge("renderer_dead_letters", "Dead-lettered jobs.", registry=registry)
        self.content = Counter(
            "renderer_content_total", "Responses of the content server.", ["status", "cache"], registry=registry
        )
        self.content_seconds = TracedHistogram(
            "renderer_content_seconds", "Time of a content response.", ["cache"], buckets=_SERVE_S, registry=registry
        )
        self.rate_limited = Counter(
            "renderer_rate_limited_total", "Requests over their client's rate limit.", ["rate"], registry=registry
        )
        self.rate_cells = Gauge(
            "renderer_rate_cells", "Clients whose rate limit is tracked in memory.", registry=registry
        )
        self.rate_cells_limit = Gauge("renderer_rate_cells_limit", "Most such clients.", registry=registry)
        self.s3_calls = Gauge("renderer_s3_calls", "Calls to S3 in progress.", registry=registry)
        self.s3_calls_limit = Gauge(
            "renderer_s3_calls_limit", "Most such calls; lower while S3 is overloaded.", registry=registry
        )
        self.s3_overloads = Counter(
            "renderer_s3_overloads_total", "Responses of S3 that ask for fewer calls.", registry=registry
        )
        self.s3_repetitions = Counter(
            "renderer_s3_repetitions_total", "Reads from S3 that were repeated after a failure.", registry=registry
        )
        self.disk_losses = Counter(
            "renderer_disk_losses_total", "Calls served without the disk cache.", registry=registry
        )
        self.disk_used = Gauge("renderer_disk_used_bytes", "Bytes of pictures and artwork on disk.", registry=registry)
        self.disk_limit = Gauge("renderer_disk_limit_bytes", "Most such bytes; 0 without a disk.", registry=registry)
        self.disk_art = Counter(
            "renderer_disk_art_total", "Lookups of artwork on disk.", ["outcome"], registry=registry
        )
        self.waiting = Gauge("renderer_content_waiting", "Pictures that callers wait for.", registry=registry)
        self.waiting_limit = Gauge("renderer_content_waiting_limit", "Most such pictures.", registry=registry)

    def _add_upkeep(self, registry: CollectorRegistry) -> None:
        """Add what is done without a caller: redraws, the anime id map, and lists of titles."""
        self.outdated = Gauge(
            "renderer_outdated_pictures", "Stored pictures of an older drawing version.", registry=registry
        )
        self.redraws = Counter(
            "renderer_redraws_total",
            "Requests for a picture of an older drawing version, by whether a redraw was queued or held back.",
            ["outcome"],
            registry=registry,
        )
        self.anime_map_rows = Gauge("renderer_anime_map_rows", "Numbers in the anime id map.", registry=registry)
        self.anime_map_age = Gauge(
            "renderer_anime_map_age_seconds",
            "Time since the anime id map was refreshed, or since it was first tried; 0 where nothing refreshes it.",
            registry=registry,
        )
        self.anime_map_refreshes = Counter(
            "renderer_anime_map_refreshes_total",
            "Attempts to refresh the anime id map.",
            ["outcome"],
            registry=registry,
        )
        for end in ("done", "failed", "refused"):
            self.anime_map_refreshes.labels(end)
        self.title_list_age = Gauge(
            "renderer_title_list_age_seconds",
            "Age of a list of titles when a picture last needed it; 0 if none did for six hours.",
            ["list"],
            registry=registry,
        )
