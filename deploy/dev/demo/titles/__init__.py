"""The facts of the demo catalogue, by year.

Names, dates, IMDb ids and (for films) TMDB ids are real as far as we know them; ratings, votes, TVDB numbers and all
numbers of the serials and their episodes are made up to look plausible.
"""

from deploy.dev.demo.titles.early import FILMS as EARLY
from deploy.dev.demo.titles.late import FILMS as LATE
from deploy.dev.demo.titles.middle import FILMS as MIDDLE
from deploy.dev.demo.titles.serials import SERIALS

FILMS = (*EARLY, *MIDDLE, *LATE)
ALL = (*FILMS, *SERIALS)

__all__ = ["ALL", "FILMS", "SERIALS"]
