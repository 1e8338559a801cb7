"""One picture of the sheet: its query, the artwork it is drawn on, and its caption."""

import hashlib
from datetime import date
from typing import Final

import msgspec

from deploy.dev.sheet.art import Art, art
from renderer.drawing.picture import draw_picture
from renderer.labels.facts import fact_chips
from services.source import Title
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import Settings
from shared.settings.parameters import parse

RATINGS: Final[Ratings] = {
    RatingSite.IMDB: Rating(8.5, 1_000_000),
    RatingSite.TMDB: Rating(85.2, 20_000),
    RatingSite.RT: Rating(92, 300),
    RatingSite.RTA: Rating(88, 9_000),
    RatingSite.MC: Rating(78, 40),
    RatingSite.TRAKT: Rating(82, 12_000),
    RatingSite.LB: Rating(4.2, 500_000),
    RatingSite.MAL: Rating(8.57, 90_000),
    RatingSite.MDBLIST: Rating(81),
    RatingSite.EBERT: Rating(3.5),
    RatingSite.MCU: Rating(7.9, 49),
    RatingSite.AVG: Rating(82),
}
"""An example of a rating from every site."""

Query = dict[str, str]

_TITLE: Final = Title(
    media=MediaId(TitleKind.MOVIE, 19), name="Metropolis", released=date(1927, 2, 6), genre=878, runtime=153
)


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture to draw; two shots with the same meaning share one file."""

    kind: Kind
    query: Query
    caption: str
    art: Art = Art.SCENE
    ratings: Ratings = msgspec.field(default_factory=lambda: RATINGS)
    award: Award | None = None
    format: Format = Format.JPG

    @property
    def settings(self) -> Settings:
        """Return the settings that the query means."""
        return parse(self.kind, self.format, self.query)

    @property
    def file(self) -> str:
        """Return the name of the picture's file, derived from everything that it is drawn from."""
        meaning = msgspec.json.encode((self.settings, self.art, self.ratings, self.award), order="deterministic")
        return f"{self.kind}-{hashlib.sha256(meaning).hexdigest()[:16]}.{self.settings.format}"

    @property
    def text(self) -> str:
        """Return the query as text for people."""
        return " ".join(f"{name}={value}" for name, value in self.query.items())

    def draw(self) -> bytes:
        """Return the finished picture."""
        chips = fact_chips(self.settings, _TITLE)
        return draw_picture(self.settings, art(self.art, self.settings), self.ratings, self.award, chips)


class Row(msgspec.Struct, frozen=True):
    """Shots to compare with each other, under a small heading."""

    name: str
    shots: tuple[Shot, ...]


class Section(msgspec.Struct, frozen=True):
    """Rows about one topic; ``key`` is its name in links and for ``--only``."""

    key: str
    name: str
    about: str
    rows: tuple[Row, ...]

    @property
    def shots(self) -> tuple[Shot, ...]:
        """Return all shots of the section."""
        return tuple(shot for row in self.rows for shot in row.shots)
