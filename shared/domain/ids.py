"""External ids, in the forms that callers write, and media ids, under which Marquee stores titles."""

import re
from enum import StrEnum
from typing import Final, Self

import msgspec

from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.pictures import Kind


class IdType(StrEnum):
    """Whose id a caller uses."""

    IMDB = "imdb"
    TMDB = "tmdb"
    TVDB = "tvdb"
    KITSU = "kitsu"
    ANILIST = "anilist"
    MAL = "mal"
    ANIDB = "anidb"

    @property
    def is_anime(self) -> bool:
        """Return whether the site has anime only: its entries are films or parts of series, found by the id map."""
        return self in _ANIME_SITES


_ANIME_SITES: Final = frozenset({IdType.KITSU, IdType.ANILIST, IdType.MAL, IdType.ANIDB})


class TitleKind(StrEnum):
    """What a title is; ``episode`` and ``season`` only for an id that is the episode's or the season's own."""

    MOVIE = "movie"
    SERIES = "series"
    EPISODE = "episode"
    SEASON = "season"
    COLLECTION = "collection"


class Episode(msgspec.Struct, frozen=True, order=True):
    """Season and number within the season; season 0 holds specials."""

    season: int
    number: int


_KIND_WORDS: Final = {
    "movie": TitleKind.MOVIE,
    "series": TitleKind.SERIES,
    "tv": TitleKind.SERIES,
    "collection": TitleKind.COLLECTION,
}
_EPISODE_TAIL: Final = r"(?:(?::(?P<s1>\d{1,4}):(?P<e1>\d{1,5}))|(?:-[Ss](?P<s2>\d{1,4})[Ee](?P<e2>\d{1,5})))?"
_IMDB: Final = re.compile(rf"(?P<own>episode-)?(?:tt)?(?P<number>\d{{7,10}}){_EPISODE_TAIL}", re.ASCII | re.IGNORECASE)
_OTHER: Final = re.compile(
    rf"(?P<own>episode-)?(?:(?P<kind>movie|series|tv|collection)-)?(?P<number>[1-9]\d{{0,19}}){_EPISODE_TAIL}",
    re.ASCII | re.IGNORECASE,
)
_SEASON: Final = re.compile(r"season-(?P<number>[^-]+)(?:-S(?P<season>\d{1,4}))?", re.ASCII | re.IGNORECASE)
# The title's name in words, as in TMDB's own addresses: movie-278-the-shawshank-redemption. A season is no name.
_SLUG: Final = re.compile(
    r"(?P<id>(?:episode-)?(?:movie|series|tv|collection)-[1-9]\d{0,19})-(?!s\d+(?:e\d*)?$)[^\s\x00-\x1f\x7f/.:]{1,160}?"
    r"(?P<tail>-s\d{1,4}e\d{1,5})?",
    re.ASCII | re.IGNORECASE,
)
# An entry's number is of a film or a series alike. An episode without a season, or of season 1, is the entry's own.
_ANIME: Final = re.compile(
    r"(?P<own>episode-)?(?:(?P<kind>movie|series|tv)-)?(?P<number>[1-9]\d{0,6})"
    r"(?:(?::(?:(?P<s1>\d{1,4}):)?(?P<e1>\d{1,5}))|(?:-[Ss](?P<s2>\d{1,4})[Ee](?P<e2>\d{1,5})))?",
    re.ASCII | re.IGNORECASE,
)
_MEDIA: Final = re.compile(
    r"(?P<kind>movie|series|collection)-(?P<number>[1-9]\d{0,19})"
    r"(?::(?:(?P<season>\d{1,4}):(?P<episode>\d{1,5})|s(?P<whole>\d{1,4})))?",
    re.ASCII,
)
_LONG_NUMBER: Final = re.compile(r"(\d{20})\d+", re.ASCII)  # 20 digits are more than 2^63 already
_LONGEST: Final = 64  # longer than any id; anything longer is refused before a pattern is tried
_LONGEST_SLUG: Final = 200
_GREATEST: Final = 2**31 - 1  # the sources number their titles in 32 bits


def _article(word: str) -> str:
    return "An" if word.startswith("a") else "A"


