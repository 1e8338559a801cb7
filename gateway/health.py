"""Probes on the public port, for a load balancer that reaches no other."""

from http import HTTPStatus

from aiohttp import web

from gateway.errors import json_answer
from shared.telemetry.probes import Probes


class Health:
    """Answers ``/livez`` and ``/readyz``."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    async def live(self, _: web.Request) -> web.Response:
        """Answer 200: whoever can answer is alive, whatever else is down."""
        return json_answer(HTTPStatus.OK, {"alive": True})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 when ready and 503 when not, and how each part is."""
        report = await self._probes.report()
        return json_answer(HTTPStatus.OK if report.ready else HTTPStatus.SERVICE_UNAVAILABLE, report)
