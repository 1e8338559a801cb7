"""Settings in one normal form per meaning; ``parameters`` parses them."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import RatingSite
from shared.settings.quality import Quality


class Shape(StrEnum):
    """Corners of a badge."""

    ROUNDED = "r"
    PILL = "p"


class Background(StrEnum):
    """The background of a badge."""

    COLOURED = "d"
    DARK = "k"
    TRANSLUCENT = "t"
    NONE = "n"


class Label(StrEnum):
    """How a badge names its rating site."""

    TEXT = "t"
    ICON = "i"
    OFFICIAL = "o"


class Axis(StrEnum):
    """The direction of a strip of badges, or of a badge's two parts."""

    HORIZONTAL = "h"
    VERTICAL = "v"


class Position(StrEnum):
    """Where the badges are placed: first letter top, bottom, left or right; second the side or the centre."""

    BOTTOM_CENTRE = "bc"
    TOP_CENTRE = "tc"
    LEFT = "l"
    RIGHT = "r"
    TOP_LEFT = "tl"
    TOP_RIGHT = "tr"
    BOTTOM_LEFT = "bl"
    BOTTOM_RIGHT = "br"


class Fit(StrEnum):
    """How artwork of another aspect ratio fills the canvas."""

    COVER = "cover"
    NATIVE = "native"
    PAD = "pad"
    BLUR = "blur"


class BadgeSize(StrEnum):
    """How large badges are; see ``scale``."""

    XS = "xs"
    S = "s"
    M = "m"
    L = "l"
    XL = "xl"

    @property
    def scale(self) -> float:
        """Return the factor relative to a medium badge."""
        return {"xs": 0.5, "s": 0.75, "m": 1.0, "l": 1.25, "xl": 1.5}[self.value]


class LabelPosition(StrEnum):
    """A place along the top or the bottom edge."""

    TOP_LEFT = "tl"
    TOP_CENTRE = "tc"
    TOP_RIGHT = "tr"
    BOTTOM_LEFT = "bl"
    BOTTOM_CENTRE = "bc"
    BOTTOM_RIGHT = "br"


class Corner(StrEnum):
    """A corner of the picture."""

    TOP_LEFT = "tl"
    TOP_RIGHT = "tr"
    BOTTOM_LEFT = "bl"
    BOTTOM_RIGHT = "br"


class SashWord(StrEnum):
    """What a sash can say; the first word of a list that applies is drawn."""

    NONE = "none"
    AWARD = "award"
    NOMINEE = "nominee"
    TOP = "top"
    TRENDING = "trending"
    NEW = "new"
    STATUS = "status"


class AgeRating(StrEnum):
    """Whose age rating is drawn."""

    NONE = "none"
    OFFICIAL = "official"
    COMMONSENSE = "commonsense"


class ArtPreference(StrEnum):
    """Which art source is asked first."""

    TMDB = "t"
    FANART = "f"


class Average(StrEnum):
    """The sites that count towards the average."""

    ALL = "all"
    CRITICS = "critics"
    AUDIENCE = "audience"


class RatingScale(StrEnum):
    """The scale on which ratings are shown: each site's own, or one for all."""

    NATIVE = "native"
    TEN = "10"
    HUNDRED = "100"


class QualityPosition(StrEnum):
    """Where the quality badges are placed, in RPDB's words; at the top unless they say otherwise."""

    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom|left"
    BOTTOM_CENTRE = "bottom|center"
    BOTTOM_RIGHT = "bottom|right"


class QualitySize(StrEnum):
    """How large quality badges are, in RPDB's words."""

    NORMAL = "normal"
    SMALL = "small"


class TitleFact(StrEnum):
    """A fact of the title that is shown in words."""

    GENRE = "genre"
    RUNTIME = "runtime"
    YEAR = "year"


class Heading(StrEnum):
    """What names the title on a backdrop."""

    NONE = "none"
    LOGO = "logo"


DEFAULT_ORDER: Final = tuple(
    RatingSite(word) for word in ("mal", "imdb", "lb", "rt", "mc", "rta", "tmdb", "trakt", "mdblist", "ebert")
)
"""The canonical order of the badges that are shown without being named."""

CANONICAL_ORDER: Final = (
    *DEFAULT_ORDER,
    RatingSite.MCU,
    RatingSite.AVG,
    RatingSite.ANILIST,
    RatingSite.KITSU,
)
"""The order of all badges; those after ``DEFAULT_ORDER`` are shown only where ``ratings_order`` names them."""

LEAST_OPACITY: Final = 10
USUAL_OPACITY: Final = 100  # per cent of what the design gives a background
AUTO: Final = "auto"
"""In place of a colour: the one that the design gives."""

EQUAL: Final = "equal"
"""In place of weights: all sites weigh the same."""

MOST_BADGES: Final = 10
MOST_INSET: Final = 50  # percent


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Settings in normal form: equal meaning is equal value.

    Fields that do not apply to the kind, or have no effect given the others, hold their default; ``parameters.FIELDS``
    lists which fields apply to which kind. A field that is added takes its place at the end, and is no part of the hash
    while it holds its default: see ``digest``. As JSON, fields at their defaults are left out, so that replicas of the
    version before can read all settings that they know.
    """

    kind: Kind
    format: Format
    size: Size = Size.MEDIUM
    ratings: tuple[RatingSite, ...] = DEFAULT_ORDER
    limit: int = 3
    badge_axis: Axis = Axis.HORIZONTAL
    label: Label = Label.OFFICIAL
    badge_size: BadgeSize = BadgeSize.M
    shape: Shape = Shape.ROUNDED
    background: Background = Background.COLOURED
    position: Position = Position.BOTTOM_CENTRE
    strip_axis: Axis = Axis.HORIZONTAL
    split: bool = False
    fit: Fit = Fit.COVER
    blur: bool = False
    inset_x: int = 0
    inset_y: int = 0
    art: ArtPreference = ArtPreference.TMDB
    textless: bool = False
    lang: str = ""
    awards: bool = True
    sash: tuple[SashWord, ...] = ()
    sash_position: LabelPosition = LabelPosition.TOP_LEFT
    region: str = ""
    age_rating: AgeRating = AgeRating.NONE
    age_position: Corner = Corner.BOTTOM_RIGHT
    average: Average = Average.ALL
    weights: str = EQUAL
    min_votes: bool = False
    rating_scale: RatingScale = RatingScale.NATIVE
    badge_opacity: int = USUAL_OPACITY
    badge_colour: str = AUTO
    font_colour: str = AUTO
    site_colours: str = AUTO
    quality: tuple[Quality, ...] = ()
    quality_position: QualityPosition = QualityPosition.LEFT
    quality_size: QualitySize = QualitySize.NORMAL
    chips: tuple[TitleFact, ...] = ()
    chips_position: LabelPosition = LabelPosition.BOTTOM_LEFT
    title: Heading = Heading.NONE
    art_file: str = ""
    design: str = ""
    """The canonical text of a freehand design, which then decides what is drawn; see ``shared.designs``."""

    @property
    def canvas(self) -> tuple[int, int]:
        """Return width and height of the picture in pixels (for a logo, of its artwork's box)."""
        return CANVAS[self.kind][self.size]

    @property
    def is_card(self) -> bool:
        """Return whether the picture is a card: a wide one that names its title."""
        return self.title is not Heading.NONE and self.kind is Kind.BACKDROP