_SENTENCES: Final = {
    IdType.IMDB: (
        "An imdb id is written tt0903747, 0903747, for an episode tt0903747:1:1 or episode-tt0903747-S1E1, "
        "or for a season season-tt0903747-S2."
    ),
    IdType.TMDB: (
        "A tmdb id is written movie-278, series-1396, tv-1396, 278, collection-1241, for an episode episode-1396-S1E1, "
        "or for a season season-1396-S2."
    ),
    IdType.TVDB: (
        "A tvdb id is written 81189, movie-81189, series-81189, for an episode episode-81189-S1E1, "
        "or for a season season-81189-S2 or season-30272."
    ),
} | {
    site: f"{_article(site)} {site} id is a number up to 9999999, written 7442, {site}:7442, series-7442, movie-7442, "
    "or for an episode 7442:3, 7442:1:3 or episode-7442-S1E3."
    for site in sorted(_ANIME_SITES)
}


class ExternalId(msgspec.Struct, frozen=True, gc=False):
    """An external id as a caller wrote it: whose id it is, the number, and what it says of the title.

    ``str(ref)`` is its one canonical spelling, and ``parse(id_type, str(ref))`` gives it back.
    """

    id_type: IdType
    number: int
    kind: TitleKind | None = None
    episode: Episode | None = None
    season: int | None = None
    """Set for a season that is named by its series and its number; 0 is the season of the specials."""

    @classmethod
    def parse(cls, id_type: IdType, text: str) -> Self:
        """Parse any form that clients use; the only way from a caller's text to an id.

        Raises ``BadRequest`` with a sentence that lists the allowed forms, and ``TitleNotFound`` for a number of TMDB
        or TVDB that is larger than any title's.
        """
        if id_type.is_anime:
            return cls._parse_anime(id_type, text)
        match = None
        text = text if id_type is IdType.IMDB else _without_slug(_with_short_numbers(text))
        if len(text) <= _LONGEST and (named := _SEASON.fullmatch(text)):
            return cls._season_of(cls.parse(id_type, named["number"]), named["season"])
        if len(text) <= _LONGEST:
            match = (_IMDB if id_type is IdType.IMDB else _OTHER).fullmatch(text)
        if match is None:
            raise BadRequest(public=f"The id cannot be read. {_SENTENCES[id_type]}")
        number = int(match["number"])
        word = match.groupdict().get("kind")
        kind = _KIND_WORDS[word.lower()] if word else TitleKind.EPISODE if match["own"] else None
        season = match["s1"] or match["s2"]
        episode = Episode(int(season), int(match["e1"] or match["e2"])) if season else None
        is_possible = 0 < number <= _GREATEST
        is_foreign = kind is TitleKind.COLLECTION and (id_type is not IdType.TMDB or match["own"])
        has_none = episode and kind in {TitleKind.MOVIE, TitleKind.COLLECTION}
        if (id_type is IdType.IMDB and not is_possible) or has_none or is_foreign:
            raise BadRequest(public=f"The id cannot be read. {_SENTENCES[id_type]}")
        if not is_possible:
            raise TitleNotFound(f"{id_type} has no numbers beyond {_GREATEST}")
        return cls(id_type, number, None if episode else kind, episode)  # an episode is of a series: said once

    @classmethod
    def _season_of(cls, title: Self, season: str | None) -> Self:
        """Return a season of the title, or the season whose own number it is, which TVDB alone gives to seasons."""
        if title.episode is not None or (season is None and title.id_type is not IdType.TVDB):
            raise BadRequest(public=f"The id cannot be read. {_SENTENCES[title.id_type]}")
        if season is None:
            return cls(title.id_type, title.number, TitleKind.SEASON)
        return cls(title.id_type, title.number, season=int(season))

    @classmethod
    def _parse_anime(cls, id_type: IdType, text: str) -> Self:
        match = _ANIME.fullmatch(text.removeprefix(f"{id_type}:")) if len(text) <= _LONGEST else None
        number = match and (match["e1"] or match["e2"])
        if match is None or (number and _KIND_WORDS.get((match["kind"] or "").lower()) is TitleKind.MOVIE):
            raise BadRequest(public=f"The id cannot be read. {_SENTENCES[id_type]}")
        if number:
            return cls(id_type, int(match["number"]), None, Episode(int(match["s1"] or match["s2"] or 1), int(number)))
        return cls(id_type, int(match["number"]), TitleKind.EPISODE if match["own"] else None)

    def __str__(self) -> str:
        """Return the canonical form, without the type."""
        plain = f"tt{self.number:07d}" if self.id_type is IdType.IMDB else str(self.number)
        if self.kind:
            plain = f"{self.kind}-{plain}"
        if self.season is not None:
            return f"season-{plain}-S{self.season}"
        if self.episode is None:
            return plain
        return f"episode-{plain}-S{self.episode.season}E{self.episode.number}"

    @property
    def in_address(self) -> str:
        """Return the id as written in a content URL: an episode's own id without a prefix."""
        return str(self if self.is_part else self.title)

    @property
    def alias(self) -> str:
        """Return the id with its type, as ``imdb:tt0111161``: the key of the title index."""
        return f"{self.id_type}:{self}"

    @classmethod
    def from_alias(cls, text: str) -> Self:
        """Parse what :attr:`alias` returned. Raises ``BadRequest``, and ``TitleNotFound`` like :meth:`parse`."""
        site, _, value = text.partition(":")
        try:
            id_type = IdType(site)
        except ValueError as exc:
            raise BadRequest(f"not an alias: {text[:_LONGEST]!r}") from exc
        return cls.parse(id_type, value)

    def of_picture(self, kind: Kind) -> "ExternalId":
        """Return whose picture this is: an episode has only stills, and a season only posters.

        All other kinds are of their series. An id that names an episode without its numbers is the episode's own id.
        """
        if kind is not Kind.EPISODE:
            return self if kind is Kind.POSTER and self.season is not None else self.title
        return self if self.episode else ExternalId(self.id_type, self.number, TitleKind.EPISODE)

    @property
    def is_part(self) -> bool:
        """Return whether the id names an episode or a season by its series."""
        return self.episode is not None or self.season is not None

    @property
    def title(self) -> "ExternalId":
        """Return the id of the series that the episode or season belongs to."""
        if not self.is_part:
            # A prefix episode- on any other id is accepted and ignored.
            return ExternalId(self.id_type, self.number) if self.kind is TitleKind.EPISODE else self
        # Only a series has episodes, so a bare number that could be a film needs its kind.
        is_unique = self.id_type is IdType.IMDB or self.id_type.is_anime
        return ExternalId(self.id_type, self.number, None if is_unique else TitleKind.SERIES)


