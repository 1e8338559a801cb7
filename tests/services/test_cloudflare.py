import pytest

from services.client.http import Http
from services.cloudflare import CloudflareEdge
from shared.config.environment import Secret
from shared.domain.errors import SourceDown, SourceInvalidResponse, SourceRefused
from tests.services.upstream import Reply, Upstream, replies

TOKEN = Secret("token-never-to-be-seen")
URLS = ["https://posters.example/c/1/imdb/poster-default/tt0017136.jpg", "https://posters.example/c/1/x.jpg"]
PATH = "/client/v4/zones/0123abcd/purge_cache"


@pytest.fixture
def edge(http: Http, upstream: Upstream) -> CloudflareEdge:
    return CloudflareEdge(http, TOKEN, zone="0123abcd", api_url=f"{upstream.url}/client/v4")


async def test_addresses_are_purged_with_one_call(edge: CloudflareEdge, upstream: Upstream) -> None:
    upstream.plan(PATH, replies({"success": True, "errors": [], "result": {"id": "0123abcd"}}))

    await edge.purge(URLS)

    assert [(PATH, f"Bearer {TOKEN!s}")] == [
        (received.path, received.headers["Authorization"]) for received in upstream.received
    ]


async def test_several_prefixes_are_purged_with_one_call(edge: CloudflareEdge, upstream: Upstream) -> None:
    upstream.plan(PATH, replies({"success": True, "errors": [], "result": {"id": "0123abcd"}}))

    await edge.purge_under(["posters.example/c/1/", "posters.example/c/2/"])

    assert [PATH] == upstream.paths


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (Reply(500), SourceDown),
        (Reply(429), SourceRefused),
        (
            replies({"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}, 403),
            SourceRefused,
        ),
        (
            replies({"success": False, "errors": [{"code": 1016, "message": "Unable to purge"}]}, 400),
            SourceInvalidResponse,
        ),
        (replies({"success": False, "errors": []}), SourceInvalidResponse),
        (Reply(200, b"<html>"), SourceInvalidResponse),
    ],
)
async def test_errors_do_not_contain_the_token(
    edge: CloudflareEdge, upstream: Upstream, response: Reply, error: type[Exception]
) -> None:
    upstream.plan("*", response)

    with pytest.raises(error) as raised:
        await edge.purge(URLS)

    assert str(TOKEN) not in str(raised.value)
