"""One picture of the sheet: its query, the artwork it is drawn on, and its caption."""

import hashlib
from datetime import date
from typing import Final

import msgspec

from deploy.dev.sheet.art import Art, art
from deploy.dev.sheet.card_titles import CardTitle, overlay_of
from deploy.dev.sheet.design_shots import DesignShot
from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.picture import draw_picture
from renderer.labels.facts import fact_chips
from renderer.labels.words import LabelWords, write_label
from services.titles import Title
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import AgeRating, Heading, SashWord, Settings
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
    RatingSite.ANILIST: Rating(86),
    RatingSite.KITSU: Rating(84.23),
}
"""An example of a rating from every site."""

SASHES: Final = {
    SashWord.AWARD: LabelWords("oscar_winner"),
    SashWord.NOMINEE: LabelWords("oscar_nominee"),
    SashWord.TOP: LabelWords("top", 12),
    SashWord.TRENDING: LabelWords("trending", 7),
    SashWord.NEW: LabelWords("released"),
    SashWord.STATUS: LabelWords("cinemas_on", day=date(1927, 10, 16)),
}
"""An example of what each word of a sash says."""

AGES: Final = {AgeRating.OFFICIAL: "PG-13", AgeRating.COMMONSENSE: "9+"}
GERMAN_AGE: Final = "FSK 12"

Query = dict[str, str]

_TITLE: Final = Title(
    media=MediaId(TitleKind.MOVIE, 19), name="Metropolis", released=date(1927, 2, 6), genre=878, runtime=153
)


def example_chips(settings: Settings) -> Chips:
    """Return the labels that a picture with these settings may have: the first of those asked for."""
    chips = dict(fact_chips(settings, _TITLE))
    if settings.sash:
        chips[ChipRole.SASH] = (write_label(SASHES[settings.sash[0]], settings.lang, date(1927, 1, 10)),)
    if settings.age_rating is not AgeRating.NONE:
        chips[ChipRole.AGE] = (Chip(GERMAN_AGE if settings.region == "DE" else AGES[settings.age_rating]),)
    return chips


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture to draw; two shots with the same meaning share one file."""

    kind: Kind
    query: Query
    caption: str
    art: Art = Art.SCENE
    ratings: Ratings = msgspec.field(default_factory=lambda: RATINGS)
    award: Award | None = None
    card: CardTitle = CardTitle.VECTOR
    format: Format = Format.JPG

    @property
    def settings(self) -> Settings:
        """Return the settings that the query means."""
        return parse(self.kind, self.format, self.query)

    @property
    def is_card(self) -> bool:
        """Return whether the picture names its title."""
        return self.settings.title is not Heading.NONE

    @property
    def file(self) -> str:
        """Return the name of the picture's file, derived from everything that it is drawn from."""
        drawn = (self.settings, self.art, self.ratings, self.award)
        meaning = msgspec.json.encode((*drawn, self.card) if self.is_card else drawn, order="deterministic")
        return f"{self.kind}-{hashlib.sha256(meaning).hexdigest()[:16]}.{self.settings.format}"

    @property
    def text(self) -> str:
        """Return the query as text for people."""
        return " ".join(f"{name}={value}" for name, value in self.query.items())

    def draw(self) -> bytes:
        """Return the finished picture."""
        overlay = overlay_of(self.card) if self.is_card else None
        chips = example_chips(self.settings)
        return draw_picture(
            self.settings, art(self.art, self.settings), self.ratings, self.award, chips, overlay=overlay
        )


class Row(msgspec.Struct, frozen=True):
    """Shots to compare with each other, under a small heading."""

    name: str
    shots: tuple[Shot | DesignShot, ...]


class Section(msgspec.Struct, frozen=True):
    """Rows about one topic; ``key`` is its name in links and for ``--only``."""

    key: str
    name: str
    about: str
    rows: tuple[Row, ...]

    @property
    def shots(self) -> tuple[Shot | DesignShot, ...]:
        """Return all shots of the section."""
        return tuple(shot for row in self.rows for shot in row.shots)
