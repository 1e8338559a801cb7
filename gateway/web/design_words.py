"""The texts of the editor of freehand designs, and the titles that it shows."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.web.controls import WORDS
from shared.designs.conditions import Fact, Operator
from shared.domain.pictures import Kind

ELEMENTS: Final = {
    "ratings": "Row of ratings",
    "rating": "Rating",
    "award": "Award",
    "sash": "Sash",
    "age": "Age rating",
    "quality": "Quality badges",
    "logo": "Logo of the title",
    "text": "Text",
    "scrim": "Gradient",
    "box": "Box",
    "bar": "Score bar",
}

FIELDS: Final = {
    "x": "X",
    "y": "Y",
    "width": "Width",
    "height": "Height",
    "anchor": "Anchor",
    "edge": "Edge",
    "scale": "Scale, %",
    "opacity": "Opacity, %",
    "radius": "Corner radius",
    "gap": "Gap",
    "wrap": "Ratings per line",
    "limit": "Maximum ratings",
    "flow": "Direction",
    "label": "Label",
    "shape": "Corners",
    "background": "Background",
    "site": "Source",
    "sites": "Sources",
    "else": "If it has none",
    "words": "Words",
    "system": "System",
    "text": "Text",
    "size": "Text size",
    "weight": "Weight",
    "align": "Alignment",
    "lines": "Maximum lines",
    "colour": "Colour",
    "fit": "Fit",
    "blur": "Blurred",
    "textless": "Without text",
    "lang": "Languages",
    "image_source": "Artwork from",
}
HINTS: Final = {
    "text": "With fields such as {title} or {year}; {runtime|–} has a fallback.",
    "lang": WORDS["lang"].operation,
    "sites": "In the order in which you choose them.",
    "words": "The first one that applies is shown.",
}

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "anchor": {
        "tl": "Top left",
        "tc": "Top centre",
        "tr": "Top right",
        "ml": "Left",
        "mc": "Centre",
        "mr": "Right",
        "bl": "Bottom left",
        "bc": "Bottom centre",
        "br": "Bottom right",
    },
    "edge": {"top": "Top", "bottom": "Bottom", "left": "Left", "right": "Right"},
    "flow": {"row": "In a row", "column": "In a column"},
    "label": {"official": "Logo", "icon": "Icon", "text": "Text"},
    "shape": {"rounded": "Rounded", "pill": "Pill"},
    "background": {"coloured": "Coloured", "dark": "Dark", "translucent": "Translucent", "none": "None"},
    "words": WORDS["sash"].values,
    "system": {"official": "Official", "commonsense": "Common Sense"},
    "weight": {"regular": "Regular", "bold": "Bold"},
    "align": {"left": "Left", "centre": "Centre", "right": "Right"},
    "fit": WORDS["fit"].values,
    "image_source": WORDS["image_source"].values,
}

NEW_ELEMENTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "rating": {"site": "imdb"},
    "sash": {"words": ["award", "new", "status"]},
    "text": {"text": "{title} ({year|})"},
    "box": {"width": 400, "height": 200},
    "bar": {"site": "imdb"},
}
"""What new elements say beside the defaults."""

FACT_WORDS: Final = {
    Fact.KIND: "Type of title",
    Fact.AWARD: "Award",
    Fact.TITLE: "Title",
    Fact.YEAR: "Year",
    Fact.RUNTIME: "Runtime in minutes",
    Fact.GENRE: "Genres",
    Fact.SEASON: "Season",
    Fact.EPISODE: "Episode",
    Fact.EPISODE_TITLE: "Title of the episode",
    Fact.STATUS: "Status",
    Fact.SCORE: "Average score, 0 to 100",
    Fact.RANK: "Rank",
}
_WORD: Final = {"is_number": False, "is_list": False, "choices": []}
_NUMBER: Final = {"is_number": True, "is_list": False, "choices": []}
FACT_VALUES: Final[Mapping[Fact, Mapping[str, Any]]] = {
    **dict.fromkeys((Fact.TITLE, Fact.EPISODE_TITLE, Fact.STATUS), _WORD),
    **dict.fromkeys((Fact.YEAR, Fact.RUNTIME, Fact.SEASON, Fact.EPISODE, Fact.SCORE, Fact.RANK), _NUMBER),
    Fact.GENRE: _WORD | {"is_list": True},
    Fact.KIND: _WORD | {"choices": ["movie", "series", "episode"]},
    Fact.AWARD: _WORD | {"choices": ["oscar", "emmy", "none"]},
}
"""What a fact is compared with."""

OPERATORS: Final = {
    Operator.EQUAL: "is",
    Operator.NOT_EQUAL: "is not",
    Operator.GREATER: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.IN: "is one of",
    Operator.HAS: "has",
}


class TitleInStrip(msgspec.Struct, frozen=True):
    """A title that is difficult for a design, and why."""

    id: str
    name: str
    words: str


_FILMS: Final = (
    TitleInStrip("tt0018455", "Sunrise: A Song of Two Humans", "Long title"),
    TitleInStrip("tt0006886", "Judex", "No ratings"),
    TitleInStrip("tt0004465", "The Perils of Pauline", "Few ratings"),
    TitleInStrip("tt0018578", "Wings", "Award winner"),
    TitleInStrip("tt0014429", "Safety Last!", "Light art"),
    TitleInStrip("tt0016220", "The Phantom of the Opera", "Dark art"),
)
TITLES_IN_THE_STRIP: Final = {
    **dict.fromkeys((Kind.POSTER, Kind.BACKDROP, Kind.LOGO), _FILMS),
    Kind.EPISODE: (
        TitleInStrip("tt0006206:1:5", "Les Vampires, part 5", "Long title"),
        TitleInStrip("tt0006886:1:1", "Judex, part 1", "No ratings"),
        TitleInStrip("tt0004465:1:1", "The Perils of Pauline, part 1", "Few ratings"),
        TitleInStrip("tt0903747:5:14", "Breaking Bad, episode 14", "Award winner"),
        TitleInStrip("tt0006206:1:1", "Les Vampires, part 1", "Light art"),
        TitleInStrip("tt0002844:1:1", "Fantômas, part 1", "Dark art"),
    ),
}
