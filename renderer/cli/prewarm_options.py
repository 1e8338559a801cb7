"""What a prewarm is asked to do, read from the command line."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import typer

from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm import Pace
from shared.queue.prewarm_input import parse_settings
from shared.settings.digest import settings_hash
from shared.settings.model import Settings

LIST_LENGTH: Final = 1000
"""Titles taken from one list unless the caller says how many."""

_LOCAL: Final = Path(".local")


class PrewarmOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One prewarm: titles from files and lists, with some settings, at a pace."""

    files: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    limit: int | None
    settings: tuple[Settings, ...]
    pace: Pace
    follow: bool
    restart: bool
    state: Path

    @property
    def list_length(self) -> int:
        """Return how many titles are taken from one list."""
        return self.limit or LIST_LENGTH


def read_options(
    *,
    files: Sequence[str],
    lists: Sequence[str],
    limit: int | None,
    kinds: Sequence[Kind],
    formats: Sequence[Format],
    queries: Sequence[str],
    pace: Pace,
    follow: bool,
    restart: bool,
    state: Path | None,
) -> PrewarmOptions:
    """Check the command line. Raises ``typer.BadParameter``."""
    if not files and not lists:
        raise typer.BadParameter("say what to draw: a file of ids, - for standard input, or --list.")
    options = PrewarmOptions(
        files=tuple(dict.fromkeys(files)),
        lists=tuple(dict.fromkeys(_read_list(text) for text in lists)),
        limit=limit,
        settings=_read_settings(kinds, formats, queries),
        pace=pace,
        follow=follow,
        restart=restart,
        state=state or Path(),
    )
    return options if state else msgspec.structs.replace(options, state=_default_state(options))


def _read_list(text: str) -> tuple[str, str]:
    source, colon, name = text.partition(":")
    if not (source and colon and name):
        raise typer.BadParameter("a list is written source:name, such as tmdb:trending/movie/week.")
    return source, name


def _read_settings(kinds: Sequence[Kind], formats: Sequence[Format], queries: Sequence[str]) -> tuple[Settings, ...]:
    try:
        every = [parse_settings(kind, fmt, query) for kind in kinds for fmt in formats for query in queries]
    except BadRequest as error:
        raise typer.BadParameter(f"--settings: {error.public}") from None
    return tuple(dict.fromkeys(every))


def _default_state(options: PrewarmOptions) -> Path:
    """Return where to log settled pictures: below the current folder if writable, else with temporary files."""
    folder = _LOCAL if os.access(".", os.W_OK) else Path(tempfile.gettempdir())  # an image's folder is read-only
    return folder / f"prewarm-{_digest(options)}.jsonl"


def _digest(options: PrewarmOptions) -> str:
    """Name what is asked for; pace and patience do not matter."""
    hashes = sorted(settings_hash(settings) for settings in options.settings)
    words = (options.files, options.lists, options.limit, hashes)
    return hashlib.sha256(msgspec.json.encode(words)).hexdigest()[:12]
