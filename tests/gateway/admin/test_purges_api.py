"""Purges as an admin asks for them: what is written down, and what is refused."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from gateway.admin.purges_api import MAX_SETTINGS, PurgeList, PurgePage, PurgeRequest, PurgesApi
from gateway.api.dispatch import Api
from gateway.api.endpoint import Endpoint, NoBody
from gateway.db.sessions import SessionRow
from gateway.metrics import GatewayMetrics
from renderer.db.purges import next_purge
from shared.domain.ids import ExternalId, MediaId
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool, connection
from shared.stores.purge_rows import MOST_OPEN, CdnState
from shared.stores.title_rows import TitleMetadata, save_title

LOOK, OTHER = SettingsHash("ab" * 16), SettingsHash("cd" * 16)
Client = TestClient[web.Request, web.Application]


async def root(_: web.Request) -> SessionRow:
    return SessionRow(1, 1, None, "root", datetime.max.replace(tzinfo=UTC))


async def settings_of_key(key_id: int) -> Sequence[SettingsHash]:
    return {7: [OTHER, LOOK, OTHER], 8: [SettingsHash(f"{number:032x}") for number in range(MAX_SETTINGS + 1)]}.get(
        key_id, []
    )


async def nothing_to_apply() -> None:
    """Purges change no settings."""


@asynccontextmanager
async def serving(purges: PurgesApi) -> AsyncIterator[Client]:
    """Serve the two addresses alone, to somebody who is signed in."""
    api = Api(root, GatewayMetrics(CollectorRegistry()), apply_changes=nothing_to_apply, cookie_secure=False)
    app = web.Application()
    path = "/api/admin/purge"
    api.add_routes(
        app,
        [
            Endpoint("purge", "POST", path, purges.purge, PurgeRequest, status=HTTPStatus.ACCEPTED, reply=PurgePage),
            Endpoint("purges", "GET", f"{path}s", purges.list, NoBody, reply=PurgeList),
        ],
    )
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
async def admin(pool: Pool) -> AsyncIterator[Client]:
    async with serving(PurgesApi(pool, settings_of_key=settings_of_key)) as client:
        yield client


@pytest.fixture
async def kept(pool: Pool) -> None:
    film = TitleMetadata(media=MediaId.parse("movie-278"))
    await save_title(pool, film, [ExternalId.from_alias("imdb:tt0111161"), ExternalId.from_alias("tvdb:movie-190")])


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("asked", "scope", "targets"),
    [
        ({"title": "tt0111161"}, "title", ["movie-278"]),
        ({"title": "tvdb:190"}, "title", ["movie-278"]),
        ({"look": LOOK}, "look", [LOOK]),
        ({"key_id": 7}, "look", [LOOK, OTHER]),
        ({"all": True}, "all", []),
    ],
)
async def test_a_purge_is_written_down_and_answered_as_it_stands(
    admin: Client, pool: Pool, asked: dict[str, object], scope: str, targets: list[str]
) -> None:
    answer = await admin.post("/api/admin/purge", json=asked)

    said = await answer.json()
    async with connection(pool) as db:
        row = await db.fetchrow("SELECT asked_by, id, asked_at FROM purges")
    assert row is not None
    expected = {"scope": scope, "targets": targets, "state": "waiting", "removed": 0, "edge": "waiting", "error": None}
    assert 202 == answer.status
    assert expected | {"id": row["id"], "asked_at": said["asked_at"]} == said
    assert ("admin:root", row["asked_at"]) == (row["asked_by"], datetime.fromisoformat(said["asked_at"]))


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({}, 400, "exactly one"),
        ({"all": False}, 400, "exactly one"),
        ({"all": True, "look": LOOK}, 400, "exactly one"),
        ({"title": "tt0111161", "key_id": 7}, 400, "exactly one"),
        ({"title": "278"}, 400, "is not an id of a known form"),
        ({"title": "tt9999999"}, 404, "Unknown title"),
        ({"title": "movie-9223372036854775808"}, 404, "No source knows this title"),
        ({"title": "tvdb:18446744073709551616"}, 404, "No source knows this title"),
        ({"look": "beef"}, 400, "32 hex digits"),
        ({"look": LOOK.upper()}, 400, "32 hex digits"),
        ({"key_id": 9}, 404, "No key with this id"),
        ({"key_id": 2**63}, 404, "No key with this id"),
        ({"key_id": -(2**63) - 1}, 404, "No key with this id"),
        ({"key_id": 10**300}, 404, "No key with this id"),
        ({"key_id": 8}, 400, "more than 1000 settings"),
        ({"everything": True}, 400, "This field does not belong here."),
    ],
)
async def test_what_cannot_be_purged_is_refused_with_a_sentence(
    admin: Client, pool: Pool, asked: dict[str, object], status: int, sentence: str
) -> None:
    answer = await admin.post("/api/admin/purge", json=asked)

    assert (status, True) == (answer.status, sentence in (await answer.json())["error"])
    async with connection(pool) as db:
        assert 0 == await db.fetchval("SELECT count(*) FROM purges")


async def test_no_more_purges_are_open_than_the_limit_allows(admin: Client, pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO purges (scope, targets, asked_by) SELECT 'all', '{}', 'x' FROM generate_series(2, $1)",
            MOST_OPEN,
        )

    last = await admin.post("/api/admin/purge", json={"all": True})
    beyond = await admin.post("/api/admin/purge", json={"all": True})
    async with next_purge(pool) as held:
        assert held is not None
        await held.finish(CdnState.NONE)
    again = await admin.post("/api/admin/purge", json={"all": True})

    assert [202, 503, 202] == [last.status, beyond.status, again.status]
    assert "30" == beyond.headers["Retry-After"]


async def test_the_newest_purges_are_shown_as_they_stand(admin: Client, pool: Pool) -> None:
    for _ in range(51):
        await admin.post("/api/admin/purge", json={"look": LOOK})
    async with next_purge(pool) as held:
        assert held is not None
        await held.removed(3)
        await held.finish(CdnState.DONE)
    async with next_purge(pool) as held:
        assert held is not None
        await held.removed(2)
        await held.failed("s3: AccessDenied")

    shown = (await (await admin.get("/api/admin/purges")).json())["purges"]

    assert 50 == len(shown)
    assert sorted((row["id"] for row in shown), reverse=True) == [row["id"] for row in shown]
    last = shown[-1]
    assert ("running", 2, "waiting", "s3: AccessDenied") == tuple(
        last[name] for name in ("state", "removed", "edge", "error")
    )
