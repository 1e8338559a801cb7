"""Awards: the statuettes that a poster may carry."""

from enum import StrEnum


class Award(StrEnum):
    """A statuette that a title has won: a film the Oscar, a series the Emmy; the value names its drawing."""

    OSCAR = "oscar"
    EMMY = "emmy"
