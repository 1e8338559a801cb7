"""Public lists of titles, which a renderer fetches."""

from http import HTTPStatus

import msgspec
import pytest

from gateway.api.api_error import ApiError
from gateway.pictures.proxy import PictureProxy
from gateway.pictures.public_lists_api import public_list_name
from shared.domain.errors import StoreDown
from shared.stores.rate_limiter import LISTS
from tests.gateway.auth.caller import Caller

PATH = "/api/lists?list="
TITLES = ["movie-19", "tt0013442", "tvdb:series-81189"]


class Renderer:
    """Answers as a renderer does, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status, self.body = 200, msgspec.json.encode({"titles": TITLES})

    async def fetch(self, path: str, _client: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.status == HTTPStatus.BAD_GATEWAY:
            raise StoreDown("gone")
        return self.status, self.body


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    renderer = Renderer()
    monkeypatch.setattr(PictureProxy, "fetch", lambda _, path, client: renderer.fetch(path, client))
    return renderer


@pytest.mark.parametrize(
    "text",
    [
        "user/my-list",
        "https://mdblist.com/lists/user/my-list",
        " http://www.mdblist.com/lists/user/my-list/ ",
        "mdblist.com/lists/user/my-list?sort=added#top",
    ],
)
def test_a_list_is_named_by_its_address(text: str) -> None:
    assert ("mdblist", "user/my-list") == public_list_name(text)


@pytest.mark.parametrize(
    "text", ["12345", "mdblist:12345", "https://mdblist.com/lists/12345/", "mdblist.com/lists/12345?x"]
)
def test_a_list_is_named_by_its_number(text: str) -> None:
    assert ("mdblist", "12345") == public_list_name(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://trakt.tv/users/me/lists/mine?sort=rank,asc", "users/me/lists/mine"),
        ("https://app.trakt.tv/users/me/lists/mine", "users/me/lists/mine"),
        ("trakt.tv/users/me/watchlist/", "users/me/watchlist"),
        ("https://www.trakt.tv/lists/12345", "lists/12345"),
        ("trakt:users/me/lists/mine", "users/me/lists/mine"),
    ],
)
def test_a_list_of_trakt_is_named_by_its_address(text: str, name: str) -> None:
    assert ("trakt", name) == public_list_name(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Enter the address"),
        ("my-list", "Enter the address"),
        ("https://example.org/user/my-list", "Enter the address"),
        ("user/../admin", "Enter the address"),
        ("user/my list", "Enter the address"),
        ("12345678901", "Enter the address"),
        ("www.mdblist.com/user", "Enter the address of a public list, "),
        ("mdblist.com/lists", "Enter the address of a public list, "),
        ("trakt.tv/discover", "Enter the address of a public list of Trakt"),
        ("app.trakt.tv/discover", "Enter the address of a public list of Trakt"),
        ("https://trakt.tv/users/me", "Enter the address of a public list of Trakt"),
        ("https://trakt.tv/movies/metropolis-1927", "Enter the address of a public list of Trakt"),
    ],
)
def test_what_is_no_list_is_explained(text: str, expected: str) -> None:
    with pytest.raises(ApiError) as refused:
        public_list_name(text)

    assert (HTTPStatus.BAD_REQUEST, "list") == (refused.value.status, refused.value.field)
    assert refused.value.public.startswith(expected)


async def test_a_list_of_trakt_is_fetched_from_trakt(caller: Caller, renderer: Renderer) -> None:
    renderer.status, renderer.body = 404, b"{}"

    answer = await caller.get(f"{PATH}https://trakt.tv/users/me/lists/mine")

    assert (404, "Trakt has no such list, or it is private.") == (answer.status, answer.json["error"])
    assert ["/lists/trakt?name=users%2Fme%2Flists%2Fmine"] == renderer.asked


async def test_strangers_with_the_free_key_get_the_titles_of_a_list(caller: Caller, renderer: Renderer) -> None:
    answer = await caller.get(f"{PATH}https://mdblist.com/lists/user/my-list")

    assert (200, {"titles": TITLES}) == (answer.status, answer.json)
    assert ["/lists/mdblist?name=user%2Fmy-list"] == renderer.asked


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {"error": "x"}, (404, "MDBList has no such list, or it is private.", "list")),
        (400, {"error": "No key."}, (400, "No key.", "list")),
        (503, {"error": "x"}, (503, "The list cannot be read at the moment. Please try again later.", None)),
        (502, {}, (503, "The list cannot be read at the moment. Please try again later.", None)),
        (200, {"nothing": 1}, (503, "The list cannot be read at the moment. Please try again later.", None)),
    ],
)
async def test_what_a_renderer_refuses_is_said_in_a_sentence(
    caller: Caller, renderer: Renderer, status: int, body: dict[str, object], expected: tuple[int, str, str | None]
) -> None:
    renderer.status, renderer.body = status, msgspec.json.encode(body)

    answer = await caller.get(f"{PATH}user/list")

    assert expected == (answer.status, answer.json["error"], answer.json.get("field"))


async def test_a_client_gets_a_limited_number_of_lists(caller: Caller, renderer: Renderer) -> None:
    answers = [await caller.get(f"{PATH}user/list-{nth}") for nth in range(LISTS.burst + 1)]

    assert [200] * LISTS.burst + [429] == [answer.status for answer in answers]
    assert 0 < int(answers[-1].headers["retry-after"])
    assert LISTS.burst == len(renderer.asked)
