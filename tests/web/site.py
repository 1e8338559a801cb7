"""The pages as an operator runs them: a gateway and a renderer on real stores, drawing the demo's silent films."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import asyncpg

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from tests.stack.caller import Answer, any_case
from tests.stack.pair import Watched
from tests.stack.part import Part
from tests.stack.services import FREE_KEY
from tests.stack.stores import Stores
from tests.waiting import eventually, run_apart

ADMIN: Final = "ada"
PASSWORD: Final = "twelve-silent-films"
_ANSWER_S: Final = 60.0
_DRAWN_S: Final = 120.0
_STOPPED_S: Final = 60.0
_TOKEN_S: Final = 600.0  # an access token is valid for a quarter of an hour

_ON: Final = {
    "COOKIE_SECURE": "false",  # plain http
    "TRUSTED_PROXIES": f"{HOST}/32",  # so that each visitor has an address, and guesses, of their own
    "OMDB_API_KEY": "omdb-key-never-to-be-seen",
    "FANART_API_KEY": "fanart-key-never-to-be-seen",
    "TRAKT_CLIENT_ID": "trakt-client-never-to-be-seen",
    "LOG_LEVEL": "warning",
    "RENDER_WAIT_MS": "10000",  # by default a busy machine answers 503 to the first who wants a new title
}


@dataclass(frozen=True, kw_only=True)
class Key:
    """An API key that was made for a test."""

    id: str
    name: str
    key: str
    share: str


class Demo(Part):
    """The demo's sources, as a program of their own; those of other test processes share what is drawn."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        (port,) = free_ports(1, apart_from=())
        program = parts.demo(port, folder / "demo.log")
        env = {**program.env, "DEMO_PREFETCH": "false", "DEMO_PICTURES": str(pictures)}
        super().__init__(replace(program, env=env), folder / "demo.log")
        self.url = f"http://{HOST}:{port}"

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End."""
        self.close()


@dataclass
class Site:
    """A running pair, and what a test does with it beside the browser. All calls are over HTTP, as anybody's are."""

    pair: Watched
    _visitors: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _admin_token: str | None = None
    _signed_in_at: float = 0.0

    @property
    def url(self) -> str:
        """Return where the pages are, without a slash at the end."""
        return self.pair.gateway_url

    @property
    def content_url(self) -> str:
        """Return where the pictures are."""
        return self.pair.content_url

    def visitor(self) -> str:
        """Return an address that nobody has come from yet, for ``X-Forwarded-For``: guesses are counted by it."""
        nth = next(self._visitors)
        return f"10.0.{nth // 256}.{nth % 256}"

    def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Ask the gateway, or whoever ``path`` names in full, and return the answer, also a refusal."""
        where = urlsplit(path if path.startswith("http") else self.url + path)
        connection = HTTPConnection(str(where.hostname), where.port, timeout=_ANSWER_S)
        told = {"X-Forwarded-For": self.visitor(), **headers}
        if token is not None:
            told["Authorization"] = f"Bearer {token}"
        content = None
        if body is not None:
            content, told["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            connection.request(method, f"{where.path}?{where.query}".rstrip("?"), content, told)
            answer = connection.getresponse()
            return Answer(status=answer.status, headers=any_case(answer.getheaders()), body=answer.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:
        """Ask the gateway and return the JSON of its answer; fails on a refusal."""
        answer = self.ask(method, path, body, token=token)
        assert answer.status < HTTPStatus.BAD_REQUEST, f"{method} {path}: {answer.status} {answer.body!r}"
        return answer.json if answer.body else None

    def make_admin(self) -> str:
        """See to it that there is the admin ``ADMIN`` with the password ``PASSWORD``; returns an access token."""
        if self._admin_token is None or time.monotonic() > self._signed_in_at + _TOKEN_S:
            who = {"username": ADMIN, "password": PASSWORD}
            is_new = self.api("GET", "/api/auth/status")["setup_needed"]
            self._admin_token = str(self.api("POST", f"/api/auth/{'setup' if is_new else 'login'}", who)["token"])
            self._signed_in_at = time.monotonic()
        return self._admin_token

    @contextmanager
    def another_admin(self, name: str, password: str) -> Iterator[int]:
        """Have one more admin during the block; yields the number of the row."""
        token = self.make_admin()
        made = self.api("POST", "/api/admin/admins", {"username": name, "password": password}, token=token)
        try:
            yield int(made["id"])
        finally:
            self.api("DELETE", f"/api/admin/admins/{made['id']}", token=token)

    def make_key(self, name: str | None = None, **wishes: object) -> Key:
        """Make an API key as the admin; ``wishes`` are ``monthly_limit``, ``direct`` and ``tier``."""
        name = name or f"key {next(self._names)}"
        made = self.api("POST", "/api/keys", {"name": name, **wishes}, token=self.make_admin())
        return Key(id=made["id"], name=name, key=made["key"], share=made["share"])

    @contextmanager
    def restored(self) -> Iterator[str]:
        """Take back, after the block, what admins change for everybody; yields an access token of the admin.

        The global settings are then empty, the free key is as before, and the presets are those of before.
        """
        token = self.make_admin()
        before = self.api("GET", "/api/admin/settings", token=token)["free_key"]["enabled"]
        presets = self._published()
        try:
            yield token
        finally:
            now = self.api("GET", "/api/admin/settings", token=token)
            if settings := {kind: dict.fromkeys(values) for kind, values in now["settings"].items() if values}:
                self.api("PUT", "/api/admin/settings", {"settings": settings}, token=token)
            if now["free_key"]["enabled"] != before:
                self.api("PUT", "/api/admin/settings", {"free_key_enabled": before}, token=token)
            for name in self._published() - presets:
                self.api("DELETE", f"/api/admin/presets/{name}", token=token)

    def key_token(self, key: Key) -> str:
        """Return an access token of a key's holder."""
        return str(self.api("POST", "/api/auth/key-login", {"key": key.key})["token"])

    def admin_cookie(self) -> str:
        """Sign the admin in anew; returns the refresh token, which is good once."""
        self.make_admin()
        return self._cookie("login", {"username": ADMIN, "password": PASSWORD})

    def key_cookie(self, key: Key) -> str:
        """Sign a key's holder in; returns the refresh token, which is good once."""
        return self._cookie("key-login", {"key": key.key})

    def until_drawn(self, path: str) -> None:
        """Wait until a picture is there whole; ``path`` is a keyed address or one of the content server."""
        eventually(lambda: self._is_drawn(path), seconds=_DRAWN_S)
        assert self._is_drawn(path), f"not drawn in time: {path}"

    def until_listed(self, title: str) -> None:
        """Wait until a picture of a title is among the stored ones: it is served before it is indexed."""
        token = self.make_admin()
        is_listed = eventually(lambda: bool(self.api("GET", f"/api/admin/images?q={title}", token=token)["images"]))
        assert is_listed, f"not listed: {title}"

    def until_refused(self, path: str) -> None:
        """Wait until an address is refused with 401."""
        is_refused = eventually(lambda: self.ask("GET", path).status == HTTPStatus.UNAUTHORIZED, seconds=_STOPPED_S)
        assert is_refused, f"still let in: {path.rpartition('/')[2]}"

    def write(self, statement: str, *values: object) -> None:
        """Write to Postgres what no caller can. The loop is in a thread of its own: Playwright has one in this."""
        run_apart(_write(self.pair.stores.database_url, statement, values))

    @contextmanager
    def while_open(self, statement: str) -> Iterator[None]:
        """Keep a transaction open after a statement, such as one that locks rows, during the block."""
        with ThreadPoolExecutor(1) as thread:
            is_locked, is_over = threading.Event(), threading.Event()
            done = thread.submit(asyncio.run, _hold(self.pair.stores.database_url, statement, is_locked, is_over))
            try:
                assert is_locked.wait(_ANSWER_S)
                yield
            finally:
                is_over.set()
        done.result()

    def picture(self, title: str = "tt0017136.jpg", kind: str = "poster", key: str = FREE_KEY) -> str:
        """Return the keyed address of a picture."""
        return self.pair.picture(title, kind=kind, key=key)

    def _published(self) -> set[str]:
        """Return the names of the presets that admins have published here."""
        return {each["name"] for each in self.api("GET", "/api/presets")["presets"] if not each["builtin"]}

    def _cookie(self, how: str, credentials: dict[str, str]) -> str:
        answer = self.ask("POST", f"/api/auth/{how}", credentials)
        assert answer.cookie is not None, answer.body
        return answer.cookie

    def _is_drawn(self, path: str) -> bool:
        answer = self.ask("GET", path)
        if answer.status == HTTPStatus.FOUND:
            answer = self.ask("GET", answer.headers["location"])
        return answer.cache in {"HIT", "MISS", "STALE"}


async def _write(database_url: str, statement: str, values: tuple[object, ...]) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


def pair_on(demo: Demo, stores: Stores, folder: Path, settings: Mapping[str, str]) -> Watched:
    """Return a pair that is not started yet and asks the demo's sources."""
    return Watched(folder, stores, demo, settings=_ON | dict(settings))


async def _hold(database_url: str, statement: str, is_locked: threading.Event, is_over: threading.Event) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(statement)
            is_locked.set()
            await asyncio.to_thread(is_over.wait)
    finally:
        await connection.close()
