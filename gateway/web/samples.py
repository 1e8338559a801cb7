"""Sample titles for the pages: films old enough to be known by every source and free of rights."""

import asyncio
from typing import Any, Final

import msgspec

from gateway.pictures.handler import SAVE_DEADLINE_S, PictureDependencies
from gateway.pictures.settings_resolver import resolve_query
from shared.domain.errors import MarqueeError
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path


class SampleTitle(msgspec.Struct, frozen=True):
    """A title as a page names it."""

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
    SampleTitle("tt0903747:1:1", "Breaking Bad, episode 1", 2008),
    SampleTitle("tt0006206:1:1", "Les Vampires, part 1", 1915),
)
SEASONS: Final = (
    SampleTitle("season-tt0903747-S2", "Breaking Bad, season 2", 2009),
    SampleTitle("season-tt0006886-S2", "Judex, season 2", 1918),
)
COLLECTIONS: Final = (
    SampleTitle("collection-1241", "Harry Potter Collection", 2001),
    SampleTitle("collection-192101", "The Tramp Collection", 1921),
)
"""The last one of each is for installations that use the demo's sources."""

PREVIEW_SIZES: Final = {kind: Size.SMALL if kind is Kind.BACKDROP else Size.MEDIUM for kind in Kind}
"""The size in which a page previews a kind: a backdrop of the default size takes too long to draw."""

_HERO: Final = SampleTitle("tt0016220", "The Phantom of the Opera", 1925)
_HERO_QUERIES: Final = {
    "backdrop": (Kind.BACKDROP, "imageSize=small"),
    "before": (Kind.POSTER, "ratings_limit=0"),
    "after": (Kind.POSTER, "ratings_limit=3"),
    "logo": (Kind.LOGO, "ratings_limit=5"),
}
"""One title in several kinds, at the top of the page, and without its ratings; it is not on the wall."""


class WallLook(msgspec.Struct, frozen=True):
    """A look on the wall, and how its caption names it."""

    name: str
    query: str


WALL_LOOKS: Final = (
    WallLook("Default", ""),
    WallLook("Translucent", "badge_background=t&ratings_limit=4"),
    WallLook("Stacked, left", "position=bl&badge_style=v&direction=v&ratings_limit=3"),
    WallLook("Pills", "badge_shape=p&ratings_limit=2&label_style=i"),
    WallLook("Text labels, right", "position=br&label_style=t"),
    WallLook("Small and dark", "badge_background=k&ratings_limit=4&badge_size=s"),
)
"""The looks on the wall in turn. Posters usually have their title at the top, so no badges go there."""


async def admin_context() -> dict[str, Any]:
    """Return the variables of the admin panel: the films, and as ``facts`` how it shows a preset of each kind."""
    samples = {
        kind: {
            "title": (EPISODES if kind is Kind.EPISODE else FILMS)[0].id,
            "size": PREVIEW_SIZES[kind],
            "canvas": CANVAS[kind][Size.MEDIUM],
        }
        for kind in Kind
    }
    return {"films": FILMS, "facts": msgspec.to_builtins({"samples": samples})}


class Example(msgspec.Struct, frozen=True):
    """A picture on the home page, with its size in pixels."""

    kind: Kind
    title: SampleTitle
    url: str
    width: int
    height: int
    look: WallLook


class Wall:
    """The pictures of the home page, drawn by this installation."""

    def __init__(self, deps: PictureDependencies, *, content_base_url: str) -> None:
        self._deps, self._base = deps, content_base_url

    async def pictures(self) -> dict[str, Any]:
        """Return ``hero`` by place, and ``wall``; both are empty if the settings cannot be stored."""
        try:
            async with asyncio.timeout(SAVE_DEADLINE_S):
                hero = {
                    place: await self._example(kind, _HERO, WallLook("", query))
                    for place, (kind, query) in _HERO_QUERIES.items()
                }
                wall = [
                    await self._example(Kind.POSTER, title, WALL_LOOKS[nth % len(WALL_LOOKS)])
                    for nth, title in enumerate(FILMS)
                ]
        except (MarqueeError, TimeoutError):
            hero, wall = {}, []
        return {"hero": hero, "wall": wall, "looks": WALL_LOOKS}

    async def _example(self, kind: Kind, title: SampleTitle, look: WallLook) -> Example:
        resolved = resolve_query(kind, _FORMATS.get(kind, Format.JPG), look.query)
        await self._deps.save_settings(resolved)
        ref = parse_external_id(title.id)
        path = content_path(resolved.hash, ref, kind, resolved.settings.format)
        # The renderers start while the page is still on its way to the browser.
        self._deps.prefetch.suggest(path, resolved.hash, ref, resolved.work)
        width, height = resolved.settings.canvas
        return Example(kind, title, f"{self._base}{path}?fallback=true", width, height, look)


_FORMATS: Final = {Kind.LOGO: Format.PNG}
