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
    RatingSite.ANILIST: (2, 113, 184),
    RatingSite.KITSU: (206, 70, 42),
}
"""The background of a label with a word or a mono icon."""

_NEAR_BLACK: Final[Colour] = (22, 20, 18)

GROUND: Final[dict[RatingSite, Colour]] = {
    RatingSite.IMDB: (245, 197, 24),
    RatingSite.TMDB: (13, 37, 63),
    RatingSite.RT: _NEAR_BLACK,  # shows the red, the green and the gold of its verdicts alike
    RatingSite.RTA: _NEAR_BLACK,
    RatingSite.MC: _NEAR_BLACK,
    RatingSite.TRAKT: (159, 66, 198),
    RatingSite.LB: (32, 40, 48),
    RatingSite.MAL: (46, 81, 162),
    RatingSite.MDBLIST: (50, 110, 178),
    RatingSite.EBERT: (232, 89, 12),
    RatingSite.MCU: _NEAR_BLACK,
    RatingSite.AVG: (47, 42, 99),
    RatingSite.ANILIST: (25, 33, 45),
    RatingSite.KITSU: (64, 47, 63),
}
"""The ground that each site's mark was made for: its own brand colour."""
