"""``python -m renderer``: the worker and the content server in one process, until SIGTERM or SIGINT.

``python -m renderer check`` checks its stores.
"""

import gc
import sys
from functools import partial
from typing import Final

import structlog
import uvloop

from renderer.app import open_renderer
from renderer.config import RendererConfig, load_renderer
from renderer.control_groups import memory_limit_bytes
from renderer.drawing.picture import VERSION
from renderer.memory_limits import peak_bytes, return_freed_memory
from renderer.renderer_checks import open_renderer_checks, renderer_checks
from renderer.renderer_stores import RendererStores
from shared.config.process import load_or_exit, run_or_exit
from shared.http.server import stop_event
from shared.observability import logs
from shared.observability.tracer import Tracing
from shared.stores.start_check import require_stores

_YOUNG: Final = 10_000
"""New objects that start a collection: more than the jobs in progress hold, or each would look at all of theirs."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def run(config: RendererConfig, tracing: Tracing) -> None:
    """Run until a stop signal, then drain, and exit within ``config.stop_s``.

    Raises ``CannotStart`` when a store refuses, or an address cannot be listened on.
    """
    stopping = stop_event(config.stop_s)

    async def check(stores: RendererStores) -> None:
        await require_stores(renderer_checks(config, stores), stopping)

    async with open_renderer(config, tracing, check=check) as renderer:
        log.info(
            "renderer_started",
            port=config.listen.port,
            pixels=VERSION,
            render_pool=config.render_concurrency,
            peak_mb=peak_bytes(config) >> 20,
        )
        limit = memory_limit_bytes()
        if limit is not None and limit < peak_bytes(config):
            log.warning("memory_limit_low", limit_mb=limit >> 20, peak_mb=peak_bytes(config) >> 20)
        await renderer.run(stopping)
    log.info("renderer_stopped")


def main() -> None:
    """Load the config and run; with ``check``, check the stores instead."""
    config = load_or_exit(load_renderer)
    if words := sys.argv[1:]:
        from shared.stores.check_command import run_check  # noqa: PLC0415 - the tables of rich, which no server needs

        raise SystemExit(run_check("renderer", words, partial(open_renderer_checks, config)))
    logs.configure(config.log.level, config.log.format)
    return_freed_memory()
    gc.set_threshold(_YOUNG)
    gc.freeze()  # what was imported stays: each full collection would look at all of it again, for 45 ms
    with Tracing.open(config.traces, "marquee-renderer") as tracing:
        run_or_exit(lambda: uvloop.run(run(config, tracing)))


if __name__ == "__main__":
    main()
