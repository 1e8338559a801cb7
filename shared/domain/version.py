"""The version of Marquee."""

from typing import Final

VERSION: Final = "0.1.0"
