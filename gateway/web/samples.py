"""Titles that pages show pictures of: films so old that every source knows them and nobody owns them."""

import asyncio
from typing import Final

import msgspec

from gateway.pictures import KEEP_DEADLINE_S, PictureParts
from gateway.redirects import read_look
from shared.content_urls import content_path
from shared.errors import MarqueeError
from shared.jobs.wanted import read_title
from shared.settings import Format, Kind


class SampleTitle(msgspec.Struct, frozen=True):
    """A title, as a page names it."""

    id: str
    name: str
    year: int


FILMS: Final = (
    SampleTitle("tt0017136", "Metropolis", 1927),
    SampleTitle("tt0013442", "Nosferatu", 1922),
    SampleTitle("tt0018455", "Sunrise", 1927),
    SampleTitle("tt0010323", "The Cabinet of Dr. Caligari", 1920),
    SampleTitle("tt0015324", "Sherlock Jr.", 1924),
    SampleTitle("tt0019254", "The Passion of Joan of Arc", 1928),
    SampleTitle("tt0000417", "A Trip to the Moon", 1902),
    SampleTitle("tt0012349", "The Kid", 1921),
    SampleTitle("tt0014429", "Safety Last!", 1923),
    SampleTitle("tt0018578", "Wings", 1927),
    SampleTitle("tt0020629", "All Quiet on the Western Front", 1930),
    SampleTitle("tt0019760", "Man with a Movie Camera", 1929),
)
EPISODES: Final = (
    SampleTitle("tt0903747:1:1", "Breaking Bad, the first episode", 2008),
    SampleTitle("tt0006206:1:1", "Les Vampires, the first part", 1915),
)
"""The second for installations that stand on the demo's sources."""

_LOOKS: Final = (
    "",
    "position=tc&badge_background=t",
    "ratings_limit=5&position=l&badge_style=v",
    "badge_shape=p&ratings_limit=2",
    "position=br&label_style=t",
    "split=true&ratings_limit=4&badge_background=k",
)
"""What takes turns on the wall."""


class Poster(msgspec.Struct, frozen=True):
    """A poster on the wall."""

    title: SampleTitle
    url: str


class Wall:
    """The posters of the first page, drawn by this installation; their looks are kept like all others."""

    def __init__(self, parts: PictureParts, *, content_base_url: str) -> None:
        self._parts, self._base = parts, content_base_url

    async def posters(self) -> list[Poster]:
        """Return the wall; nothing is on it while the looks cannot be stored."""
        try:
            async with asyncio.timeout(KEEP_DEADLINE_S):
                return [await self._poster(nth, title) for nth, title in enumerate(FILMS)]
        except (MarqueeError, TimeoutError):
            return []

    async def _poster(self, nth: int, title: SampleTitle) -> Poster:
        look = read_look(Kind.POSTER, Format.JPG, _LOOKS[nth % len(_LOOKS)])
        await self._parts.looks.remember(look.settings)
        self._parts.asked.note(look.hash, look.settings)
        path = content_path(look.hash, read_title(title.id), Kind.POSTER, Format.JPG)
        return Poster(title, f"{self._base}{path}?fallback=true")
