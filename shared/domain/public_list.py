"""A public list of titles as a renderer returns it to a gateway, which has no key of any source."""

from typing import Final

import msgspec

from shared.domain.ids import ExternalId, IdType

PUBLIC_LISTS_PATH: Final = "/lists"
"""Where a renderer serves lists, each source's below it, by the parameter ``name``.

Nothing in front of the renderers leads there.
"""

LIST_SOURCES: Final = ("mdblist", "trakt")
"""The sources whose lists pages show."""

MOST_SHOWN: Final = 120
"""Titles of a list, from its beginning."""


class PublicList(msgspec.Struct, frozen=True):
    """The ids of a list's titles in its order, at most ``MOST_SHOWN`` of them."""

    titles: list[str]


def listed_id(title: ExternalId) -> str:
    """Return a title's id in the form that every page accepts."""
    return str(title) if title.id_type in {IdType.IMDB, IdType.TMDB} else title.alias
