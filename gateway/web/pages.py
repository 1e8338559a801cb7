"""The pages, rendered from templates when their variables change; none contains anything private."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from gateway.web.assets import HEADERS, Assets
from gateway.web.manual import GROUPS
from shared.domain.errors import RateLimited, StoreDown
from shared.domain.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PageContext = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns the variables of a template, at each request; a page is rendered again when they differ."""

PageCard = Callable[[web.Request], Awaitable[object]]
"""Returns what a link to the requested address shows where it is posted, or ``None`` for what every page shows."""

PageLimit = Callable[[web.Request], None]
"""Counts a page of a client. Raises ``RateLimited``."""

PageGuard = Callable[[web.Request], Awaitable[bool]]
"""Returns whether a request may open a page that is not for everybody. Raises ``StoreDown``."""

STATIC: Final = "public, max-age=300"
"""The lifetime of a page that changes only with the version."""

CURRENT: Final = "no-cache"
"""The lifetime of a page that shows what admins choose; its ETag makes it cheap to ask again."""


_PRIVATE: Final = "private, no-cache"
"""The lifetime of a page for those who are signed in."""


class Rendered(NamedTuple):
    """A page, as it is and compressed, and the tag of this version."""

    body: bytes
    compressed: bytes
    etag: str


class Pages:
    """Serves pages. Their scripts, styles and pictures come only from the gateway and the content server.

    With a guard, all but those for signing in are only for those whom it lets pass.
    """

    def __init__(
        self,
        assets: Assets,
        *,
        content_base_url: str,
        content_direct_url: str | None = None,
        limit: PageLimit,
        guard: PageGuard | None = None,
    ) -> None:
        self._assets, self._limit, self._guard = assets, limit, guard
        self._rendered: dict[tuple[str, str], tuple[Mapping[str, Any], Rendered]] = {}
        # Browsers check where a redirect leads as well.
        origins = dict.fromkeys(_origin(url) for url in (content_base_url, content_direct_url) if url)
        self._headers = HEADERS | {
            "Content-Security-Policy": _policy(" ".join(origins)),
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Vary": "Accept-Encoding",
        }

    @cached_property
    def _templates(self) -> "Environment":
        # 2 MB, which a gateway that only redirects does not need.
        from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

        templates = Environment(
            loader=PackageLoader("gateway.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.globals |= {"asset": self._assets.url, "version": VERSION, "manual": GROUPS, "card": None}
        return templates

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """Return a page as HTML, with all text from the context escaped."""
        return self._templates.get_template(template).render(context)

    def page(
        self,
        template: str,
        facts: PageContext | None = None,
        *,
        card: PageCard | None = None,
        lifetime: str = STATIC,
        is_open: bool = False,
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return the handler of a page. One that ``is_open`` is for everybody, also where there is a guard."""
        guard = None if is_open else self._guard
        if guard is not None:
            lifetime = _PRIVATE

        async def answer(request: web.Request) -> web.Response:
            try:
                self._limit(request)
                if guard is not None and not await guard(request):
                    return self._closed(request)
                known = {**({} if facts is None else await facts()), "path": request.path}
                shown = None if card is None else await card(request)
                # Each look has a card of its own, so that pages with one are not worth keeping.
                page = self._current(template, known) if shown is None else self._once(template, known, shown)
            except RateLimited as error:
                return self._limited(error)
            except StoreDown as error:
                words = {"title": "Please try again in a moment", "sentence": error.public}
                return self._sorry(request, words, HTTPStatus.SERVICE_UNAVAILABLE)
            except Exception:
                log.exception("page_crashed", template=template)
                words = {"title": "Something went wrong", "sentence": "The error was logged. Please try again."}
                return self._sorry(request, words, HTTPStatus.INTERNAL_SERVER_ERROR)
            headers = self._headers | {"Cache-Control": lifetime, "ETag": page.etag}
            return _page_answer(request, page, headers)

        return answer

    def not_found(self, request: web.Request) -> web.Response:
        """Return the page for an unknown address."""
        try:
            self._limit(request)
        except RateLimited as error:
            return self._limited(error)
        words = {"title": "Page not found", "sentence": "The address may be mistyped, or the page has moved."}
        answer = self._sorry(request, words, HTTPStatus.NOT_FOUND)
        answer.headers["Vary"] = "Accept, Accept-Encoding"
        return answer

    def _current(self, template: str, context: Mapping[str, Any]) -> Rendered:
        """Return the page with these variables, rendered once for as long as they stay the same."""
        place = template, context["path"]  # no more than there are routes of pages
        known = self._rendered.get(place)
        if known is None or known[0] != context:
            known = context, _rendered(self.render(template, context))
            self._rendered[place] = known
        return known[1]

    def _once(self, template: str, context: Mapping[str, Any], card: object) -> Rendered:
        return _rendered(self.render(template, {**context, "card": card}))

    def _closed(self, request: web.Request) -> web.Response:
        """Ask a stranger to sign in."""
        answer = self._special("closed.html", {"path": request.path}, HTTPStatus.UNAUTHORIZED)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    def _limited(self, error: RateLimited) -> web.Response:
        answer = web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, text=error.public, headers=self._headers)
        answer.headers.update({"Cache-Control": "no-store", "Retry-After": str(error.retry_after_s)})
        return answer

    def _sorry(self, request: web.Request, words: Mapping[str, str], status: HTTPStatus) -> web.Response:
        return self._special("sorry.html", {**words, "path": request.path}, status)

    def _special(self, template: str, context: Mapping[str, str], status: HTTPStatus) -> web.Response:
        text = self.render(template, context)
        headers = self._headers | {"Cache-Control": "no-store"}
        answer = web.Response(status=status, text=text, content_type="text/html", headers=headers)
        answer.enable_compression()
        return answer


def _rendered(text: str) -> Rendered:
    body = text.encode()
    # Compression is safe: a page contains no secret that its length could reveal.
    return Rendered(body, gzip.compress(body, 9, mtime=0), f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')


def _page_answer(request: web.Request, page: Rendered, headers: dict[str, str]) -> web.Response:
    """Return the page in the caller's encoding, or 304 when the caller has it."""
    if page.etag in {tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")}:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = "text/html; charset=utf-8"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=page.compressed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=page.body, headers=headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _policy(content: str) -> str:
    rules: Sequence[str] = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' blob: data: {content}",
        f"connect-src 'self' {content}",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules)
