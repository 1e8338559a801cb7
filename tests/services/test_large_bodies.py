"""A large body never holds the event loop: it is refused by its size, or read in a thread."""

import threading

import pytest

from services.client.http import Http, Request, Response
from services.client.json_reader import json_object
from services.client.upstream import UpstreamClient
from services.fanart.client import FanartSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceTooLarge
from tests.services.contract import FILM, KEY
from tests.services.test_omdb import BODY
from tests.services.upstream import Reply, Upstream, replies

KEYS = (Secret(KEY),)
NEARLY_4_MB = b'{"Response":"True","Plot":"' + b"\\ " * 2_000_000 + b'"}'


@pytest.mark.parametrize("name", ["omdb", "mdblist", "fanart"])
async def test_a_body_far_beyond_any_title_is_refused_unread(http: Http, upstream: Upstream, name: str) -> None:
    upstream.plan("*", Reply(200, NEARLY_4_MB))
    omdb = OmdbSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
    mdblist = MdblistSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
    fanart = FanartSource(http, KEYS, api_url=upstream.url)
    ask = {"omdb": omdb.ratings, "mdblist": mdblist.ratings, "fanart": fanart.gallery}[name]

    with pytest.raises(SourceTooLarge) as raised:
        await ask(FILM)

    assert raised.value.is_local


@pytest.mark.parametrize(("padding", "is_read"), [(60_000, True), (66_000, False)])
async def test_omdbs_limit_is_far_above_a_title(http: Http, upstream: Upstream, padding: int, is_read: bool) -> None:  # noqa: FBT001
    upstream.plan("*", replies(BODY | {"Plot": "x" * padding}))
    omdb = OmdbSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)

    if is_read:
        assert await omdb.ratings(FILM)
    else:
        with pytest.raises(SourceTooLarge):
            await omdb.ratings(FILM)


@pytest.mark.parametrize(("size", "is_elsewhere"), [(1_000, False), (500_000, True)])
async def test_a_large_body_is_read_in_a_thread(http: Http, upstream: Upstream, size: int, is_elsewhere: bool) -> None:  # noqa: FBT001
    upstream.plan("*", replies({"text": "x" * size}))
    readers = []

    def read(response: Response) -> int:
        readers.append(threading.current_thread())
        return len(json_object("x", response.body)["text"])

    assert size == await UpstreamClient(http, "x").send(Request(upstream.url), read)
    assert [is_elsewhere] == [reader is not threading.current_thread() for reader in readers]
