"""Reads a title's genre and runtime from TMDB's description of it."""

from typing import Final

from services.client.json_reader import inner, rows, whole, whole_of
from services.tmdb.answer import TitleAnswer

_LONGEST: Final = 5_999
"""Minutes; a longer runtime is a mistake."""


def read_genre(answer: TitleAnswer) -> int | None:
    """Return TMDB's number of a title's first genre, which it calls the main one."""
    return next((number for row in rows({"genres": answer.genres}, "genres") if (number := whole(row, "id"))), None)


def read_runtime(answer: TitleAnswer) -> int | None:
    """Return a film's runtime in minutes; of a series an episode's, for newer ones the last one's."""
    listed = answer.episode_run_time
    usual = next(iter(listed), None) if isinstance(listed, list) else None
    last = inner({"last": answer.last_episode_to_air}, "last")
    known = (whole_of(answer.runtime), whole_of(usual), whole(last, "runtime"))
    return next((minutes for minutes in known if minutes and minutes <= _LONGEST), None)
