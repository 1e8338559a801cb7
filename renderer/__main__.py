"""``python -m renderer``: the worker and the content server in one process, until SIGTERM or SIGINT."""

import gc

import structlog
import uvloop

from renderer.app import open_renderer
from renderer.config import RendererConfig, load_renderer
from renderer.control_groups import memory_limit_bytes
from renderer.drawing.picture import VERSION
from renderer.memory_limits import peak_bytes, return_freed_memory
from shared.config.process import load_or_exit
from shared.http.server import stop_event
from shared.observability import logs
from shared.observability.tracing import Tracing

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def run(config: RendererConfig, tracing: Tracing) -> None:
    """Run until a stop signal, then drain, and exit within ``config.stop_s``."""
    stopping = stop_event(config.stop_s)
    async with open_renderer(config, tracing) as renderer:
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


if __name__ == "__main__":
    chosen = load_or_exit(load_renderer)
    logs.configure(chosen.log.level, chosen.log.format)
    return_freed_memory()
    gc.freeze()  # what was imported stays: each full collection would look at all of it again, for 45 ms
    with Tracing.open(chosen.traces, "marquee-renderer") as opened:
        uvloop.run(run(chosen, opened))
