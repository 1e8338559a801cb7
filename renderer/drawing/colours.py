"""The colours of the badges."""

from typing import Final

from shared.domain.ratings import RatingSite

Colour = tuple[int, int, int]


def colour_of(digits: str) -> Colour:
    """Return the colour that six hexadecimal digits name."""
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


BLACK: Final[Colour] = (0, 0, 0)
WHITE: Final[Colour] = (255, 255, 255)
INK: Final[Colour] = (18, 20, 25)  # the dark background of a value: a little lighter and bluer than black

SITE: Final[dict[RatingSite, Colour]] = {
    RatingSite.IMDB: (180, 145, 15),
    RatingSite.TMDB: (1, 155, 88),
    RatingSite.RT: (185, 35, 8),
    RatingSite.RTA: (185, 35, 8),
    RatingSite.MC: (75, 150, 38),
    RatingSite.TRAKT: (175, 15, 45),
    RatingSite.LB: (0, 155, 88),
    RatingSite.MAL: (34, 60, 120),
    RatingSite.MDBLIST: (66, 132, 202),
    RatingSite.EBERT: (232, 89, 12),
    RatingSite.MCU: (75, 150, 38),
    RatingSite.AVG: (84, 72, 150),
}
"""The background of each site's label."""
