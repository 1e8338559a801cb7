"""A small catalogue on a real server: TMDB, MDBList and OMDb as they answer when ids are shared, wrong or gone."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from redis.asyncio import Redis

from renderer.content.fallback import FallbackArtwork
from renderer.content.service import ContentService
from renderer.jobs.pipeline import Pipeline
from renderer.jobs.worker import Worker
from renderer.storage.memory import MemoryStorage
from renderer.storage.storage_key import storage_key
from services.catalog import build_catalog
from services.client.http import Http
from services.config import SourcesConfig
from shared.config.environment import Secret
from shared.domain.errors import MarqueeError
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection
from tests.renderer.studio import Studio, art_bytes

KEY = Secret("k")
NO_SUCH = {"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."}
_EMPTY = ("movie_results", "tv_results", "person_results", "tv_episode_results", "tv_season_results")
_WORDS = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "tv"}
_MDBLIST = {"movie": TitleKind.MOVIE, "show": TitleKind.SERIES}


def colour(number: int) -> tuple[int, int, int]:
    """Return the one colour of a title's poster."""
    return (number * 67 % 256, number * 131 % 256, number * 29 % 256)


@dataclass
class Entry:
    """A title at TMDB, with the external ids in its entry."""

    imdb: str | None = None
    tvdb: int | None = None
    popularity: float = 1.0


