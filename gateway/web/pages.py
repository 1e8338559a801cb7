"""The pages, rendered from templates; none contains anything private."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gateway.web.assets import HEADERS, Assets
from shared.domain.version import VERSION

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PageContext = Callable[[], Awaitable[dict[str, Any]]]
"""Returns the variables of a template, at each request."""

READ_ONLY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of a page without scripts."""

_NOT_KEPT: Final = "no-cache"


class Pages:
    """Serves pages. Their scripts, styles and pictures come only from the gateway and the content server."""

    def __init__(self, assets: Assets, *, content_base_url: str) -> None:
        parts = urlsplit(content_base_url)
        self._headers = HEADERS | {
            "Content-Security-Policy": _policy(f"{parts.scheme}://{parts.netloc}"),
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": _NOT_KEPT,
            "Vary": "Accept-Encoding",
        }
        self._templates = Environment(
            loader=PackageLoader("gateway.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"asset": assets.url, "version": VERSION}

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """Return a page as HTML, with all text from the context escaped."""
        return self._templates.get_template(template).render(context)

    def page(
        self, template: str, facts: PageContext | None = None, *, policy: str | None = None
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return the handler of a page; ``policy`` replaces the content security policy."""

        async def answer(request: web.Request) -> web.Response:
            try:
                known = {} if facts is None else await facts()
                said = self._say(template, known | {"path": request.path})
            except Exception:
                log.exception("page_crashed", template=template)
                words = {"title": "Something went wrong", "sentence": "The error was logged. Please try again."}
                return self._say("sorry.html", words | {"path": request.path}, HTTPStatus.INTERNAL_SERVER_ERROR)
            if policy is not None:
                said.headers["Content-Security-Policy"] = policy
            return said

        return answer

    def not_found(self, request: web.Request) -> web.Response:
        """Return the page for an unknown address."""
        words = {"title": "Page not found", "sentence": "The address may be mistyped, or the page has moved."}
        answer = self._say("sorry.html", words | {"path": request.path}, HTTPStatus.NOT_FOUND)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Vary"] = "Accept, Accept-Encoding"
        return answer

    def _say(self, template: str, facts: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        text = self.render(template, facts)
        answer = web.Response(status=status, text=text, content_type="text/html", headers=self._headers)
        answer.enable_compression()  # safe: a page contains no secret that its length could reveal
        return answer


def _policy(content: str) -> str:
    rules: Sequence[str] = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' blob: data: {content}",
        f"connect-src 'self' {content}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules)
