"""Every file of the recorded responses, with its outcome: read, not found, or refused and why."""

import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from services.client.http import Http
from services.fanart.client import FanartSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceError
from shared.domain.ids import ExternalId, IdType
from tests.recorded_inputs import FIXTURES, needs
from tests.services.contract import FILM
from tests.services.test_recordings import EPISODE, SERIES, bodies, described, envelope, reply
from tests.services.upstream import Reply, Upstream

Send = Callable[[], Awaitable[object]]
KEYS = (Secret("k"),)

NEVER_CALLED: Final = {
    "tmdb": {
        "configuration",
        "movie_release_dates",
        "movie_releases",
        "movie_translations",
        "movie_watch",
        "search",
        "tv_content_ratings",
        "tv_season_external_ids",
        "tv_translations",
        "tv_watch",
    },
    "mdblist": {"search"},
    "omdb": {"search", "season"},
}
"""Responses of endpoints that Marquee does not call."""

PARTS_OF_TITLES: Final = {
    "tmdb": {
        "movie_external_ids",
        "movie_images",
        "tv_episode_external_ids",
        "tv_episode_images",
        "tv_external_ids",
        "tv_images",
        "tv_season",
        "tv_season_images",
    }
}
"""Responses that are parts of a title's response; other tests cover how they are read."""


def request_for(http: Http, upstream: Upstream, source: str, folder: str, body: Any) -> Send | None:
    """Return the request that a folder holds the responses to, on a source with empty caches."""
    match source:
        case "tmdb":
            tmdb = TmdbSource(http, KEYS, api_url=upstream.url, image_url=upstream.url)
            if folder == "find":
                return lambda: tmdb.find(ExternalId(IdType.IMDB, 7))
            if folder == "trending":
                return lambda: tmdb.titles("trending/all/day", 1)
            title = EPISODE if folder.startswith("tv_episode") else SERIES if folder.startswith("tv") else FILM
            return lambda: tmdb.title(title.media)
        case "mdblist":
            mdblist = MdblistSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
            return lambda: mdblist.ratings(described(body, SERIES if folder == "show" else FILM))
        case "omdb":
            omdb = OmdbSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
            title = {"series": SERIES, "episode": EPISODE}.get(folder, FILM)
            return lambda: omdb.ratings(described(body, title))
        case _:
            fanart = FanartSource(http, KEYS, api_url=upstream.url)
            return lambda: fanart.gallery(described(body, SERIES if folder.startswith("tv") else FILM))


def responses(path: Path) -> list[Reply]:
    """Return what a file recorded: one response, or one per line."""
    if path.suffix == ".jsonl":
        return [reply(recorded) for recorded in bodies(path)]
    response = reply(envelope(path))
    if path.parent.name == "batch":  # an array; each row is what a single request would return
        return [Reply(200, json.dumps(row).encode()) for row in json.loads(response.body)]
    return [response]


def parsed(response: Reply) -> Any:
    """Return the JSON of a response, ``None`` for anything else."""
    try:
        return json.loads(response.body)
    except ValueError:
        return None


async def outcome(http: Http, upstream: Upstream, path: Path) -> str:
    """Return the outcome of a file."""
    source, folder = path.relative_to(FIXTURES).parts[:2]
    if folder in NEVER_CALLED.get(source, set()):
        return "never called"
    if folder in PARTS_OF_TITLES.get(source, set()):
        return "within a title"
    if path.name == "awards_strings.jsonl":
        return "sentences, not responses"
    results = set()
    for response in responses(path):
        upstream.plan("*", response)
        send = request_for(http, upstream, source, folder, parsed(response))
        assert send is not None
        try:
            results.add("read" if await send() else "no such title")
        except SourceError as error:
            results.add(f"refused: {error.cause}")
    return ", ".join(sorted(results))


@needs(FIXTURES)
@pytest.mark.timeout(120)
async def test_every_recording_is_read_and_only_errors_are_refused(http: Http, upstream: Upstream) -> None:
    paths = sorted(
        path for source in ("tmdb", "mdblist", "omdb", "fanart") for path in FIXTURES.glob(f"{source}/**/*.json*")
    )

    found = {str(path.relative_to(FIXTURES)): await outcome(http, upstream, path) for path in paths}

    counted = [f"{count:4}  {result}" for result, count in sorted(Counter(found.values()).items())]
    refused = [
        f"      {name}: {result}" for name, result in found.items() if "refused" in result or "no such" in result
    ]
    sys.stdout.write("\n".join(["", "Recorded responses", *counted, *refused, ""]))
    assert 100 < len(found)
    assert [] == [name for name, result in found.items() if "refused" in result and "/error/" not in name]
    assert [] == [
        name for name, result in found.items() if result == "read" and "/error/" in name and "backslash" not in name
    ]