@dataclass
class World:
    """What each source says. ``found`` are answers of /find that do not follow from the entries."""

    entries: dict[str, Entry] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)
    omdb: dict[str, dict[str, Any]] = field(default_factory=dict)
    mdblist: dict[str, dict[str, Any]] = field(default_factory=dict)
    films_by_tvdb: dict[int, dict[str, Any]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    """Of entries of anime sites, such as ``anilist:21``."""
    is_tmdb_down: bool = False
    calls: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._server = RawTestServer(self._answer)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    @property
    def config(self) -> SourcesConfig:
        """Return the config of sources that ask this server."""
        return SourcesConfig(
            tmdb_api_keys=(KEY,),
            tmdb_api_url=f"{self.url}/tmdb",
            tmdb_image_url=f"{self.url}/images",
            mdblist_api_keys=(KEY,),
            mdblist_api_url=f"{self.url}/mdblist",
            omdb_api_keys=(KEY,),
            omdb_api_url=f"{self.url}/omdb",
            fanart_api_keys=(),
            fanart_api_url="",
            anilist_api_url=f"{self.url}/anilist",
            kitsu_api_url=f"{self.url}/kitsu",
        )

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        source, _, path = request.path.strip("/").partition("/")
        self.calls.append(f"{source}/{request.query.get('i') or path}")
        if source == "images":
            number = int("".join(char for char in path.rpartition("/")[2] if char.isdigit()))
            return web.Response(body=art_bytes(colour(number)), content_type="image/jpeg")
        if source in {"anilist", "kitsu"}:
            asked = await request.read()
            return web.json_response(self._anilist(asked) if asked else self._kitsu(request.query["filter[id]"]))
        if source == "tmdb" and self.is_tmdb_down:
            return web.json_response({"success": False, "status_code": 9}, status=400)
        answers: dict[str, Callable[[], dict[str, Any] | None]] = {
            "tmdb": lambda: self._tmdb(path),
            "mdblist": lambda: self._mdblist(path),
            "omdb": lambda: self.omdb.get(request.query["i"]),
        }
        body = answers[source]()
        if body is not None:
            return web.json_response(body)
        if source == "omdb":
            return web.json_response({"Response": "False", "Error": "Error getting data."})
        return web.json_response(NO_SUCH if source == "tmdb" else {"error": "not found"}, status=404)

    def _tmdb(self, path: str) -> dict[str, Any] | None:
        kind, _, rest = path.partition("/")
        if kind == "find":
            return self._find(rest)
        number, _, part = rest.partition("/")
        entry = self.entries.get(f"{'series' if kind == 'tv' else kind}-{number}")
        if entry is None:
            return None
        art = [{"file_path": f"/{kind}-{number}.jpg", "iso_639_1": "en", "width": 500, "height": 750}]
        if part.count("/") == 1:  # a season as a whole, with a poster of its own
            art[0]["file_path"] = f"/tv-{number}-{part.removeprefix('season/')}.jpg"
            return {"id": 1, "name": part, "images": {"posters": art}}
        if part:
            season, episode = int(part.split("/")[1]), int(part.split("/")[3])
            return {"id": 1, "name": f"{season}x{episode}", "images": {"stills": art}}
        ids = {"imdb_id": entry.imdb, "tvdb_id": entry.tvdb}
        dates = {"release_date": "1990-01-01", "first_air_date": "1990-01-01"}
        return {
            "id": int(number),
            "title": path,
            "name": path,
            "external_ids": ids,
            "images": {"posters": art},
            **dates,
        }

    def _find(self, external: str) -> dict[str, Any]:
        body: dict[str, Any] = {name: [] for name in _EMPTY}
        own = [name for name, entry in self.entries.items() if external in {entry.imdb, str(entry.tvdb)}]
        for name in self.found.get(external, own):
            media = MediaId.parse(name)
            popularity = self.entries[name].popularity if name in self.entries else 0.0
            body[f"{_WORDS[media.kind]}_results"].append({"id": media.number, "popularity": popularity})
        return body

    def _anilist(self, body: bytes) -> dict[str, Any]:
        ids = json.loads(body)["variables"]["ids"]
        listed = [{"id": each, "averageScore": self.scores.get(f"anilist:{each}")} for each in ids]
        return {"data": {"Page": {"media": listed}}}

    def _kitsu(self, ids: str) -> dict[str, Any]:
        listed = [(each, self.scores.get(f"kitsu:{each}")) for each in ids.split(",")]
        rows = [(each, {"averageRating": None if score is None else str(score)}) for each, score in listed]
        return {"data": [{"id": each, "type": "anime", "attributes": attributes} for each, attributes in rows]}

    def _mdblist(self, path: str) -> dict[str, Any] | None:
        provider, word, number = path.split("/")
        if provider == "tvdb":
            return self.films_by_tvdb.get(int(number))
        return self.mdblist.get(f"{_MDBLIST[word]}-{number}")


@dataclass
class House:
    """A renderer on a small world."""

    world: World
    http: Http
    pool: Pool
    redis: Redis
    storage: MemoryStorage = field(default_factory=lambda: MemoryStorage(64 << 20))

    def __post_init__(self) -> None:
        self.studio = Studio(self.pool, self.redis)
        catalog = build_catalog(self.world.config, self.http, lambda _: 3600.0)
        self.dependencies = dataclasses.replace(
            self.studio.dependencies,
            title_source=catalog.titles,
            art_sources=catalog.art,
            rating_sources=catalog.ratings,
            film_names=catalog.film_names,
            storage=self.storage,
        )
        parts: dict[str, Any] = {"dependencies": self.dependencies, "queue": self.studio.queue}
        parts["metrics"] = self.studio.metrics
        fallback = FallbackArtwork(self.dependencies, self.studio.metrics)
        self.content = ContentService(**parts, fallback=fallback, wait_s=2.0)
        self.worker = Worker(**parts, threads=2, claim_wait_s=0.05)

    @classmethod
    async def empty(cls, world: World, http: Http, pool: Pool, redis: Redis) -> Self:
        """Forget everything, then open a renderer."""
        async with connection(pool) as db:
            await db.execute("TRUNCATE titles, title_aliases, title_reports, images, purges CASCADE")
        await redis.flushdb()
        return cls(world, http, pool, redis)

    def restarted(self) -> Self:
        """Return the renderer after a restart: what is in the stores is remembered, and no source is cached."""
        self.close()
        return type(self)(self.world, self.http, self.pool, self.redis, self.storage)

    async def ask(self, text: str, *, is_refresh: bool = False, **query: str) -> str:
        """Return the title that ``site:id`` gets, with the fingerprint of its picture; or the cause of the error."""
        site, _, written = text.partition(":")
        ref = ExternalId.parse(IdType(site), written)
        kind = Kind.EPISODE if ref.episode else Kind.POSTER
        job = await self.studio.job(ref.of_picture(kind), kind, **query)
        if is_refresh:
            job = msgspec.structs.replace(job, lane=Priority.REFRESH, force=True)
        try:
            result = await Pipeline(self.dependencies, self.studio.metrics).run(job, parse(kind, Format.JPG, query))
        except MarqueeError as error:
            return f"{error.cause}"
        metadata = await self.dependencies.storage.head(storage_key(job.settings_hash, result.media, Format.JPG))
        assert metadata is not None
        return f"{result.media} {metadata.fingerprint}"

    async def title(self, text: str, *, is_refresh: bool = False, **query: str) -> str:
        """Return the title alone, or the cause of the error."""
        return (await self.ask(text, is_refresh=is_refresh, **query)).partition(" ")[0]

    def close(self) -> None:
        """End the drawing threads."""
        with self.studio.render_pool:
            pass
