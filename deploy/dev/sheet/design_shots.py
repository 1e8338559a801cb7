"""Freehand designs on the sheet: the presets over titles that strain a design, and every element by itself."""

import hashlib
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from deploy.dev.demo.catalogue import ALL, GENRES
from deploy.dev.demo.catalogue import Title as DemoTitle
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import FORM_OF, DemoPicture
from deploy.dev.sheet.art import Art, art
from renderer.drawing.freehand.freehand_design import logo_room
from renderer.drawing.picture import draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from renderer.labels.choose import LabelFacts
from renderer.labels.design_labels import TitleNames, choose_design_labels
from services.titles import Aired, Release, ReleaseType, Showings, Title
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument, canonical_text
from shared.designs.elements import LogoElement
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.settings.model import SashWord, Settings
from shared.settings.quality import Quality

TODAY: Final = date(1928, 2, 1)
"""The day on which the sashes are true."""

QUALITY: Final = (Quality.K4, Quality.DOLBY_VISION)
"""What the address of each picture names."""


class StrainingTitle(msgspec.Struct, frozen=True, kw_only=True):
    """A title of the demo with something that strains a design."""

    strain: str
    slug: str
    ratings: Ratings
    award: Award | None = None
    age: int | None = 8
    ground: Art | None = None
    """Plain art in place of the title's own."""
    season: int | None = None
    is_new: bool = False
    """Whether it was released a few days ago."""


_FEW: Final[Ratings] = {RatingSite.IMDB: Rating(6.0, 1_040)}
_MANY: Final[Ratings] = {
    RatingSite.IMDB: Rating(8.1, 63_870),
    RatingSite.TMDB: Rating(81, 1_190),
    RatingSite.RT: Rating(98, 53),
    RatingSite.RTA: Rating(93, 18_330),
    RatingSite.MC: Rating(78),
    RatingSite.TRAKT: Rating(79, 2_130),
    RatingSite.LB: Rating(4.4, 168_940),
    RatingSite.MAL: Rating(8.57, 90_000),
    RatingSite.AVG: Rating(87),
}
_MIDDLING: Final[Ratings] = {**_MANY, RatingSite.RT: Rating(58, 90), RatingSite.AVG: Rating(55)}

ALL_KNOWN: Final = StrainingTitle(
    strain="everything is known", slug="wings", ratings=_MANY, award=Award.OSCAR, is_new=True
)
STRAINING: Final = (
    StrainingTitle(strain="long title", slug="all-quiet-on-the-western-front", ratings=_MANY),
    StrainingTitle(strain="no rating", slug="the-crowd", ratings={}, age=None),
    StrainingTitle(strain="one rating", slug="judex", ratings=_FEW, season=2),
    StrainingTitle(strain="award winner", slug="wings", ratings=_MANY, award=Award.OSCAR),
    StrainingTitle(
        strain="white art", slug="sunrise", ratings=_MIDDLING, award=Award.OSCAR, ground=Art.LIGHT, is_new=True
    ),
    StrainingTitle(strain="dark art", slug="nosferatu", ratings=_MANY, ground=Art.DARK),
)


class DesignShot(msgspec.Struct, frozen=True, kw_only=True):
    """A design on one title; two shots with the same meaning share one file."""

    design: DesignDocument
    title: StrainingTitle
    caption: str
    format: Format = Format.JPG

    @property
    def kind(self) -> Kind:
        """Return the kind of the picture."""
        return self.design.kind

    @property
    def settings(self) -> Settings:
        """Return the settings that the design means, drawn as a design also where parameters can say the same."""
        settings = design_settings(self.design, self.format, {"quality": QUALITY})
        return msgspec.structs.replace(settings, design=canonical_text(self.design))

    @property
    def file(self) -> str:
        """Return the name of the picture's file, derived from everything that it is drawn from."""
        meaning = msgspec.json.encode((self.settings, self.title), order="deterministic")
        return f"{self.kind}-{hashlib.sha256(meaning).hexdigest()[:16]}.{self.format}"

    @property
    def text(self) -> str:
        """Return the design as text for people."""
        return canonical_text(self.design)

    def draw(self) -> bytes:
        """Return the finished picture."""
        settings, title = self.settings, _title_of(self.title)
        facts = LabelFacts(award=self.title.award, age=self.title.age, ranks={SashWord.TOP: 12})
        names = TitleNames(title, title.name)
        labels = choose_design_labels(self.design, settings, title, names, facts, TODAY)
        has_logo = any(isinstance(element, LogoElement) for element in self.design.elements)
        return draw_picture(
            settings,
            _art_of(self.title, settings),
            self.title.ratings,
            self.title.award,
            overlay=_overlay_of(self.title, settings) if has_logo else None,
            facts=labels.facts,
        )


def _demo_title(slug: str) -> DemoTitle:
    return next(title for title in ALL if title.slug == slug)


def _title_of(straining: StrainingTitle) -> Title:
    known = _demo_title(straining.slug)
    media = MediaId(TitleKind.MOVIE if known.kind == "movie" else TitleKind.SERIES, known.tmdb)
    streamed = Release("US", ReleaseType.DIGITAL, TODAY - timedelta(days=4), known.certification)
    title = Title(
        media=media,
        name=known.name,
        released=known.released,
        genre=GENRES[known.genres[0]],
        runtime=known.runtime,
        showings=Showings(
            releases=(streamed,) if straining.is_new else (),
            certificates={"US": known.certification},
            last_episode=Aired(TODAY - timedelta(days=3), 2, 4) if straining.season else None,
            status="Returning Series",
        ),
    )
    if straining.season is None:
        return title
    return msgspec.structs.replace(title, media=MediaId(media.kind, media.number, season=straining.season))


def _art_of(title: StrainingTitle, settings: Settings) -> bytes:
    if title.ground is not None:
        return art(title.ground, settings)
    has_text = not settings.textless and settings.kind is Kind.POSTER
    slug = f"{title.slug}-season-{title.season}" if title.season else title.slug
    return _rendered(slug, "en" if has_text else "xx", settings.kind, settings.canvas[0])


@lru_cache(maxsize=64)
def _rendered(slug: str, tag: str, kind: Kind, width: int) -> bytes:
    return render(DemoPicture(slug, FORM_OF[kind], tag), width, "png")


def _overlay_of(title: StrainingTitle, settings: Settings) -> TitleOverlay:
    """Return the title's logo; its name where it has none, as titles without any rating often do."""
    if not title.ratings:
        return TitleOverlay(name=_demo_title(title.slug).name)
    return TitleOverlay(render(DemoPicture(title.slug, "logo", "en"), logo_room(settings)[0], "png"))
