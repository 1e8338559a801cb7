"""Strategies for the domain's types."""

from collections.abc import Mapping
from enum import StrEnum

from hypothesis import strategies as st

from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import RatingSite
from shared.queue.messages import Priority, RenderJob
from shared.settings.model import (
    Average,
    LabelPosition,
    QualityPosition,
    QualitySize,
    RatingScale,
    SashWord,
    TitleFact,
)
from shared.settings.parameters import PARAMETERS
from shared.settings.quality import Quality

GREATEST = 2**31 - 1
numbers = st.integers(1, GREATEST)
anime_numbers = st.integers(1, 9_999_999)
episodes = st.builds(Episode, st.integers(0, 9999), st.integers(0, 99_999))
seasons = st.integers(0, 9999)
id_types = st.sampled_from(IdType)
_KINDS = {
    IdType.IMDB: [TitleKind.EPISODE],
    IdType.TMDB: [TitleKind.MOVIE, TitleKind.SERIES, TitleKind.EPISODE, TitleKind.COLLECTION],
    IdType.TVDB: [TitleKind.MOVIE, TitleKind.SERIES, TitleKind.EPISODE, TitleKind.SEASON],
    **{site: [TitleKind.EPISODE] for site in IdType if site.is_anime},
}
hashes = st.text("0123456789abcdef", min_size=32, max_size=32)


@st.composite
def refs(draw: st.DrawFn) -> ExternalId:
    id_type = draw(id_types)
    episode = draw(st.none() | episodes)
    season = None if episode or id_type.is_anime else draw(st.none() | seasons)
    kind = None if episode or season is not None else draw(st.none() | st.sampled_from(_KINDS[id_type]))
    return ExternalId(id_type, draw(anime_numbers if id_type.is_anime else numbers), kind, episode, season)


@st.composite
def media_ids(draw: st.DrawFn) -> MediaId:
    kind = draw(st.sampled_from([TitleKind.MOVIE, TitleKind.SERIES, TitleKind.COLLECTION]))
    episode = draw(st.none() | episodes)
    return MediaId(kind, draw(numbers), episode, None if episode else draw(st.none() | seasons))


jobs = st.builds(RenderJob, settings_hash=hashes, title=refs(), lane=st.sampled_from(Priority))

_SITES = st.lists(st.sampled_from(RatingSite), max_size=10).map(",".join)
_FLAGS = st.sampled_from(["true", "1", "yes", "on", "false", "0", "no", "off", "TRUE", "Off"])
_AXES = st.sampled_from(["d", "h", "v", "H"])
_INSETS = st.integers(0, 50).map(str)
_COLOURS = st.sampled_from(["auto", "gold", "White", "#f5c518", "F5C518", "abc", "#000"])
_COUNTED: list[RatingSite] = [site for site in RatingSite if site not in {RatingSite.MDBLIST, RatingSite.AVG}]


def _pairs(pairs: Mapping[RatingSite, object]) -> str:
    return ",".join(f"{site}:{value}" for site, value in pairs.items())


def _weights(weights: Mapping[RatingSite, int]) -> str:
    return _pairs(weights) if any(weights.values()) else "equal"


def _picked(words: type[StrEnum], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), max_size=most).map(lambda picked: ",".join(picked) or "none")


GOOD_VALUES = {
    "imageSize": st.sampled_from(["medium", "large", "very-large", "verylarge", "Medium"]),
    "ratings_order": _SITES,
    "ratings_limit": st.integers(0, 10).map(str),
    "ratings_exclude": _SITES,
    "badge_style": _AXES,
    "label_style": st.sampled_from(["t", "i", "o"]),
    "badge_size": st.sampled_from(["xs", "s", "m", "l", "xl"]),
    "badge_shape": st.sampled_from(["r", "p"]),
    "badge_background": st.sampled_from(["d", "k", "t", "n"]),
    "position": st.sampled_from(["bc", "tc", "l", "r", "tl", "tr", "bl", "br"]),
    "direction": _AXES,
    "split": _FLAGS,
    "fit": st.sampled_from(["cover", "native", "pad", "blur"]),
    "blur": _FLAGS,
    "edge_inset": _INSETS,
    "edge_inset_x": _INSETS,
    "edge_inset_y": _INSETS,
    "image_source": st.sampled_from(["t", "f"]),
    "textless": _FLAGS,
    "lang": st.sampled_from(["de", "pt-BR", "PT-br", "fil", "zh-TW"]),
    "awards": _FLAGS,
    "sash": st.lists(st.sampled_from(list(SashWord)[1:]), max_size=6).map(",".join) | st.just("none"),
    "sash_position": st.sampled_from(["tl", "tc", "tr", "bl", "bc", "br"]),
    "age_rating": st.sampled_from(["none", "official", "commonsense"]),
    "age_position": st.sampled_from(["tl", "tr", "bl", "br"]),
    "region": st.sampled_from(["US", "de", "BR", "uk"]),
    "average": st.sampled_from(Average),
    "weights": st.dictionaries(st.sampled_from(_COUNTED), st.integers(0, 100), min_size=1).map(_weights),
    "min_votes": _FLAGS,
    "rating_scale": st.sampled_from(RatingScale),
    "badge_opacity": st.integers(10, 100).map(str),
    "badge_colour": _COLOURS,
    "font_colour": _COLOURS,
    "site_colours": st.dictionaries(st.sampled_from(RatingSite), _COLOURS, min_size=1).map(_pairs),
    "badges": _picked(Quality, 4),
    "badgePos": st.sampled_from(QualityPosition),
    "badgeSize": st.sampled_from(QualitySize),
    "chips": _picked(TitleFact, 3),
    "chips_position": st.sampled_from(LabelPosition),
    "art": st.sampled_from(["4qKBn9b3kYW1.jpg", "/a.png", "name-of-1.svg"]),
    "title": st.sampled_from(["none", "logo", "LOGO"]),
}
"""Every parameter by its first name, with values that it allows."""

assert set(GOOD_VALUES) == {param.names[0] for param in PARAMETERS}

queries = st.fixed_dictionaries({}, optional=GOOD_VALUES)
kinds = st.sampled_from(Kind)
formats = st.sampled_from(Format)
