"""What serves lists and searches, which sources answer: at most so many at once, a deadline, errors as responses."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from aiohttp import web

from renderer.content.responses import error_answer
from renderer.metrics import RendererMetrics
from shared.domain.errors import Busy, DeadlineExceeded, MarqueeError

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SourceRequests:
    """Requests of one kind in this process: ``most`` wait for sources at once, each for at most ``timeout_s``."""

    def __init__(self, metrics: RendererMetrics, *, most: int, timeout_s: float) -> None:
        self._metrics, self._most, self._timeout_s = metrics, most, timeout_s
        self._open = 0

    async def answer(self, request: web.Request, make: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """Return what ``make`` returns, or the error that it raises, and count the response."""
        started = time.perf_counter()
        try:
            response = await make()
        except MarqueeError as error:
            response = error_answer(error)
        except Exception:
            log.exception("content_crashed", path=request.path)
            response = error_answer(MarqueeError())
        self._metrics.content.labels(str(response.status), "none").inc()
        self._metrics.content_seconds.labels("none").observe(time.perf_counter() - started)
        return response

    async def within_limits(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Wait for the sources. Raises ``Busy``, ``DeadlineExceeded`` and what ``work`` raises."""
        if self._open >= self._most:
            raise Busy(f"{self._most} requests wait for sources already")
        self._open += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                return await work()
        except TimeoutError as error:
            raise DeadlineExceeded(f"no answer from sources within {self._timeout_s:g} s") from error
        finally:
            self._open -= 1