def _with_short_numbers(text: str) -> str:
    """Return the text with 20 digits of each longer number, which is impossible all the same."""
    return _LONG_NUMBER.sub(r"\1", text)


def _without_slug(text: str) -> str:
    """Return an id without the title's name behind the number; any other text unchanged."""
    if _OTHER.fullmatch(text[: _LONGEST + 1]) or len(text) > _LONGEST_SLUG:
        return text
    match = _SLUG.fullmatch(text)
    return text if match is None else f"{match['id']}{match['tail'] or ''}"


class MediaId(msgspec.Struct, frozen=True):
    """The id under which a title is stored: TMDB's number with its kind.

    Written ``movie-278``, ``series-1396``, ``collection-1241``, an episode ``series-1396:1:1``, a season
    ``series-1396:s2``. At most one of ``episode`` and ``season`` is set.
    """

    kind: TitleKind
    number: int
    episode: Episode | None = None
    season: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse what ``str`` returned. Raises ``BadRequest``, and ``TitleNotFound`` for an impossible number."""
        text = _with_short_numbers(text)
        match = _MEDIA.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            raise BadRequest(f"not a media id: {text[:_LONGEST]!r}")
        if int(match["number"]) > _GREATEST:
            raise TitleNotFound(f"TMDB has no numbers beyond {_GREATEST}")
        episode = Episode(int(match["season"]), int(match["episode"])) if match["season"] else None
        season = int(match["whole"]) if match["whole"] else None
        return cls(TitleKind(match["kind"]), int(match["number"]), episode, season)

    def __str__(self) -> str:
        """Return the id as written in storage keys and rows."""
        plain = f"{self.kind}-{self.number}"
        if self.season is not None:
            return f"{plain}:s{self.season}"
        return f"{plain}:{self.episode.season}:{self.episode.number}" if self.episode else plain

    @property
    def series(self) -> "MediaId":
        """Return the series of an episode or a season, any other title itself."""
        return MediaId(self.kind, self.number) if self.is_part else self

    @property
    def is_part(self) -> bool:
        """Return whether it is an episode or a season of its series."""
        return self.episode is not None or self.season is not None

    @property
    def tmdb(self) -> ExternalId:
        """Return the title's id at TMDB: a media id contains TMDB's number."""
        return ExternalId(IdType.TMDB, self.number, None if self.is_part else self.kind, self.episode, self.season)
