"""What is known of the clients that request pictures: how each introduces itself, and how it judges what it gets.

Read in each client's source. Used to name the clients of an installation, by the page that tests one, and by the tests
that play them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class KeyRule(StrEnum):
    """What a client wants from ``isValid`` before it accepts a key."""

    VALID = "valid"  # a 2xx response whose JSON has "valid": true
    STATUS = "status"  # exactly 200


class PictureRule(StrEnum):
    """What a client takes for a picture."""

    SUCCESS = "success"  # any 2xx response
    EXACTLY_200 = "200"
    PICTURE = "picture"  # a 2xx response of type image/*, with at least SMALLEST_PICTURE bytes if it says how many


SMALLEST_PICTURE: Final = 100
"""Bytes; clients that check the size take anything smaller for no picture."""


class KeyCheck(msgspec.Struct, frozen=True):
    """How a client checks a key with ``GET /{key}/isValid``."""

    within_s: float
    rule: KeyRule = KeyRule.VALID


class PictureCheck(msgspec.Struct, frozen=True):
    """How a client requests a picture: by which method, how long it waits, and what it accepts.

    ``ending`` follows the id in the address.
    """

    method: str
    within_s: float
    rule: PictureRule
    ending: str = ".jpg"


class ClientRules(msgspec.Struct, frozen=True, kw_only=True):
    """A client: the first word of its ``User-Agent`` if it has one of its own, and how many redirects it follows."""

    name: str
    product: str | None = None
    redirects: int
    key: KeyCheck | None = None
    pictures: tuple[PictureCheck, ...] = ()
    """Its requests for a picture, one after the other; none if it leaves all pictures to its users' apps."""


CLIENTS: Final[Mapping[str, ClientRules]] = {
    each.name: each
    for each in (
        ClientRules(
            name="AIOStreams",
            product="AIOStreams",
            redirects=20,
            key=KeyCheck(10),
            pictures=(PictureCheck("HEAD", 3, PictureRule.SUCCESS, ""),),
        ),
        ClientRules(
            name="AIOMetadata",
            product="AIOMetadata",
            redirects=5,
            key=KeyCheck(10),
            pictures=(PictureCheck("HEAD", 3, PictureRule.PICTURE), PictureCheck("GET", 10, PictureRule.PICTURE)),
        ),
        ClientRules(name="Nuvio", redirects=20, pictures=(PictureCheck("GET", 10, PictureRule.PICTURE),)),
        ClientRules(
            name="Discover+",
            redirects=20,
            pictures=(PictureCheck("HEAD", 10, PictureRule.PICTURE, ".jpg?fallback=true"),),
        ),
        ClientRules(
            name="Jellyfin",
            product="Jellyfin-Server",
            redirects=50,
            pictures=(PictureCheck("GET", 30, PictureRule.SUCCESS),),
        ),
        ClientRules(
            name="Emby",
            product="Emby",
            redirects=0,
            key=KeyCheck(30),
            pictures=(PictureCheck("GET", 30, PictureRule.EXACTLY_200),),
        ),
        ClientRules(
            name="Plex, RPDB’s agent",
            redirects=10,
            pictures=(PictureCheck("GET", 30, PictureRule.EXACTLY_200),),
        ),
        ClientRules(
            name="RPDB’s folder program",
            product="Needle",
            redirects=0,
            key=KeyCheck(10),
            pictures=(PictureCheck("GET", 60, PictureRule.EXACTLY_200),),
        ),
        ClientRules(
            name="MediaFusion",
            redirects=10,
            key=KeyCheck(10, KeyRule.STATUS),
            pictures=(PictureCheck("GET", 15, PictureRule.SUCCESS, ".jpg?fallback=true"),),
        ),
        ClientRules(
            name="Watchly",
            redirects=0,
            key=KeyCheck(10, KeyRule.STATUS),
        ),
        ClientRules(
            name="AI Search",
            redirects=20,
            pictures=(PictureCheck("GET", 10, PictureRule.SUCCESS),),
        ),
        ClientRules(
            name="A loop with curl, as for Kometa and Plex",
            product="curl",
            redirects=50,
            pictures=(PictureCheck("GET", 60, PictureRule.SUCCESS),),  # curl itself would wait for ever
        ),
    )
}
"""By name."""

OTHER: Final = "A client"
"""The name of a client that is not known."""

_PRODUCTS: Final[Mapping[str, str]] = {
    **{each.product: each.name for each in CLIENTS.values() if each.product},
    "curl": "curl",
    "Kodi": "Kodi",
    "Mozilla": "A browser",
    "PlexMediaServer": "Plex",
    "Stremio": "Stremio",
    "okhttp": "An Android app",
}


def client_name(user_agent: str | None) -> str:
    """Return the name of the client that introduces itself so, from a closed list."""
    product = (user_agent or "").partition("/")[0]
    return _PRODUCTS.get(product, OTHER)
