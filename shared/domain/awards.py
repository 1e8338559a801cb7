"""Awards that a poster may show as a badge."""

from enum import StrEnum


class Award(StrEnum):
    """An award that a title has won: the Oscar for a film, the Emmy for a series. The value names its artwork."""

    OSCAR = "oscar"
    EMMY = "emmy"
