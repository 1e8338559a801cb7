"""Who reaches what: every address of management, asked by everybody who might try. Run with ``-s`` to see the table."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
import pytest

from gateway.api.endpoint import Access
from gateway.db.sessions import revoke_family
from gateway.pictures.proxy import PictureProxy
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, PASSWORD, Caller, OpenGateway
from tests.gateway.roles import Person, a_holder, an_admin
from tests.stack.caller import show

Table = dict[str, dict[str, int]]

PLACES: Final = {
    "/api/auth/password": Access.ADMIN,
    "/api/auth/": Access.OPEN,
    "/api/openapi.json": Access.OPEN,
    "/api/preview/": Access.OPEN,
    "/api/presets": Access.OPEN,
    "/api/design": Access.OPEN,
    "/api/search": Access.OPEN,
    "/api/lists": Access.OPEN,
    "/api/key/me": Access.KEY,
    "/api/keys": Access.ADMIN,
    "/api/admin/": Access.ADMIN,
}
"""Who may call what is below an address; the first that fits counts. An address that fits none has no place yet."""

OPEN_ANSWERS: Final = {
    "status": 200,
    "openapi": 200,
    "setup": 409,
    "login": 200,
    "key_login": 200,
    "logout": 200,
    "presets": 200,
    "design_schema": 200,
    "design_of_look": 400,
}
"""What the open addresses answer to everyone; previews, ``search``, ``list`` and ``refresh`` depend on the caller."""

PREVIEWS: Final = {"preview": 302, "preview_design": 200}
_PROFILE: Final = "mine"
_ART: Final = {"kind": "poster", "source": "tmdb", "file": "german.jpg"}
_FILE: Final = {"marquee": 1, "settings": {}, "profiles": {_PROFILE: {"kind": "poster", "settings": {}}}}

BODIES: Final[dict[str, object]] = {
    "setup": CREDENTIALS,
    "login": CREDENTIALS,
    "password": {"old": PASSWORD, "new": "battery staple"},
    "key_created": {"name": "made"},
    "admin_created": {"username": "made", "password": "battery staple"},
    "warm": {"ids": ["movie-278"]},
    "purge": {"all": True},
    "redraw": {"hash": "0" * 32, "media": "movie-278", "ext": "jpg"},
    "key_profile_save": {"kind": "poster"},
    "my_profile_save": {"kind": "poster"},
    "preset_save": {"kind": "poster"},
    "preview_design": {"kind": "poster"},
    "key_settings_replace": _FILE,
    "my_settings_replace": _FILE,
    "my_pin_save": _ART,
    "everybodys_pin_save": _ART,
}
"""A good body for each address whose body has fields that must be there."""

NOTHING_THERE: Final = dict.fromkeys(("title", "redraw", "letter_dropped", "letter_retried"), HTTPStatus.NOT_FOUND)
"""What a caller who may call meets where nothing is stored; all others succeed."""

STRANGERS: Final = ["nobody", "garbled", "expired", "refresh for access", "spent", "signed out", "disabled key"]
PEOPLE: Final = {"key": Access.KEY, "admin": Access.ADMIN}


@dataclass(frozen=True)
class Route:
    name: str
    method: str
    path: str
    access: Access
    needs_body: bool


@dataclass(frozen=True)
class Scene:
    """Two admins, and two holders of keys, each with a profile of the same name."""

    root: Person
    second: Person
    holder: Person
    other: Person


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    table: Table = defaultdict(dict)
    yield table
    columns = [*STRANGERS, *PEOPLE]
    lines = [[route, *(statuses.get(column, "") for column in columns)] for route, statuses in table.items()]
    show("Who reaches what", [["", *columns], *lines])


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the renderer have the artwork that is pinned."""

    async def fetch(*_: object) -> tuple[int, bytes]:
        return 200, msgspec.json.encode({"media": "movie-278", "pictures": [_ART]})

    monkeypatch.setattr(PictureProxy, "fetch", fetch)


