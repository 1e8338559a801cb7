"""The contracts of the sources; each source subclasses those of its roles."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest
from prometheus_client import CollectorRegistry

from services.artwork import Art
from services.client.refusals import BareRefusal
from services.source import ArtSource, RatingSource, TitleSource
from services.titles import Title
from shared.domain.errors import (
    ArtNotFound,
    Cause,
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

KEY = "sesame.key"  # easy to find where it must not appear
FILM = Title(
    media=MediaId(TitleKind.MOVIE, 278),
    refs=(
        ExternalId(IdType.TMDB, 278, TitleKind.MOVIE),
        ExternalId(IdType.IMDB, 111161),
        ExternalId(IdType.ANILIST, 21),
        ExternalId(IdType.KITSU, 21),
    ),
)
POSTER = Art("/poster.jpg", 2000, 3000, "en")


class FaultContract:
    """How a source behaves when its upstream fails; ``send`` makes the request under test."""

    source_name: ClassVar[str]
    good: ClassVar[Reply]
    refusal: ClassVar[Reply | None]
    reads_json: ClassVar[bool] = True

    @pytest.fixture
    def send(self) -> Callable[[], Awaitable[Any]]:
        raise NotImplementedError

    async def test_a_good_response_is_cached(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", self.good)

        await send()
        await send()

        assert (1, []) == (len(upstream.received), waits)

    async def test_concurrent_equal_requests_are_one_call(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", self.good)

        responses = await asyncio.gather(send(), send(), send())

        assert 1 == len(upstream.received)
        assert responses[0] == responses[1] == responses[2]

    async def test_two_transient_errors_are_retried(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", Reply(503), Reply(500), self.good)

        assert await send()

        assert 3 == len(upstream.received)
        assert 0.125 <= waits[0] <= 0.25 <= waits[1] <= 0.5

    async def test_a_transient_error_is_not_cached(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
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
    async def test_silence_is_a_timeout(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", HANG)

        with pytest.raises(SourceTimeout):
            await send()

    async def test_a_short_retry_after_is_waited_for(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], waits: list[float]
    ) -> None:
        upstream.plan("*", replies({}, 429, Retry_After="7"), self.good)

        await send()

        assert [7.0] == waits

    async def test_a_long_retry_after_is_not_waited_for(
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

    async def test_the_sources_own_words_rest_the_key_and_are_not_retried(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], registry: CollectorRegistry
    ) -> None:
        if self.refusal is None:
            pytest.skip("pictures are requested without a key")
        upstream.plan("*", self.refusal)

        with pytest.raises(SourceRefused) as caught:
            await send()

        assert (1, 5.0) == (len(upstream.received), caught.value.retry_after_s)
        assert 1.0 == registry.get_sample_value("source_keys_resting", {"source": self.source_name})

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("body", [b"", b"<html>Invalid API key</html>", b'{"message":"Forbidden"}', b"[7]"])
    async def test_a_bare_refusal_is_the_questions_trouble(
        self,
        upstream: Upstream,
        send: Callable[[], Awaitable[Any]],
        registry: CollectorRegistry,
        status: int,
        body: bytes,
    ) -> None:
        upstream.plan("*", Reply(status, body))

        with pytest.raises(BareRefusal) as caught:
            await send()

        assert (Cause.SOURCE_REFUSED, True) == (caught.value.cause, caught.value.is_local)
        assert 0.0 == registry.get_sample_value("source_keys_resting", {"source": self.source_name})

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b"null", b"7", b'"text"', b"{}", b'{"id"', b"\xff\xfe", b"[" * 50_000]
    )
    async def test_a_malformed_body_is_an_invalid_response(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], body: bytes
    ) -> None:
        if not self.reads_json and body:
            pytest.skip("pictures are validated by their decoder")
        upstream.plan("*", Reply(200, body, {"Content-Type": "application/json"}))

        with pytest.raises(SourceInvalidResponse):
            await send()

    async def test_an_unknown_status_is_an_invalid_response(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", replies({"error": "teapot"}, 418))

        with pytest.raises(SourceInvalidResponse):
            await send()

    async def test_a_huge_body_is_rejected(self, upstream: Upstream, send: Callable[[], Awaitable[Any]]) -> None:
        upstream.plan("*", Reply(200, b" " * (26 << 20)))

        with pytest.raises(SourceTooLarge):
            await send()

    async def test_a_redirect_to_another_host_is_not_followed(
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
    async def test_no_error_and_no_metric_contains_the_key(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]], registry: CollectorRegistry, trouble: Reply
    ) -> None:
        if not self.reads_json and trouble.status == 200 and trouble.body:
            pytest.skip("pictures are validated by their decoder")
        upstream.plan("*", trouble)

        with pytest.raises(SourceError) as caught:
            await send()

        samples = [sample for family in registry.collect() for sample in family.samples]
        text = f"{''.join(traceback.format_exception(caught.value))} {caught.value!r} {samples!r}"
        assert (False, False) == (KEY in text, "?" in text)

    async def test_a_cancelled_request_ends_at_once(
        self, upstream: Upstream, send: Callable[[], Awaitable[Any]]
    ) -> None:
        upstream.plan("*", HANG, self.good)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await send()

        assert await send()


class RatingSourceContract(FaultContract):
    """The further contract of a rating source."""

    source: RatingSource
    no_such: ClassVar[Reply]

    async def test_ratings_are_on_their_sites_own_scale(self, upstream: Upstream, source: RatingSource) -> None:
        upstream.plan("*", self.good)

        response = await source.ratings(FILM)

        assert response
        assert response.ratings
        assert all(0 < rating.value <= GREATEST[site] for site, rating in response.ratings.items())

    async def test_no_such_title_is_cached(self, upstream: Upstream, source: RatingSource) -> None:
        upstream.plan("*", self.no_such)

        assert [None, None] == [await source.ratings(FILM), await source.ratings(FILM)]

        assert 1 == len(upstream.received)


class TitleSourceContract(FaultContract):
    """The further contract of a title source."""

    no_such: ClassVar[Reply]

    async def test_the_external_ids_of_a_title_include_its_own_id(
        self, upstream: Upstream, source: TitleSource
    ) -> None:
        upstream.plan("*", self.good)

        title = await source.title(FILM.media)

        assert title
        assert ExternalId(IdType.TMDB, 278, TitleKind.MOVIE) in title.refs

    async def test_no_such_title_is_cached(self, upstream: Upstream, source: TitleSource) -> None:
        upstream.plan("*", self.no_such)

        assert [None, None] == [await source.title(FILM.media), await source.title(FILM.media)]

        assert 1 == len(upstream.received)


class GalleryContract(FaultContract):
    """The contract of a source with a list of pictures."""

    no_such: ClassVar[Reply]

    async def test_every_picture_is_listed_under_its_kind(self, upstream: Upstream, source: ArtSource) -> None:
        upstream.plan("*", self.good)

        gallery = await source.gallery(FILM)

        assert gallery
        assert {kind: {kind} for kind in gallery} == {
            kind: {art.kind for art in arts} for kind, arts in gallery.items()
        }

    async def test_no_such_title_is_an_empty_gallery_and_cached(self, upstream: Upstream, source: ArtSource) -> None:
        upstream.plan("*", self.no_such)

        assert [{}, {}] == [await source.gallery(FILM), await source.gallery(FILM)]

        assert 1 == len(upstream.received)


class ArtSourceContract(FaultContract):
    """The further contract of an art source; ``art`` is one of its pictures."""

    refusal = None
    reads_json = False

    @pytest.fixture
    def art(self) -> Art:
        return POSTER

    async def test_pictures_are_returned_unchanged(self, upstream: Upstream, source: ArtSource, art: Art) -> None:
        upstream.plan("*", self.good)

        assert self.good.body == await source.fetch(art, 580)

    async def test_an_invalidated_picture_is_fetched_again(
        self, upstream: Upstream, source: ArtSource, art: Art
    ) -> None:
        upstream.plan("*", Reply(200, b"a page", {"Content-Type": "image/jpeg"}), self.good)

        first = await source.fetch(art, 580)
        cached = await source.fetch(art, 580)
        source.invalidate(art, 580)
        second = await source.fetch(art, 580)

        assert [b"a page", b"a page", self.good.body] == [first, cached, second]

    @pytest.mark.parametrize("status", [404, 410])
    async def test_a_missing_picture_is_a_permanent_answer(
        self, upstream: Upstream, source: ArtSource, art: Art, status: int
    ) -> None:
        upstream.plan("*", Reply(status, b"<html>"))

        with pytest.raises(ArtNotFound):
            await source.fetch(art, 580)

        assert 1 == len(upstream.received)

    async def test_pictures_are_requested_without_the_key(
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
    async def test_an_invalid_path_is_never_requested(self, upstream: Upstream, source: ArtSource, path: str) -> None:
        with pytest.raises(ArtNotFound):
            await source.fetch(Art(path, 1, 1, None), 580)

        assert [] == upstream.received
