"""Where the poster of a season comes from: pictures of the season come before those of its series."""

from collections.abc import Sequence
from itertools import product

from renderer.jobs.context import Place


def season_places(places: Sequence[Place], *, textless: bool, is_urgent: bool) -> tuple[Place, ...]:
    """Return the places in parts: first the season's pictures in all of them, then the series'.

    Where ``textless``, the season's pictures without text come first, then the series', then those with text. An
    urgent caller prefers all pictures of one place to another call.
    """
    texts: tuple[bool | None, ...] = (False, True) if textless else (None,)
    parts = tuple(product(texts, (True, False)))
    pairs = product(places, parts) if is_urgent else ((place, part) for part, place in product(parts, places))
    return tuple(Place(place.source, place.kind, has_text, of_season) for place, (has_text, of_season) in pairs)
