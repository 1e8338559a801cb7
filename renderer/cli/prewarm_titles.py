"""Where the titles come from: files of ids, standard input, and lists of the sources."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from services.catalog import build_catalog
from services.client.http import Http
from services.client.limits import MemoryLimits, SourceLimits
from services.client.metrics import SourceMetrics
from services.config import SourcesConfig
from services.source import TitleLists
from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import ExternalId
from shared.observability.metrics import new_registry
from shared.queue.prewarm import MOST_PICTURES
from shared.queue.prewarm_input import parse_external_id

_LONGEST_LINE: Final = 1000


class InvalidLine(msgspec.Struct, frozen=True):
    """A line that is not an id; ``sentence`` says what is wrong with it."""

    file: str
    number: int
    sentence: str


def read_file(name: str, most: int | None) -> tuple[list[ExternalId], list[InvalidLine]]:
    """Read a file of ids, ``-`` for standard input. Raises ``OSError``, and ``BadRequest`` for too many."""
    if name == "-":
        return read_lines("standard input", sys.stdin, most)
    with Path(name).open(encoding="utf-8", errors="replace") as lines:
        return read_lines(name, lines, most)


def read_lines(file: str, lines: Iterable[str], most: int | None) -> tuple[list[ExternalId], list[InvalidLine]]:
    """Read one id per line, up to ``most``; everything after a ``#`` is a comment."""
    titles: list[ExternalId] = []
    bad: list[InvalidLine] = []
    for number, line in enumerate(lines, 1):
        text = line[:_LONGEST_LINE].partition("#")[0].strip().removeprefix("\ufeff")
        if not text:
            continue
        try:
            titles.append(parse_external_id(text))
        except (BadRequest, TitleNotFound) as error:
            bad.append(InvalidLine(file, number, error.public))
        if most is not None and len(titles) >= most:
            break
        if len(titles) + len(bad) > MOST_PICTURES:
            raise BadRequest(public=f"{file} has more than {MOST_PICTURES:,} ids; split it.")
    return titles, bad


async def read_lists(
    names: Iterable[tuple[str, str]],
    most: int,
    config: SourcesConfig | None,
    limits: SourceLimits = MemoryLimits(),  # noqa: B008 - holds nothing, only builds
) -> list[ExternalId]:
    """Fetch lists from the sources. Raises ``BadRequest`` for a list that no source has, and ``SourceError``."""
    if config is None:
        raise BadRequest(public="Lists need the API keys of the sources: TMDB_API_KEY is not set.")
    async with Http(SourceMetrics(new_registry()), source_limits=limits) as http:
        # No ratings are fetched here, so their lifetime does not matter.
        known = {source.name: source for source in build_catalog(config, http, lambda _: 0.0).lists}
        found: list[ExternalId] = []
        for source, name in names:
            found += await _source(known, source).titles(name, most)
    return found


def _source(known: dict[str, TitleLists], name: str) -> TitleLists:
    if name not in known:
        raise BadRequest(public=f"{name} has no lists here; try {', '.join(known)}.")
    return known[name]
