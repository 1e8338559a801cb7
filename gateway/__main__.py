"""``python -m gateway``: runs the gateway until SIGTERM or SIGINT."""

import gc

import structlog
import uvloop

from gateway.app import DRAIN_S, build_app
from gateway.config import GatewayConfig, load_gateway
from gateway.stores import open_stores
from shared.config.process import CLOSE_S, load_or_exit
from shared.http.client_ip import ClientIps
from shared.http.connections import UNREAD_BYTES, connection_limits
from shared.http.server import serve, serve_probes, stop_event
from shared.observability import logs
from shared.observability.health import Probes
from shared.observability.metrics import metrics_app, new_registry
from shared.observability.tracing import Tracing

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def run(config: GatewayConfig, tracing: Tracing) -> None:
    """Serve until a signal; then finish open responses and close everything, within a deadline."""
    stopping = stop_event(DRAIN_S + CLOSE_S)
    registry, probes = new_registry(), Probes()
    async with (
        open_stores(config) as stores,
        serve_probes(metrics_app(registry, probes), config.metrics),
        serve(
            build_app(config, stores, registry, probes, tracing=tracing),
            config.listen,
            drain_s=DRAIN_S,
            limits=connection_limits(registry, ClientIps(config.trusted_proxies), unread_bytes=UNREAD_BYTES),
        ),
    ):
        log.info("gateway_started", port=config.listen.port)
        await stopping.wait()
        probes.leave()
    log.info("gateway_stopped")


def main() -> None:
    """Load the config and run."""
    config = load_or_exit(load_gateway)
    logs.configure(config.log.level, config.log.format)
    gc.freeze()  # what was imported stays: each full collection would look at all of it again, for 45 ms
    with Tracing.open(config.traces, "marquee-gateway") as tracing:
        uvloop.run(run(config, tracing))


if __name__ == "__main__":
    main()