@pytest.fixture
async def caller(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    """A stranger where the free key is not let in: what it opens is for those who sign in."""
    async with open_gateway(FREE_KEY_ENABLED="false") as caller:
        yield caller


@pytest.fixture
async def routes(admin: Caller) -> list[Route]:
    paths = (await admin.get("/api/openapi.json")).json["paths"]
    described = [
        _route(method.upper(), path, operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if path.startswith("/api/")
    ]
    return [*described, Route("openapi", "GET", "/api/openapi.json", Access.OPEN, needs_body=False)]


@pytest.fixture
async def scene(admin: Caller, pool: Pool) -> Scene:  # noqa: ARG001 - the first admin has a real password
    return await _scene(pool)


async def test_every_address_has_a_place(routes: list[Route]) -> None:
    placed = {f"{route.method} {route.path}": _place(route.path) for route in routes}

    assert {f"{route.method} {route.path}": route.access for route in routes} == placed


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_reaches_nothing_and_changes_nothing(
    admin: Caller, pool: Pool, routes: list[Route], scene: Scene, table: Table, who: str
) -> None:
    caller = await _stranger(admin, pool, scene, who)
    expected, got = {}, {}

    async with _nothing_changes(pool):
        for route in routes:
            if route.access is Access.OPEN:
                continue
            row = f"{route.method} {route.path}"
            got[row] = table[row][who] = await _ask(caller, route, scene, scene.other)
            expected[row] = 401

    assert expected == got


@pytest.mark.parametrize("who", [*STRANGERS, *PEOPLE])
async def test_open_addresses_answer_everybody(
    admin: Caller, pool: Pool, routes: list[Route], scene: Scene, table: Table, who: str
) -> None:
    expected, got = {}, {}

    for route in routes:
        if route.access is not Access.OPEN:
            continue
        scene = await _scene(pool)
        caller = _signed_in(admin, scene, who) if who in PEOPLE else await _stranger(admin, pool, scene, who)
        row = f"{route.method} {route.path}"
        got[row] = table[row][who] = await _ask(caller, route, scene, scene.holder)
        expected[row] = _open_answer(route.name, who)

    assert expected == got


@pytest.mark.parametrize("who", PEOPLE)
async def test_whoever_is_signed_in_reaches_what_is_theirs_and_nothing_else(
    admin: Caller, pool: Pool, routes: list[Route], table: Table, who: str
) -> None:
    expected, got = {}, {}

    for route in routes:
        if route.access is Access.OPEN:
            continue
        scene = await _scene(pool)
        caller, row = _signed_in(admin, scene, who), f"{route.method} {route.path}"
        if route.access in {PEOPLE[who], Access.SIGNED_IN}:
            status = await _ask(caller, route, scene, scene.holder)
            expected[row] = NOTHING_THERE.get(route.name, status if status < 300 else 200)
        else:
            async with _nothing_changes(pool):
                status = await _ask(caller, route, scene, scene.other)
            expected[row] = 403
        got[row] = table[row][who] = status

    assert expected == got


async def test_a_spent_refresh_token_ends_the_sign_in(admin: Caller, routes: list[Route], scene: Scene) -> None:
    thief, victim = admin.stranger(), admin.stranger()
    thief.cookie, victim.token = scene.root.refresh, scene.root.access
    first = await thief.post("/api/auth/refresh")

    second = await thief.post("/api/auth/refresh")

    assert [200, 401] == [first.status, second.status]
    victim.cookie, victim_too = (
        first.cookie,
        {await _ask(victim, route, scene, scene.other) for route in routes if route.access is Access.ADMIN},
    )
    assert {401} == victim_too
    assert 401 == (await victim.post("/api/auth/refresh")).status


async def test_a_holder_sees_nothing_of_another_key(
    admin: Caller, pool: Pool, routes: list[Route], scene: Scene
) -> None:
    caller = _signed_in(admin, scene, "key")
    async with connection(pool) as db:
        await db.execute("UPDATE api_keys SET name = 'of-somebody-else' WHERE id = $1", scene.other.id)
        await db.execute("UPDATE profiles SET name = 'of-somebody-else' WHERE key_id = $1", scene.other.id)
    # Last comes what makes a profile of that name for the holder.
    own = sorted((route for route in routes if route.access is Access.KEY), key=lambda route: route.method == "PUT")

    statuses, bodies = {}, []
    async with _nothing_changes(pool, of_key=scene.other.id):
        for route in own:
            path = _filled(route.path, scene, scene.other).replace(_PROFILE, "of-somebody-else")
            answer = await caller.ask(route.method, path, _body(route, scene.holder), Content_Type="application/json")
            statuses[route.name] = answer.status
            bodies.append(answer.body)

    assert {404} == {statuses[name] for name in statuses if name in {"my_profile", "my_profile_delete"}}
    assert not [body for body in bodies if scene.other.key[:8].encode() in body]


def _route(method: str, path: str, operation: dict[str, Any]) -> Route:
    return Route(
        operation["operationId"],
        method,
        path,
        Access(operation["x-access"]),
        needs_body=operation.get("requestBody", {}).get("required", False),
    )


def _place(path: str) -> Access | None:
    return next((access for place, access in PLACES.items() if path.startswith(place)), None)


def _open_answer(name: str, who: str) -> int:
    if name in PREVIEWS:  # the free key is off, so only signed-in users get it
        return PREVIEWS[name] if who in PEOPLE else 401
    if name in {"search", "list"}:  # the same; and these name nothing
        return 400 if who in PEOPLE else 401
    if name == "refresh":
        return 200 if who in {*PEOPLE, "refresh for access"} else 401
    if name == "key_login" and who == "disabled key":
        return 401
    return OPEN_ANSWERS[name]


async def _ask(caller: Caller, route: Route, scene: Scene, about: Person) -> int:
    path, body = _filled(route.path, scene, about), _body(route, about)
    headers = {} if body is None else {"Content_Type": "application/json"}
    answer = await caller.ask(route.method, path, body, **headers)
    assert answer.status < 500
    assert answer.status < 400 or answer.json["error"].endswith(".")
    return answer.status


def _body(route: Route, about: Person) -> object:
    if route.method in {"GET", "DELETE"}:
        return None
    if route.name == "key_login":
        return {"key": about.key}
    assert not route.needs_body or route.name in BODIES, f"BODIES has none for {route.name}"
    return BODIES.get(route.name, {})


def _filled(path: str, scene: Scene, about: Person) -> str:
    parts = {
        "/titles/{id}": "/titles/movie-278",
        "/admins/{id}": f"/admins/{scene.second.id}",
        "/keys/{id}": f"/keys/{about.id}",
        "/dead-letters/{id}": "/dead-letters/1700000000000-0",
    }
    for part, value in {**parts, "{name}": _PROFILE, "{kind}": "poster"}.items():
        path = path.replace(part, value)
    assert "{" not in path, f"nothing is known that fits into {path}"
    return path


async def _scene(pool: Pool) -> Scene:
    root, second = await an_admin(pool), await an_admin(pool, "second")
    scene = Scene(root, second, await a_holder(pool), await a_holder(pool, "other"))
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO profiles (key_id, name, kind, settings) SELECT unnest($1::bigint[]), $2, 'poster', '{}'",
            [scene.holder.id, scene.other.id],
            _PROFILE,
        )
        await db.execute(
            "INSERT INTO title_pins (key_id, media_id, kind, alias, source, file) "
            "SELECT unnest($1::bigint[]), 'movie-278', 'poster', 'tmdb:movie-278', 'tmdb', 'a.jpg' "
            "ON CONFLICT DO NOTHING",
            [scene.holder.id, scene.other.id, None],
        )
    return scene


def _signed_in(admin: Caller, scene: Scene, who: str) -> Caller:
    person = scene.root if who == "admin" else scene.holder
    caller = admin.stranger()
    caller.token, caller.cookie = person.access, person.refresh
    return caller


async def _stranger(admin: Caller, pool: Pool, scene: Scene, who: str) -> Caller:
    """Return somebody with a token that is good for nothing."""
    caller = admin.stranger()
    match who:
        case "garbled":
            caller.token = scene.root.access[:-6] + "AAAAAA"
        case "expired":
            caller.token = scene.root.expired
        case "refresh for access":
            caller.token = caller.cookie = scene.root.refresh
        case "spent":
            caller.cookie = scene.root.refresh
            assert 200 == (await caller.post("/api/auth/refresh")).status
        case "signed out":
            caller.token, caller.cookie = scene.root.access, scene.root.refresh
            await revoke_family(pool, scene.root.session.family)
        case "disabled key":
            caller.token, caller.cookie = scene.holder.access, scene.holder.refresh
            async with connection(pool) as db:
                await db.execute("UPDATE api_keys SET disabled_at = now() WHERE id = $1", scene.holder.id)
        case _:
            assert who == "nobody"
    return caller


_KEPT: Final = (
    "admin_users",
    "api_keys",
    "key_settings",
    "profiles",
    "title_pins",
    "global_settings",
    "purges",
    "audit_log",
)


@asynccontextmanager
async def _nothing_changes(pool: Pool, of_key: int | None = None) -> AsyncIterator[None]:
    """Fail when what is kept for people, or what is kept for one key, is not the same at the end."""
    before = await _kept(pool, of_key)
    yield
    assert before == await _kept(pool, of_key)


async def _kept(pool: Pool, of_key: int | None) -> list[str]:
    tables = (
        {"key_settings": "key_id", "profiles": "key_id", "title_pins": "key_id", "api_keys": "id"}
        if of_key
        else dict.fromkeys(_KEPT)
    )
    async with connection(pool) as db:
        return [
            str(await db.fetch(f"SELECT * FROM {table} t WHERE {column or 0} = $1 ORDER BY t::text", of_key or 0))  # noqa: S608 - names are constants
            for table, column in tables.items()
        ]
