"""Connection limits that no test meets by accident."""

from prometheus_client import CollectorRegistry

from shared.http.client_ip import ClientIps
from shared.http.connections import ConnectionLimits, ConnectionMetrics


def no_limits() -> ConnectionLimits:
    return ConnectionLimits(ConnectionMetrics(CollectorRegistry()), most=10_000, clients=ClientIps(()))
