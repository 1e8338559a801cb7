"""The numbers of management: what was asked under ``/api``, and what came of it."""

from prometheus_client import CollectorRegistry, Counter


class ManagementMetrics:
    """Counts answers by the endpoint's name and its outcome: ``ok``, a ``Cause``, or the name of a status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "gateway_management_requests_total",
            "Requests under /api by endpoint and what they got.",
            ["endpoint", "outcome"],
            registry=registry,
        )

    def answered(self, endpoint: str, outcome: str) -> None:
        """Count an answer."""
        self._requests.labels(endpoint, outcome).inc()
