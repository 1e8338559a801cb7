"""Reads a title's genre and runtime from TMDB's description of it."""

from typing import Final

from services.client.json_reader import Row, inner, rows, whole

_LONGEST: Final = 5_999
"""Minutes; a longer runtime is a mistake."""


def read_genre(body: Row) -> int | None:
    """Return TMDB's number of a title's first genre, which it calls the main one."""
    return next((number for row in rows(body, "genres") if (number := whole(row, "id"))), None)


def read_runtime(body: Row) -> int | None:
    """Return a film's runtime in minutes; of a series an episode's, for newer ones the last one's."""
    listed = body.get("episode_run_time")
    usual = next(iter(listed), None) if isinstance(listed, list) else None
    known = (whole(body, "runtime"), whole({"runtime": usual}, "runtime"), _last_episode(body))
    return next((minutes for minutes in known if minutes and minutes <= _LONGEST), None)


def _last_episode(body: Row) -> int | None:
    return whole(inner(body, "last_episode_to_air"), "runtime")
