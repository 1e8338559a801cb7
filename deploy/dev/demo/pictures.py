"""The names of the demo's pictures, their sizes, and which of them a title has."""

import re
from typing import Final, Literal

import msgspec

from deploy.dev.demo.catalogue import Collection, Episode, Season, Title
from shared.domain.pictures import Kind

Form = Literal["poster", "backdrop", "logo", "still"]

FORM_OF: Final[dict[Kind, Form]] = {
    Kind.POSTER: "poster",
    Kind.BACKDROP: "backdrop",
    Kind.LOGO: "logo",
    Kind.EPISODE: "still",
}
FULL_WIDTH: Final[dict[Form, int]] = {"poster": 2000, "backdrop": 3840, "still": 1920, "logo": 1600}
_WIDTHS: Final = frozenset({45, 92, 154, 185, 300, 342, 500, 780, 1280})
_NAME: Final = re.compile(
    r"(?P<slug>[a-z0-9-]{1,60})-(?:(?P<form>poster|backdrop|logo)-(?P<tag>[a-z]{2})|still-(?P<still>s\d{1,2}e\d{1,2}))"
    r"(?P<duotone>-duotone)?"
)


class DemoPicture(msgspec.Struct, frozen=True):
    """One picture: ``tag`` is a language, ``xx`` for none, or ``s1e2`` for a still."""

    slug: str
    form: Form
    tag: str
    duotone: bool = False

    @classmethod
    def parse(cls, name: str) -> "DemoPicture | None":
        """Read a file name without its extension; return ``None`` for any other name."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        form: Form = match["form"] or "still"  # type: ignore[assignment]  # the pattern allows exactly these words
        return cls(match["slug"], form, match["tag"] or match["still"], match["duotone"] is not None)

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
        """The extension under which the sources list it."""
        return "png" if self.form == "logo" else "jpg"


def width_of(size: str, form: Form) -> int | None:
    """Return the width in pixels of TMDB's ``w500`` or ``original`` for this form; ``None`` for an unknown size."""
    if size == "original":
        return FULL_WIDTH[form]
    width = int(size[1:]) if size.startswith("w") and size[1:].isdecimal() else 0
    return min(width, FULL_WIDTH[form]) if width in _WIDTHS else None


def listed(title: Title | Season | Collection, form: Form, *, duotone: bool = False) -> list[DemoPicture]:
    """Return the pictures of a form in the order of the sources: a textless backdrop first, a textless poster last."""
    textless = ("xx",)
    tags = {"backdrop": textless + title.lettered, "poster": title.lettered + textless}.get(form, title.lettered)
    return [DemoPicture(title.slug, form, tag, duotone) for tag in tags]


def still(title: Title, episode: Episode) -> DemoPicture | None:
    """Return the still of an episode, if it has one."""
    return DemoPicture(title.slug, "still", f"s{episode.season}e{episode.number}") if episode.has_still else None
