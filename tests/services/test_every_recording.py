"""Every file of the recorded answers, one after the other: read, a fact, or refused, and then why."""

import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from services.client.http import Http
from services.fanart import FanartSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceError
from shared.domain.ids import ExternalId, IdType
from tests.services.contract import FILM
from tests.services.test_recordings import EPISODE, RECORDINGS, SERIES, WITHOUT, bodies, envelope, reply
from tests.services.upstream import Reply, Upstream

Ask = Callable[[], Awaitable[object]]
KEYS = (Secret("k"),)

NEVER_ASKED: Final = {
    "tmdb": {
        "configuration",
        "movie_release_dates",
        "movie_releases",
        "movie_translations",
        "movie_watch",
        "search",
        "tv_content_ratings",
        "tv_season",
        "tv_season_external_ids",
        "tv_season_images",
        "tv_translations",
        "tv_watch",
    },
    "mdblist": {"search"},
    "omdb": {"search", "season"},
}
"""Answers to questions that no part of Marquee asks."""

IN_THE_TITLES: Final = {
    "tmdb": {
        "movie_external_ids",
        "movie_images",
        "tv_episode_external_ids",
        "tv_episode_images",
        "tv_external_ids",
        "tv_images",
    }
}
"""Parts that come within a title's own answer; how they are read is tested with the others of their kind."""


def asks(http: Http, upstream: Upstream, source: str, folder: str) -> Ask | None:
    """Return the question whose answer a folder holds, to a source that has heard nothing yet."""
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
            return lambda: mdblist.ratings(SERIES if folder == "show" else FILM)
        case "omdb":
            omdb = OmdbSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
            title = {"series": SERIES, "episode": EPISODE}.get(folder, FILM)
            return lambda: omdb.ratings(title)
        case _:
            fanart = FanartSource(http, KEYS, api_url=upstream.url)
            return lambda: fanart.gallery(SERIES if folder.startswith("tv") else FILM)


def responses(path: Path) -> list[Reply]:
    """Return what a file recorded: one answer, or as many as it has lines."""
    if path.suffix == ".jsonl":
        return [reply(recorded) for recorded in bodies(path)]
    response = reply(envelope(path))
    if path.parent.name == "batch":  # an array there; each row is what a single question would get
        return [Reply(200, json.dumps(row).encode()) for row in json.loads(response.body)]
    return [response]


async def outcome(http: Http, upstream: Upstream, path: Path) -> str:
    """Say what becomes of a file."""
    source, folder = path.relative_to(RECORDINGS).parts[:2]
    if folder in NEVER_ASKED.get(source, set()):
        return "never asked"
    if folder in IN_THE_TITLES.get(source, set()):
        return "within a title"
    if path.name == "awards_strings.jsonl":
        return "sentences, not answers"
    said = set()
    for response in responses(path):
        upstream.plan("*", response)
        fetch = asks(http, upstream, source, folder)
        assert fetch is not None
        try:
            said.add("read" if await fetch() else "no such title")
        except SourceError as error:
            said.add(f"refused: {error.cause}")
    return ", ".join(sorted(said))


@WITHOUT
@pytest.mark.timeout(120)
async def test_every_recording_is_read_and_only_errors_are_refused(http: Http, upstream: Upstream) -> None:
    paths = sorted(
        path for source in ("tmdb", "mdblist", "omdb", "fanart") for path in RECORDINGS.glob(f"{source}/**/*.json*")
    )

    found = {str(path.relative_to(RECORDINGS)): await outcome(http, upstream, path) for path in paths}

    counted = [f"{count:4}  {said}" for said, count in sorted(Counter(found.values()).items())]
    told = [f"      {name}: {said}" for name, said in found.items() if "refused" in said or "no such" in said]
    sys.stdout.write("\n".join(["", "Recorded answers", *counted, *told, ""]))
    assert 100 < len(found)
    assert [] == [name for name, said in found.items() if "refused" in said and "/error/" not in name]
    assert [] == [
        name for name, said in found.items() if said == "read" and "/error/" in name and "backslash" not in name
    ]
