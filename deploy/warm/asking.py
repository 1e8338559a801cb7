"""What is asked of a warm-up on the command line."""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm import MOST_PICTURES, Pace
from shared.queue.prewarm_input import parse_settings
from shared.settings.digest import settings_hash
from shared.settings.model import Settings

_FOLDER: Final = Path(".local")
_MOST_PER_S: Final = 1000.0
_MOST_DEPTH: Final = 1_000_000
_LIST_LENGTH: Final = 1000
_EXIT: Final = (
    "exit status: 0 all is drawn or known to have no picture; 1 something failed, did not end or could not be reached; "
    "2 the command or the environment is wrong; 3 all went well but for lines that are no ids; 130 interrupted"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One warm-up: titles from files and lists, in some looks, at a pace."""

    files: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    most: int | None
    looks: tuple[Settings, ...]
    pace: Pace
    follow: bool
    anew: bool
    state: Path
    env: Path | None

    @property
    def most_of_a_list(self) -> int:
        """Return how many titles are taken from one list."""
        return self.most or _LIST_LENGTH


def read_arguments(words: Sequence[str] | None = None) -> Asked:
    """Read the command line; what cannot be read ends the program with a sentence and status 2."""
    parser = _parser()
    given = parser.parse_args(words)
    if not given.ids and not given.list:
        parser.error("say what to draw: a file of ids, - for standard input, or --list")
    try:
        looks = [
            parse_settings(kind, fmt, query)
            for kind in given.kind or [Kind.POSTER]
            for fmt in given.format or [Format.JPG]
            for query in given.look or [""]
        ]
    except BadRequest as error:
        parser.error(f"--look: {error.public}")
    lists = tuple(dict.fromkeys(given.list))
    asked = Asked(
        files=tuple(dict.fromkeys(given.ids)),
        lists=lists,
        most=given.most,
        looks=tuple(dict.fromkeys(looks)),
        pace=Pace(given.pace, given.depth),
        follow=not given.no_wait,
        anew=given.anew,
        state=given.state or Path(),
        env=given.env,
    )
    return asked if given.state else msgspec.structs.replace(asked, state=_FOLDER / f"warm-{_digest(asked)}.jsonl")


def _digest(asked: Asked) -> str:
    """Return a name for what is asked for; pace and patience do not belong to it."""
    words = (asked.files, asked.lists, asked.most, sorted(settings_hash(look) for look in asked.looks))
    return hashlib.sha256(msgspec.json.encode(words)).hexdigest()[:12]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy.warm",
        description="Have titles drawn before anybody asks for them, at a limited pace; it can be stopped and goes on.",
        epilog=_EXIT,
    )
    add = parser.add_argument
    add("ids", nargs="*", metavar="FILE", help="a file of ids, one a line, # for comments; - is standard input")
    add("--list", action="append", default=[], type=_list, metavar="SOURCE:NAME",
        help="a list: tmdb:trending/movie/week, mdblist:user/list-name; may be given again")  # fmt: skip
    add("--most", type=_whole(MOST_PICTURES), metavar="N",
        help=f"titles from each file and list (default: all of a file, {_LIST_LENGTH} of a list)")  # fmt: skip
    add("--kind", action="append", type=Kind, choices=list(Kind), help="default poster; may be given again")
    add("--format", action="append", type=Format, choices=list(Format), help="default jpg; may be given again")
    add("--look", action="append", metavar="QUERY",
        help='settings as in an address, "imageSize=large&lang=de"; may be given again')  # fmt: skip
    add("--pace", type=_pace, default=Pace().per_s, metavar="N", help="pictures a second (default %(default)g)")
    add("--depth", type=_whole(_MOST_DEPTH), default=Pace().depth, metavar="N",
        help="wait while so many refresh jobs are waiting (default %(default)d)")  # fmt: skip
    add("--no-wait", action="store_true", help="return when all is queued; nothing is noted as settled")
    add("--state", type=Path, metavar="FILE", help="where settled titles are noted (default .local/warm-….jsonl)")
    add("--anew", action="store_true", help="forget what earlier runs have settled")
    add("--env", type=Path, metavar="FILE", help="take the environment of the stack that wrote this file")
    return parser


def _list(text: str) -> tuple[str, str]:
    source, colon, name = text.partition(":")
    if not (source and colon and name):
        raise argparse.ArgumentTypeError("a list is written source:name, such as tmdb:trending/movie/week")
    return source, name


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:18]) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {most}")
        return int(text)

    return read


def _pace(text: str) -> float:
    try:
        per_s = float(text)
    except ValueError:
        per_s = 0.0
    if not 0.01 <= per_s <= _MOST_PER_S:  # noqa: PLR2004 - one picture in 100 s
        raise argparse.ArgumentTypeError(f"must be a number from 0.01 to {_MOST_PER_S:g}")
    return per_s
