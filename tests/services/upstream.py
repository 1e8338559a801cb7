"""A real local server with scripted replies, in place of an outside source."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import msgspec
from aiohttp import web
from aiohttp.test_utils import RawTestServer


class Reply(msgspec.Struct, frozen=True):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    resets: bool = False
    hangs: bool = False


class ReceivedRequest(msgspec.Struct, frozen=True):
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def replies(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return a JSON reply; header names are written with underscores."""
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **names})


RESET = Reply(resets=True)
HANG = Reply(hangs=True)
NOT_PLANNED = replies({"status_code": 34, "success": False}, 404)


class Upstream:
    """Replies by path; several replies to one path are sent in order, and the last one repeats."""

    def __init__(self) -> None:
        self.received: list[ReceivedRequest] = []
        self.peers: set[object] = set()
        """The ends of the connections on which requests came."""
        self.answer: Callable[[ReceivedRequest], Reply] | None = None
        """Decides by the request, in place of the plans."""
        self._plans: dict[str, list[Reply]] = {}
        self._closing = asyncio.Event()
        self._server = RawTestServer(self._handle)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    @property
    def paths(self) -> list[str]:
        return [received.path for received in self.received]

    def plan(self, path: str, *plan: Reply) -> None:
        """Set the replies to a path, or with ``*`` to every path without a plan."""
        self._plans[path] = list(plan)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received = ReceivedRequest(request.path, dict(request.query), dict(request.headers))
        self.received.append(received)
        if request.transport is not None:
            self.peers.add(request.transport.get_extra_info("peername"))
        if self.answer is not None:
            reply = self.answer(received)
        else:
            plan = self._plans.get(request.path) or self._plans.get("*") or [NOT_PLANNED]
            reply = plan.pop(0) if len(plan) > 1 else plan[0]
        if reply.hangs:
            await self._closing.wait()
        if reply.resets and request.transport:
            request.transport.abort()
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))
