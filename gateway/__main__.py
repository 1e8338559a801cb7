"""``python -m gateway``: runs the gateway until SIGTERM or SIGINT. ``python -m gateway check`` checks its stores."""

import gc
import sys
from functools import partial

import structlog
import uvloop

from gateway.app import DRAIN_S, build_app
from gateway.config import GatewayConfig, load_gateway
from gateway.gateway_checks import gateway_checks, open_gateway_checks
from gateway.stores import open_stores
from shared.config.process import CLOSE_S, load_or_exit, run_or_exit
from shared.http.client_ip import ClientIps
from shared.http.connections import UNREAD_BYTES, connection_limits
from shared.http.server import serve, serve_probes, stop_event
from shared.observability import logs
from shared.observability.health import Probes
from shared.observability.metrics import metrics_app, new_registry
from shared.observability.tracer import Tracing
from shared.stores.start_check import require_stores

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def run(config: GatewayConfig, tracing: Tracing) -> None:
    """Serve until a signal; then finish open responses and close everything, within a deadline.

    Raises ``CannotStart`` when a store refuses, or an address cannot be listened on.
    """
    stopping = stop_event(DRAIN_S + CLOSE_S)
    registry, probes = new_registry(), Probes()
    probes.hold()
    async with open_stores(config) as stores, serve_probes(metrics_app(registry, probes), config.metrics):
        if stores.management is not None:
            checks = gateway_checks(config, stores.management.pool, stores.management.redis)
            await require_stores(checks, stopping)
        app = build_app(config, stores, registry, probes, tracing=tracing)
        limits = connection_limits(registry, ClientIps(config.trusted_proxies), unread_bytes=UNREAD_BYTES)
        async with serve(app, config.listen, drain_s=DRAIN_S, limits=limits):
            probes.release()
            log.info("gateway_started", port=config.listen.port)
            await stopping.wait()
            probes.leave()
    log.info("gateway_stopped")


def main() -> None:
    """Load the config and run; with ``check``, check the stores instead."""
    config = load_or_exit(load_gateway)
    if words := sys.argv[1:]:
        from shared.stores.check_command import run_check  # noqa: PLC0415 - the tables of rich, which no server needs

        raise SystemExit(run_check("gateway", words, partial(open_gateway_checks, config)))
    logs.configure(config.log.level, config.log.format)
    gc.freeze()  # what was imported stays: each full collection would look at all of it again, for 45 ms
    with Tracing.open(config.traces, "marquee-gateway") as tracing:
        run_or_exit(lambda: uvloop.run(run(config, tracing)))


if __name__ == "__main__":
    main()
