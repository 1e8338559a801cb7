"""The requests of a load test: popular pictures, and pictures that have never been requested."""

import argparse
import secrets
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from deploy.dev.demo.catalogue import ALL
from deploy.load.zipf import drawn, looks
from renderer.cli.prewarm_titles import read_file
from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType
from shared.settings.model import DEFAULT_ORDER

LOOKS: Final = 8
MOST_IDS: Final = 100_000
_SEED_BITS: Final = 32

DEMO_IDS: Final = tuple(ExternalId.parse(IdType.IMDB, title.imdb) for title in ALL)
"""The titles of the demo catalogue, which are real ones."""


class BadIds(argparse.ArgumentTypeError):
    """A file without usable ids; the text tells the operator why."""


def read_ids(file: str) -> list[ExternalId]:
    """Read ids as ``make prewarm`` does, at most ``MOST_IDS``. Raises ``BadIds``."""
    try:
        ids, invalid = read_file(file, MOST_IDS)
    except OSError as exc:
        raise BadIds(f"{file} cannot be read: {exc}") from exc
    except BadRequest as exc:
        raise BadIds(exc.public) from exc
    if invalid:
        raise BadIds(f"{file}, line {invalid[0].number}: {invalid[0].sentence}")
    if not ids:
        raise BadIds(f"{file} contains no ids")
    return list(dict.fromkeys(ids))


class Demand:
    """Keyed paths, each a poster of some title with some settings. One for all callers of a process."""

    def __init__(self, key: str, ids: Sequence[ExternalId]) -> None:
        self._key, self._ids = quote(key, safe=""), tuple(ids)
        queries = [query for query, _ in looks(LOOKS)]
        self._popular = zip(
            drawn(self._ids, seed=secrets.randbits(_SEED_BITS)),
            drawn(queries, seed=secrets.randbits(_SEED_BITS)),
            strict=False,
        )
        self._unseen = self._each_once()

    def popular(self) -> str:
        """Return the path of a popular picture: the first ids and settings most often, by Zipf's law."""
        return self._path(*next(self._popular))

    def unseen(self) -> str:
        """Return a path that no call has returned before, with settings unique to this run."""
        return self._path(*next(self._unseen))

    def _each_once(self) -> Iterator[tuple[ExternalId, str]]:
        """Yield every id once in some order, then again with other settings: ten badges have 3,628,800 orders."""
        chance = secrets.SystemRandom()
        used: set[str] = set()
        while True:
            look = ",".join(chance.sample(DEFAULT_ORDER, k=len(DEFAULT_ORDER)))
            if look not in used:
                used.add(look)
                yield from ((ref, f"?ratings_order={look}") for ref in chance.sample(self._ids, k=len(self._ids)))

    def _path(self, ref: ExternalId, query: str) -> str:
        return f"/{self._key}/{ref.id_type}/poster-default/{ref}.jpg{query}"
