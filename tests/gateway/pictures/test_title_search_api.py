"""Titles are found by name, id or link; a renderer is asked, and its answer passed on."""

import msgspec
import pytest

from gateway.pictures.proxy import PictureProxy
from shared.domain.errors import DeadlineExceeded
from shared.stores.postgres import Pool
from shared.stores.rate_limiter import SEARCHES
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.edge import CONTENT
from tests.gateway.keys.holder import new_holder

FILM = {"id": "movie-19", "kind": "movie", "name": "Metropolis", "year": 1927, "poster": "/c/posters/m.jpg"}
SERIES = {"id": "series-1396", "kind": "series", "name": "Breaking Bad", "year": 2008, "poster": None}


class Renderer:
    """What the renderer answers, and what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] | Exception = (200, msgspec.json.encode({"titles": [FILM]}))
        self.asked: list[str] = []

    async def fetch(self, path: str, _client: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    renderer = Renderer()
    monkeypatch.setattr(PictureProxy, "fetch", lambda _, *asked: renderer.fetch(*asked))
    return renderer


async def test_a_name_is_searched_for_and_posters_have_whole_addresses(caller: Caller, renderer: Renderer) -> None:
    answer = await caller.get("/api/search?q=Metropolis+(1927)")

    assert (200, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert [FILM | {"poster": f"{CONTENT}/c/posters/m.jpg"}] == answer.json["titles"]
    assert ["/titles?name=Metropolis&year=1927"] == renderer.asked


async def test_a_link_to_an_episode_finds_the_episode(caller: Caller, renderer: Renderer) -> None:
    renderer.answer = 200, msgspec.json.encode({"titles": [SERIES]})

    answer = await caller.get("/api/search?q=https://trakt.tv/shows/breaking-bad/seasons/2/episodes/3")

    assert ["episode-1396-S2E3"] == [each["id"] for each in answer.json["titles"]]


async def test_what_cannot_be_read_is_refused_without_a_question(caller: Caller, renderer: Renderer) -> None:
    answers = [await caller.get(f"/api/search?q={text}") for text in ("", "x" * 501, "https://boxd.it/abc")]
    none = await caller.get("/api/search?q=tmdb:movie-9999999999")

    assert [(400, "q")] * 3 == [(answer.status, answer.json["field"]) for answer in answers]
    assert (200, []) == (none.status, none.json["titles"])
    assert [] == renderer.asked


@pytest.mark.parametrize("failure", [DeadlineExceeded("late"), (503, b"{}"), (200, b"<html>"), (404, b"{}")])
async def test_an_id_is_good_without_the_sources_and_a_name_is_not(
    caller: Caller, renderer: Renderer, failure: tuple[int, bytes] | Exception
) -> None:
    renderer.answer = failure

    by_id, by_name = await caller.get("/api/search?q=tt0017136"), await caller.get("/api/search?q=metropolis")

    assert [{"id": "tt0017136", "kind": None, "name": "", "year": None, "poster": None}] == by_id.json["titles"]
    assert (503, "5") == (by_name.status, by_name.headers["Retry-After"])


async def test_a_client_that_searches_too_often_has_to_wait(caller: Caller, renderer: Renderer) -> None:
    statuses = [(await caller.get("/api/search?q=metropolis")).status for _ in range(SEARCHES.burst + 3)]

    assert (200, 429) == (statuses[0], statuses[-1])
    assert len(renderer.asked) < len(statuses)


async def test_where_the_free_key_is_off_only_those_who_are_signed_in_search(
    pool: Pool, renderer: Renderer, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url, FREE_KEY_ENABLED="false") as caller:
        stranger = await caller.get("/api/search?q=metropolis")
        await caller.sign_in("/api/auth/setup")
        holder = await new_holder(pool, caller)

        assert (401, 200) == (stranger.status, (await holder.caller.get("/api/search?q=metropolis")).status)
    assert 1 == len(renderer.asked)
