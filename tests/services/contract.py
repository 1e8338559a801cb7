"""What every source promises; each source passes these suites by subclassing them."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest
from prometheus_client import CollectorRegistry

from services.source import Art, ArtSource, RatingSource, Title, TitleSource
from shared.domain.errors import (
    ArtNotFound,
    SourceDown,
    SourceError,
    SourceInvalidResponse,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
)
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.ratings import GREATEST
from tests.services.upstream import HANG, RESET, Reply, Upstream, replies

KEY = "sesame.key"  # recognisable wherever it should not be
FILM = Title(
    media=MediaId(TitleKind.MOVIE, 278),
    refs=(ExternalId(IdType.TMDB, 278, TitleKind.MOVIE), ExternalId(IdType.IMDB, 111161)),
)
POSTER = Art("/poster.jpg", 2000, 3000, "en")


class FaultContract:
    """How a source behaves when its upstream is in trouble; ``send`` makes the one request that is tried."""

    source_name: ClassVar[str]
    good: ClassVar[Reply]
    reads_json: ClassVar[bool] = True

    @pytest.fixture
    def send(self) -> Callable[[], Awaitable[Any]]:
        raise NotImplementedError

    async def test_a_good_answer_is_asked_for_once(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", self.good)

        await send()
        await send()

        assert (1, []) == (len(upstream.received), waits)

    async def test_equal_questions_at_once_are_one_call(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", self.good)

        responses = await asyncio.gather(send(), send(), send())

        assert 1 == len(upstream.received)
        assert responses[0] == responses[1] == responses[2]

    async def test_two_accidents_are_survived(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", Reply(503), Reply(500), self.good)

        assert await send()

        assert 3 == len(upstream.received)
        assert 0.125 <= waits[0] <= 0.25 <= waits[1] <= 0.5

    async def test_an_accident_is_not_remembered(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", Reply(500), Reply(500), Reply(500), self.good)
        with pytest.raises(SourceDown):
            await send()

        assert await send()

    async def test_a_reset_connection_is_down(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", RESET)

        with pytest.raises(SourceDown) as caught:
            await send()

        assert self.source_name == caught.value.source

    @pytest.mark.parametrize("timeout_s", [0.05])
    async def test_silence_is_a_time_out(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", HANG)

        with pytest.raises(SourceTimeout):
            await send()

    async def test_a_short_wait_is_waited(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", replies({}, 429, Retry_After="7"), self.good)

        await send()

        assert [7.0] == waits

    async def test_a_long_wait_is_not_waited(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", replies({}, 429, Retry_After="600"), self.good)

        with pytest.raises(SourceRefused) as caught:
            await send()

        assert (600.0, [], 1) == (caught.value.retry_after_s, waits, len(upstream.received))

    async def test_too_many_requests_without_a_time_is_refused_in_the_end(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", replies({}, 429))

        with pytest.raises(SourceRefused):
            await send()

        assert 3 == len(upstream.received)

    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_key_that_is_not_accepted_is_refused_and_not_tried_again(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], status: int
    ) -> None:
        upstream.plan("*", Reply(status, b"<html>no</html>"))

        with pytest.raises(SourceRefused):
            await send()

        assert 1 == len(upstream.received)

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b"null", b"7", b'"text"', b"{}", b'{"id"', b"\xff\xfe", b"[" * 100_000]
    )
    async def test_garbage_is_garbled(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], body: bytes
    ) -> None:
        if not self.reads_json and body:
            pytest.skip("what a picture holds is told by its decoder")
        upstream.plan("*", Reply(200, body, {"Content-Type": "application/json"}))

        with pytest.raises(SourceInvalidResponse):
            await send()

    async def test_a_status_that_means_nothing_to_us_is_garbled(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", replies({"error": "teapot"}, 418))

        with pytest.raises(SourceInvalidResponse):
            await send()

    async def test_a_body_without_end_is_cut(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", Reply(200, b" " * (26 << 20)))

        with pytest.raises(SourceTooLarge):
            await send()

    async def test_a_redirect_to_elsewhere_is_not_followed(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        async with Upstream() as elsewhere:
            upstream.plan("*", Reply(302, headers={"Location": f"{elsewhere.url}/give-me-the-key"}))

            with pytest.raises(SourceInvalidResponse):
                await send()

            assert [] == elsewhere.received

    @pytest.mark.parametrize(
        ("trouble", "timeout_s"),
        [
            (Reply(500), 5.0),
            (RESET, 5.0),
            (HANG, 0.05),
            (Reply(200, b"<html>"), 5.0),
            (Reply(401), 5.0),
            (Reply(301, headers={"Location": "http://x y/"}), 5.0),
        ],
    )
    async def test_no_error_and_no_metric_says_the_key(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], registry: CollectorRegistry, trouble: Reply
    ) -> None:
        if not self.reads_json and trouble.status == 200 and trouble.body:
            pytest.skip("what a picture holds is told by its decoder")
        upstream.plan("*", trouble)

        with pytest.raises(SourceError) as caught:
            await send()

        samples = [sample for family in registry.collect() for sample in family.samples]
        said = f"{''.join(traceback.format_exception(caught.value))} {caught.value!r} {samples!r}"
        assert (False, False) == (KEY in said, "?" in said)

    async def test_a_cancelled_question_ends_at_once(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", HANG, self.good)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await send()

        assert await send()


class RatingSourceContract(FaultContract):
    """What a source of ratings promises besides."""

    source: RatingSource
    no_such: ClassVar[Reply]

    async def test_ratings_stand_in_their_sites_own_scale(self, upstream: Upstream, source: RatingSource) -> None:
        upstream.plan("*", self.good)

        response = await source.ratings(FILM)

        assert response
        assert response.ratings
        assert all(0 < rating.value <= GREATEST[site] for site, rating in response.ratings.items())

    async def test_no_such_title_is_a_fact_and_remembered(self, upstream: Upstream, source: RatingSource) -> None:
        upstream.plan("*", self.no_such)

        assert [None, None] == [await source.ratings(FILM), await source.ratings(FILM)]

        assert 1 == len(upstream.received)


class TitleSourceContract(FaultContract):
    """What a source of titles promises besides."""

    no_such: ClassVar[Reply]

    async def test_a_title_has_its_own_id_among_its_names(self, upstream: Upstream, source: TitleSource) -> None:
        upstream.plan("*", self.good)

        title = await source.title(FILM.media)

        assert title
        assert ExternalId(IdType.TMDB, 278, TitleKind.MOVIE) in title.refs

    async def test_no_such_title_is_a_fact_and_remembered(self, upstream: Upstream, source: TitleSource) -> None:
        upstream.plan("*", self.no_such)

        assert [None, None] == [await source.title(FILM.media), await source.title(FILM.media)]

        assert 1 == len(upstream.received)


class GalleryContract(FaultContract):
    """What a source promises that is asked for its list of pictures."""

    no_such: ClassVar[Reply]

    async def test_every_picture_stands_under_its_kind(self, upstream: Upstream, source: ArtSource) -> None:
        upstream.plan("*", self.good)

        gallery = await source.gallery(FILM)

        assert gallery
        assert {kind: {kind} for kind in gallery} == {
            kind: {art.kind for art in arts} for kind, arts in gallery.items()
        }

    async def test_no_such_title_is_an_empty_gallery_and_remembered(
        self, upstream: Upstream, source: ArtSource
    ) -> None:
        upstream.plan("*", self.no_such)

        assert [{}, {}] == [await source.gallery(FILM), await source.gallery(FILM)]

        assert 1 == len(upstream.received)


class ArtSourceContract(FaultContract):
    """What a source of pictures promises besides; ``art`` is one of its own."""

    reads_json = False

    @pytest.fixture
    def art(self) -> Art:
        return POSTER

    async def test_bytes_come_as_they_are(self, upstream: Upstream, source: ArtSource, art: Art) -> None:
        upstream.plan("*", self.good)

        assert self.good.body == await source.fetch(art, 580)

    async def test_bytes_that_were_no_picture_are_asked_for_anew(
        self, upstream: Upstream, source: ArtSource, art: Art
    ) -> None:
        upstream.plan("*", Reply(200, b"a page", {"Content-Type": "image/jpeg"}), self.good)

        first = await source.fetch(art, 580)
        kept = await source.fetch(art, 580)
        source.invalidate(art, 580)
        second = await source.fetch(art, 580)

        assert [b"a page", b"a page", self.good.body] == [first, kept, second]

    @pytest.mark.parametrize("status", [404, 410])
    async def test_a_picture_that_is_gone_is_a_fact(
        self, upstream: Upstream, source: ArtSource, art: Art, status: int
    ) -> None:
        upstream.plan("*", Reply(status, b"<html>"))

        with pytest.raises(ArtNotFound):
            await source.fetch(art, 580)

        assert 1 == len(upstream.received)

    async def test_pictures_are_asked_for_without_the_key(
        self, upstream: Upstream, source: ArtSource, art: Art
    ) -> None:
        upstream.plan("*", self.good)

        await source.fetch(art, 580)

        received = upstream.received[0]
        assert ({}, False) == (received.query, KEY in str(received.headers))

    @pytest.mark.parametrize(
        "path",
        ["", "poster.jpg", "/../secret.jpg", "//evil.example/x.jpg", "/x.jpg?y=1", "/x.exe", "/ä.jpg", "/x.jpg\n"],
    )
    async def test_a_path_that_is_no_picture_reaches_no_wire(
        self, upstream: Upstream, source: ArtSource, path: str
    ) -> None:
        with pytest.raises(ArtNotFound):
            await source.fetch(Art(path, 1, 1, None), 580)

        assert [] == upstream.received
