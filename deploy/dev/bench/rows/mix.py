"""Row t: redirects alone, hits alone, and realistic use, with one renderer and with two."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from deploy.dev.bench.results import Row
from deploy.dev.bench.stage import LOOKS, WAITING, Stage, visit, visits
from deploy.dev.bench.visits_page import HITS, MIX, REDIRECTS
from deploy.load.zipf import drawn

_KNOWN: Final = 200
_TITLES: Final = 300
_WARM: Final = 1200
_VISITS: Final = 3000  # by number: with more time the later ones would be warmer
_STEADY_S: Final = 3.0
_FEW, _MANY = 8, 16  # concurrent callers


async def mixed(stages: Sequence[Stage]) -> list[Row]:
    """Play all three on each stage, the last in turn."""
    for stage in stages:
        await stage.stock(_KNOWN)
        known = stage.drawn[-_KNOWN:]
        await stage.play(visits(known), _FEW)
        await stage.play(visits(known, content=False), _FEW, _STEADY_S, what=REDIRECTS)
        await stage.play(visits(known, keyed=False), _MANY, _STEADY_S, what=HITS)
        titles = list(islice(stage.bench.titles, _TITLES))
        asked = zip(drawn(titles, seed=1), drawn(LOOKS, seed=2), strict=False)
        await stage.play([visit(*each) for each in islice(asked, _WARM)], WAITING)
        await stage.play([visit(*each) for each in islice(asked, _VISITS)], _MANY, what=MIX)
    one, two = (stage.totals[MIX] for stage in stages)
    rates = f"{one.rate:,.0f} and {two.rate:,.0f} visits/s"
    return [Row.stated("t", rates, f"{one.share('HIT'):.1%} of the pictures were stored.")]
