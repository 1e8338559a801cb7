"""Calls TMDB: resolves ids, describes titles, and downloads their pictures.

One call returns everything about a title in every language: without ``include_image_language`` and ``language`` TMDB
lists all its pictures. So one response serves all settings, and "any language" needs no second call.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from services.artwork import Art, Gallery, art_named
from services.client.cache import DAY_S, HOUR_S, TieredResponseCache, shared_cache
from services.client.http import ART_BYTES, Http, Request, Response
from services.client.image_response import read_picture
from services.client.json_reader import json_object
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient, in_query
from services.titles import SearchResult, Title, TitleName
from services.tmdb.answer import pictures_of
from services.tmdb.collection_reader import read_collection
from services.tmdb.names_reader import read_names
from services.tmdb.reader import PICTURE_FILE, read_episode, read_pictures, read_title
from services.tmdb.renditions import rendition_file, rendition_names
from services.tmdb.response_reader import (
    LIST_NAMES,
    SOURCE,
    read_found_response,
    read_list_page,
    read_picture_lists,
    read_search_response,
    read_title_answer,
    title_object,
)
from services.tmdb.search_reader import normal_words
from services.tmdb.showings_reader import APPENDED, read_showings
from services.tmdb.title_parts import episode_of, read_season, season_of
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, BadRequest
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind

_WORDS: Final = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "tv", TitleKind.COLLECTION: "collection"}
_EXTERNAL: Final = {IdType.IMDB: "imdb_id", IdType.TVDB: "tvdb_id"}
_LIST: Final = re.compile(r"trending/(?:movie|tv|all)/(?:day|week)")
_MAX_PAGES: Final = 500  # of 20 titles each: TMDB's own limit
_SHARED_TTL_S: Final = 6 * HOUR_S  # of a title in Redis
_MAX_IDS: Final = 50_000
_MAX_LISTED: Final = 50_000  # pictures in whole lists, which are read where a caller chose one, about 10 MB
_MAX_NAMES: Final = 2_000  # titles whose names in all languages are in memory, about 10 MB
_MAX_SEARCHES: Final = 5_000  # about 2 KB each
_THUMBNAIL: Final = "w92"
_MAX_PICTURES: Final = 200_000  # of titles in memory, about 40 MB
ART_CACHE_BYTES: Final = 32 << 20
"""Artwork kept in memory."""


class TmdbSource:
    """Calls TMDB. Ids are cached for a week, titles for ``title_ttl_s``, and "no such title" for a day."""

    name = SOURCE

    def __init__(
        self,
        http: Http,
        keys: Sequence[Secret],
        *,
        api_url: str,
        image_url: str,
        title_ttl_s: Callable[[Title], float] = lambda _: DAY_S,
        remote: RemoteCache | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = UpstreamClient(http, self.name, keys, _with_key)
        self._images = UpstreamClient(
            http, "tmdb_images", serves_pictures=True
        )  # another host: its own breaker, and no key
        self._api_url = api_url
        self._image_url = image_url
        self._now = now
        self._ids: TieredResponseCache[ExternalId, MediaId | None] = TieredResponseCache(
            _MAX_IDS,
            lambda media: 7 * DAY_S if media else DAY_S,
            shared=shared_cache(remote, "tmdb.ids", MediaId | None, key_text=lambda ref: ref.alias),
        )
        self._titles = _title_cache(title_ttl_s, remote, "tmdb.titles")
        self._shown_titles = _title_cache(title_ttl_s, remote, "tmdb.shown")
        self._names: TieredResponseCache[MediaId, tuple[TitleName, ...]] = TieredResponseCache(
            _MAX_NAMES, lambda _: DAY_S, shared=shared_cache(remote, "tmdb.names", tuple[TitleName, ...])
        )
        self._searches: TieredResponseCache[str, tuple[SearchResult, ...]] = TieredResponseCache(
            _MAX_SEARCHES,
            lambda _: DAY_S,
            shared=shared_cache(remote, "tmdb.searches", tuple[SearchResult, ...], max_ttl_s=_SHARED_TTL_S),
        )
        self._galleries: TieredResponseCache[MediaId, Gallery] = TieredResponseCache(
            _MAX_LISTED, lambda _: HOUR_S, sizeof=lambda gallery: 1 + sum(map(len, gallery.values()))
        )
        self._art: TieredResponseCache[str, bytes] = TieredResponseCache(ART_CACHE_BYTES, lambda _: DAY_S, sizeof=len)

    async def find(self, ref: ExternalId, *, gone: MediaId | None = None) -> MediaId | None:
        """Return the title that an id stands for; see ``TitleSource``."""
        if ref.is_part:
            ref = ExternalId(ref.id_type, ref.number, TitleKind.SERIES)
        if ref.id_type is IdType.TMDB:
            media = await self._own(ref)
            return None if media == gone else media
        media = await self._ids.get(ref, lambda: self._find(ref, gone))
        if media is None or media != gone:
            return media
        self._ids.invalidate(ref)
        return await self._ids.get(ref, lambda: self._find(ref, gone))

    async def _own(self, ref: ExternalId) -> MediaId | None:
        """Return the title with a number of TMDB's own."""
        if ref.kind is TitleKind.EPISODE:  # TMDB has episode ids, but its API takes only season and number
            return None
        if ref.kind is not None:
            return MediaId(ref.kind, ref.number)
        for kind in (
            TitleKind.MOVIE,
            TitleKind.SERIES,
        ):  # a number without a kind is a film if there is one, else a series
            media = MediaId(kind, ref.number)
            if await self.title(media) is not None:
                return media
        return None

    async def title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:
        """Return the title with its pictures, for an episode without stills its series'; see ``TitleSource``.

        A title with its showings is a request of its own, which serves those without them too.
        """
        if media.season is not None:
            return await self._season(media, with_showings=with_showings)
        if media.kind is TitleKind.COLLECTION:
            return await self._titles.get(media, lambda: self._collection(media))
        if media.episode is None and (with_showings or self._shown_titles.holds(media)):
            return await self._shown_titles.get(media, lambda: self._title(media, with_showings=True))
        title = await self._titles.get(media, lambda: self._title(media))
        if title is None or media.episode is None or title.gallery.get(Kind.EPISODE):
            return title
        series = await self.title(media.series)
        return episode_of(series, title) if series else title

    async def _season(self, media: MediaId, *, with_showings: bool) -> Title | None:
        """Return a season of a series that TMDB knows, whether or not it knows the season."""
        series, own = await asyncio.gather(
            self.title(media.series, with_showings=with_showings),
            self._titles.get(media, lambda: self._title(media)),
        )
        return season_of(series, media, own) if series else None

    async def names(self, media: MediaId) -> tuple[TitleName, ...]:
        """Return the title's names in other languages; see ``TitleSource``."""
        request = self._request(f"/{_WORDS[media.kind]}/{media.number}/translations", {})

        def read_response(response: Response) -> tuple[TitleName, ...]:
            body = title_object(response)
            return () if body is None else read_names(body)

        return await self._names.get(media, lambda: self._api.send(request, read_response))

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return the titles of a list such as ``trending/movie/week``; see ``TitleLists``."""
        if not _LIST.fullmatch(name):
            raise BadRequest(public=LIST_NAMES)
        found: dict[ExternalId, None] = {}
        for page in range(1, _MAX_PAGES + 1):
            request = self._request(f"/{name}", {"page": str(page)})
            refs, pages = await self._api.send(request, lambda response: read_list_page(name, response))
            found |= dict.fromkeys(refs)
            if len(found) >= most or page >= pages:
                break
        return tuple(found)[:most]

    async def search(self, words: str) -> tuple[SearchResult, ...]:
        """Return the films and series of the first page of results; see ``TitleSearch``."""
        asked = normal_words(words)
        request = self._request("/search/multi", {"query": asked})
        return await self._searches.get(asked, lambda: self._api.send(request, read_search_response))

    async def thumbnail(self, file: str) -> bytes:
        """Return the smallest rendition of a poster; see ``TitleSearch``."""
        return await self.fetch(Art(f"/{file}", 0, 0, None, rendition=_THUMBNAIL), 0)

    async def gallery(self, title: Title) -> Gallery:
        """Return the pictures, which came with the title; see ``ArtSource``."""
        return title.gallery

    async def named(self, title: Title, kind: Kind, file: str) -> Art | None:
        """Return the picture with this file name: of those that came with the title, else of all; see ``ArtSource``."""
        known = art_named(title.gallery.get(kind, ()), file)
        if known is not None or title.media.episode is not None:
            return known
        request = self._request(f"/{_WORDS[title.media.kind]}/{title.media.number}/images", {})

        def read_response(response: Response) -> Gallery:
            body = title_object(response)
            return {} if body is None else read_pictures(pictures_of(body))

        pictures = await self._galleries.get(title.media, lambda: self._api.send(request, read_response))
        return art_named(pictures.get(kind, ()), file)

    def renditions(self, art: Art, width: int) -> tuple[Art, ...]:
        """Return the file that fits, a smaller one in place of an original, and a vector as PNG; see ``ArtSource``."""
        return art.as_renditions(rendition_names(art, width))

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the smallest rendition that is wide enough, or the original of a vector; see ``ArtSource``."""
        if not PICTURE_FILE.fullmatch(art.path):
            raise ArtNotFound("not a picture of TMDB")
        file = rendition_file(art, width)
        request = Request(f"{self._image_url}/{file}", max_bytes=ART_BYTES)
        return await self._art.get(file, lambda: self._images.send(request, partial(read_picture, self._images.source)))

    def invalidate(self, art: Art, width: int) -> None:
        """Remove the cached rendition; see ``ArtSource``."""
        self._art.invalidate(rendition_file(art, width))

    async def _find(self, ref: ExternalId, gone: MediaId | None = None) -> MediaId | None:
        external = ExternalId(ref.id_type, ref.number)
        request = self._request(f"/find/{external}", {"external_source": _EXTERNAL[ref.id_type]})
        return await self._api.send(request, lambda response: read_found_response(ref, response, gone))

    async def _title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:
        path, read, parts = f"/{_WORDS[media.kind]}/{media.number}", read_title, "external_ids,images"
        if media.episode:
            path, read = f"{path}/season/{media.episode.season}/episode/{media.episode.number}", read_episode
        elif media.season is not None:
            path, read, parts = f"{path}/season/{media.season}", read_season, "images"
        elif with_showings:
            parts += f",{APPENDED[media.kind]}"
        request = self._request(path, {"append_to_response": parts})

        def read_response(response: Response) -> Title | None:
            answer = read_title_answer(response)
            title = read(media, answer) if answer else None
            if title is None or not with_showings:
                return title
            showings = read_showings(media, json_object(self.name, response.body))
            return msgspec.structs.replace(title, showings=showings)

        return await self._api.send(request, read_response)

    async def _collection(self, media: MediaId) -> Title | None:
        """Return a collection. Nothing can be appended to it, so its pictures are a request of their own."""
        path, today = f"/{_WORDS[media.kind]}/{media.number}", self._now().astimezone(UTC).date()
        answer, images = await asyncio.gather(
            self._api.send(self._request(path, {}), read_title_answer),
            self._api.send(self._request(f"{path}/images", {}), read_picture_lists),
        )
        return read_collection(media, answer, images, today) if answer else None

    def _request(self, path: str, query: dict[str, str]) -> Request:
        return Request(f"{self._api_url}{path}", query)


def _with_key(request: Request, key: Secret) -> Request:
    """Attach a key: a version 4 key is a JWT, which has three parts, and goes into a header."""
    if key.count(".") != 2:  # noqa: PLR2004 - see above
        return in_query("api_key")(request, key)
    return msgspec.structs.replace(request, headers={"Authorization": Secret(f"Bearer {key}")})


def _title_cache(
    title_ttl_s: Callable[[Title], float], remote: RemoteCache | None, name: str
) -> TieredResponseCache[MediaId, Title | None]:
    return TieredResponseCache(
        _MAX_PICTURES,
        lambda title: min(DAY_S, title_ttl_s(title)) if title else DAY_S,
        sizeof=_pictures,
        shared=shared_cache(remote, name, Title | None, max_ttl_s=_SHARED_TTL_S),
    )


def _pictures(title: Title | None) -> int:
    """Return the size of a title in the cache."""
    return 1 if title is None else 1 + sum(len(arts) for arts in title.gallery.values())
