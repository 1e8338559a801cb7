"""A client as the gateway meets it: how it asks, how far it follows, and by what it judges an answer.

Redirects are followed here and not by the library, for each client has its own measure of them.
"""

import asyncio
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final

import aiohttp
import msgspec
from PIL import Image
from yarl import URL

from gateway.pictures.client_rules import SMALLEST_PICTURE, ClientRules, KeyRule, PictureRule
from tests.stack.caller import Answer, fetch, show

_Session = aiohttp.ClientSession  # noqa: TID251 - the callers are tests

_DRAWN_S: Final = 120.0
_AGAIN_S: Final = 0.1
_CHANCES: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class TooManyRedirects(Exception):
    """The client follows no further."""


class Seen(Answer, frozen=True, kw_only=True):
    """What a client got in the end; ``hops`` is how many redirects it followed."""

    hops: int

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def is_picture(self) -> bool:
        """The check that clients with a check have in common: 2xx, a picture by its type, and not too small."""
        length = self.headers.get("content-length")
        return (
            self.is_ok
            and self.content_type.startswith("image/")
            and (length is None or int(length) >= SMALLEST_PICTURE)
        )

    @property
    def says_valid(self) -> bool:
        """Whether it is JSON whose ``valid`` is the boolean, and not merely something that counts as true."""
        return self.json["valid"] is True

    @property
    def form_and_size(self) -> tuple[str | None, tuple[int, int]]:
        """Decode the picture, every pixel of it."""
        image = Image.open(io.BytesIO(self.body))
        image.load()
        return image.format, image.size


@dataclass
class Ledger:
    """Who asked what and what came, for all to read; of a key it shows only the name."""

    key_names: Mapping[str, str]
    rows: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, client: str, request: str, answer: str) -> None:
        parts = [self.key_names.get(part, part) for part in request.split("/")]
        self.rows[client, "/".join(parts)] = answer

    def show(self) -> None:
        show("client × request × answer", [(*asked, answer) for asked, answer in sorted(self.rows.items())])


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where clients are sent, the keys that their users were given, and what is noted of them."""

    http: _Session
    url: str
    keys: Mapping[str, str]
    ledger: Ledger
    drawn: set[str]

    async def draw(self, path: str) -> None:
        """Have a picture drawn: the tests are of the clients' rules, not of how fast a busy machine draws.

        What is refused or is not there is ready at once; a stand-in would hide whether it is.
        """
        path = path.replace("fallback=true", "fallback=")
        if path in self.drawn:
            return
        async with asyncio.timeout(_DRAWN_S):
            answer = await fetch(self.http, f"{self.url}/{path}")
            while answer.status == 503 or answer.cache == "MISS-FALLBACK":
                await asyncio.sleep(_AGAIN_S)
                answer = await fetch(self.http, f"{self.url}/{path}")
        self.drawn.add(path)


class Client:
    """How a client asks; each has a name, the redirects that it follows, and headers of its own."""

    name: ClassVar[str]
    redirects: ClassVar[int] = 0
    headers: ClassVar[Mapping[str, str]] = {}
    rules: ClassVar[ClientRules]
    """What is known of it, for those whose rules the pages know too; they bring its name and its redirects."""

    def __init_subclass__(cls) -> None:
        if "rules" in cls.__dict__:
            cls.name, cls.redirects = cls.rules.name, cls.rules.redirects

    def __init__(self, site: Site) -> None:
        self._site = site

    async def accepts_key(self, address: str) -> bool:
        """Ask whether a key is good, by the client's rules; ``address`` has the key and no slash at its end."""
        check = self.rules.key
        assert check is not None, f"{self.name} checks no key"
        seen = await self.ask(f"{address}/isValid", within_s=check.within_s)
        return seen.is_ok and seen.says_valid if check.rule is KeyRule.VALID else seen.status == 200

    async def look(self, address: str, nth: int = 0) -> tuple[Seen, bool]:
        """Make the client's first request for a picture, or its ``nth``; returns the answer and whether it will do."""
        check = self.rules.pictures[nth]
        seen = await self.ask(address, within_s=check.within_s, method=check.method)
        match check.rule:
            case PictureRule.SUCCESS:
                return seen, seen.is_ok
            case PictureRule.EXACTLY_200:
                return seen, seen.status == 200
            case PictureRule.PICTURE:
                return seen, seen.is_picture

    async def ask(self, path: str, *, within_s: float, method: str = "GET") -> Seen:
        """Ask for what is behind the base address, as it is written, and follow as far as this client does.

        A busy machine may hold up any answer, so that a late one is asked for again: what needs longer than the client
        waits, needs it each time. Raises ``TooManyRedirects``, ``TimeoutError``.
        """
        await self._site.draw(path)
        for _ in range(_CHANCES - 1):
            with suppress(TimeoutError):
                seen = await self._followed(method, path, within_s)
                break
        else:
            seen = await self._followed(method, path, within_s)
        way = f"after {seen.hops} redirect" if seen.hops else "at once"
        length = seen.headers.get("content-length", "?")
        answer = f"{seen.status} {seen.content_type or 'no body'}, {length} bytes, {way}"
        self._site.ledger.note(self.name, f"{method} /{path}", answer)
        return seen

    async def _followed(self, method: str, path: str, within_s: float) -> Seen:
        url, hops = URL(f"{self._site.url}/{path}", encoded=True), 0
        async with asyncio.timeout(within_s):
            seen = await self._once(method, url, hops)
            while seen.status in _REDIRECTS and self.redirects:
                hops += 1
                if hops > self.redirects:
                    raise TooManyRedirects
                url = url.join(URL(seen.headers["location"], encoded=True))
                seen = await self._once(method, url, hops)
        return seen

    async def _once(self, method: str, url: URL, hops: int) -> Seen:
        answer = await fetch(self._site.http, str(url), method=method, follow=False, body=None, **self.headers)
        return Seen(**msgspec.structs.asdict(answer), hops=hops)


class Browser(Client):
    """A page of another site: ``fetch`` may read only what allows it, after a redirect too."""

    name = "a page's fetch"
    redirects = 20
    headers: ClassVar[Mapping[str, str]] = {
        "Origin": "https://app.example",
        "Referer": "https://app.example/",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    }

    async def _once(self, method: str, url: URL, hops: int) -> Seen:
        seen = await super()._once(method, url, hops)
        assert seen.headers.get("access-control-allow-origin") in {"*", self.headers["Origin"]}, "a TypeError in fetch"
        return seen
