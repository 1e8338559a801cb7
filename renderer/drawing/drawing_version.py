"""The version of the drawing code, which is kept with every picture that it drew."""

from typing import Final

DRAWING: Final = 3
"""Raise it when finished pictures would look different: stored ones are then redrawn as they are requested, slowly."""
