"""A series with seasons and a collection on a real server, as TMDB, Fanart.tv, MDBList and OMDb answer about them."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from renderer.jobs.context import Drawn, JobResult
from renderer.jobs.pipeline import Pipeline
from services.config import SourcesConfig
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.small_world import KEY, NO_SUCH, House, World
from tests.renderer.studio import art_bytes
from tests.services.test_tmdb_collections import BODY as COLLECTION_BODY
from tests.services.test_tmdb_seasons import SEASON_BODY, SERIES_BODY

FOUND: dict[str, list[Any]] = {f"{name}_results": [] for name in ("movie", "person", "tv", "tv_episode", "tv_season")}


def poster(path: str, lang: str | None) -> dict[str, Any]:
    """Return a row of TMDB's list of pictures."""
    return {"file_path": path, "width": 1000, "height": 1500, "iso_639_1": lang, "vote_average": 5.0}


def liked(file: str, lang: str, season: str) -> dict[str, str]:
    """Return a row of Fanart.tv's list of posters of seasons; the world adds the address of its server."""
    return {"id": "1", "url": file, "lang": lang, "likes": "2", "season": season}


@dataclass
class SeriesWorld(World):
    """Bodies by path; every other path is unknown to its source."""

    series_posters: list[dict[str, Any]] = field(default_factory=lambda: [poster("/series.jpg", "en")])
    season_posters: list[dict[str, Any]] = field(default_factory=list)
    fanart_seasons: list[dict[str, str]] = field(default_factory=list)
    season: dict[str, Any] = field(default_factory=dict)
    collection: dict[str, Any] = field(default_factory=dict)
    collection_images: dict[str, Any] = field(default_factory=dict)
    is_mdblist_down: bool = False
    number: int = 1396
    """TMDB's number of the series."""

    @property
    def config(self) -> SourcesConfig:
        """Return the config of sources that ask this server."""
        return msgspec.structs.replace(super().config, fanart_api_keys=(KEY,), fanart_api_url=f"{self.url}/fanart")

    def asked(self, source: str) -> list[str]:
        """Return the paths that a source was asked for."""
        return sorted(call.removeprefix(f"{source}/") for call in self.calls if call.startswith(f"{source}/"))

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        source, _, path = request.path.strip("/").partition("/")
        self.calls.append(f"{source}/{request.query.get('i') or path}")
        if source == "images":
            return web.Response(body=art_bytes(), content_type="image/jpeg")
        if source == "mdblist" and self.is_mdblist_down:
            return web.json_response({"error": "down"}, status=500)
        body = self._bodies().get(self.calls[-1])
        if body is not None:
            return web.json_response(body)
        return web.json_response(NO_SUCH if source == "tmdb" else {"error": "not found"}, status=404)

    def _bodies(self) -> dict[str, dict[str, Any]]:
        images = SERIES_BODY["images"] | {"posters": self.series_posters}
        season = SEASON_BODY | {"poster_path": None, "images": {"posters": self.season_posters}} | self.season
        row = {"id": self.number, "popularity": 9.0}
        liked_seasons = [each | {"url": f"{self.url}/images/{each['url']}"} for each in self.fanart_seasons]
        return {
            f"tmdb/tv/{self.number}": SERIES_BODY | {"id": self.number, "images": images},
            f"tmdb/tv/{self.number}/season/1": season | {"season_number": 1, "name": "Season 1"},
            f"tmdb/tv/{self.number}/season/2": season,
            "tmdb/find/tt0903747": FOUND | {"tv_results": [row]},
            "tmdb/find/81189": FOUND | {"tv_results": [row]},
            "tmdb/find/30272": FOUND
            | {"tv_season_results": [{"id": 3573, "show_id": self.number, "season_number": 2}]},
            "tmdb/collection/1241": COLLECTION_BODY | self.collection,
            "tmdb/collection/1241/images": {"id": 1241, "posters": [], "backdrops": []} | self.collection_images,
            "fanart/tv/81189": {"name": "A Long Run", "thetvdb_id": "81189", "seasonposter": liked_seasons},
            "mdblist/tmdb/show/1396": {
                "title": "A Long Run",
                "type": "show",
                "ids": {"tmdb": 1396},
                "ratings": [
                    {"source": "imdb", "value": 9.5, "score": 95, "votes": 2_000_000},
                    {"source": "tmdb", "value": 88, "score": 88, "votes": 13_000},
                ],
            },
            "omdb/tt0903747": {"Response": "True", "imdbID": "tt0903747", "Awards": "Won 16 Primetime Emmys."},
        }


async def process(house: House, text: str, kind: Kind = Kind.POSTER, **query: str) -> JobResult:
    """Return how the job of a picture ends; ``text`` is ``site:id``. Raises what its steps raise."""
    site, _, written = text.partition(":")
    ref = ExternalId.parse(IdType(site), written).of_picture(kind)
    job = await house.studio.job(ref, kind, **query)
    return await Pipeline(house.dependencies, house.studio.metrics).run(job, parse(kind, Format.JPG, query))


async def draw(house: House, text: str, kind: Kind = Kind.POSTER, **query: str) -> Drawn:
    """Return what was drawn, where something must have been."""
    result = await process(house, text, kind, **query)
    assert isinstance(result, Drawn)
    return result
