"""The name of one picture of the demo: which title, which form, which lettering, which printing."""

import re
from typing import Literal

import msgspec

from deploy.dev.demo.facts import Episode, Title

Form = Literal["poster", "backdrop", "logo", "still"]

# Width and height of the original of each form; a logo's height follows its lettering.
FULL_SIZE: dict[Form, tuple[int, int]] = {
    "poster": (2000, 3000),
    "backdrop": (3840, 2160),
    "still": (1920, 1080),
    "logo": (1600, 0),
}
WIDTHS = frozenset({45, 92, 154, 185, 300, 342, 500, 780, 1280})
_NAME = re.compile(
    r"(?P<slug>[a-z0-9-]{1,60})-(?P<form>poster|backdrop|logo|still)-(?P<tag>[a-z]{2}|s\d{1,2}e\d{1,2})(?P<duotone>-duotone)?",
)


class Plate(msgspec.Struct, frozen=True):
    """One picture: ``tag`` is a language, ``xx`` for none, or ``s1e2`` for a still."""

    slug: str
    form: Form
    tag: str
    duotone: bool = False

    @classmethod
    def parse(cls, name: str) -> "Plate | None":
        """Read a file name without its extension; ``None`` when it is not one of ours."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        form: Form = match["form"]  # type: ignore[assignment]  # the pattern allows exactly these words
        return cls(match["slug"], form, match["tag"], match["duotone"] is not None)

    @property
    def name(self) -> str:
        """The file name without its extension."""
        return f"{self.slug}-{self.form}-{self.tag}{'-duotone' if self.duotone else ''}"

    @property
    def language(self) -> str | None:
        """The language of the lettering, ``None`` for a textless picture."""
        return None if self.tag == "xx" or self.form == "still" else self.tag

    @property
    def extension(self) -> str:
        """What the catalogues list it as."""
        return "png" if self.form == "logo" else "jpg"


def width_of(size: str, form: Form) -> int | None:
    """Return the pixel width that TMDB's name of a size means for this form; ``None`` for a size that nobody has."""
    full = FULL_SIZE[form][0]
    if size == "original":
        return full
    width = int(size[1:]) if size.startswith("w") and size[1:].isdecimal() else 0
    return min(width, full) if width in WIDTHS else None


def posters(title: Title) -> list[Plate]:
    """Every poster that TMDB lists, the titled ones first."""
    return [Plate(title.slug, "poster", language) for language in (*title.lettered, "xx")]


def backdrops(title: Title) -> list[Plate]:
    """Every backdrop that TMDB lists, the textless one first."""
    return [Plate(title.slug, "backdrop", language) for language in ("xx", *title.lettered)]


def logos(title: Title) -> list[Plate]:
    """Every title logo that TMDB lists."""
    return [Plate(title.slug, "logo", language) for language in title.lettered]


def still(title: Title, episode: Episode) -> Plate | None:
    """Return the still of an episode, if it has one."""
    return Plate(title.slug, "still", f"s{episode.season}e{episode.number}") if episode.has_still else None
