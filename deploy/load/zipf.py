"""Realistic popularity: few titles and settings are requested very often, most of them rarely, following Zipf's law."""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse

_T = TypeVar("_T")
_LABELS = ("t", "i", "o")
_EVERY_LARGE = 5  # one of this many settings has the large size


def drawn(items: Sequence[_T], *, seed: int) -> Iterator[_T]:
    """Yield items forever: the nth with a frequency of ``1 / n``; the same sequence for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing here is a secret
    weights = list(accumulate(1 / nth for nth in range(1, len(items) + 1)))
    while True:
        yield chance.choices(items, cum_weights=weights)[0]


def looks(number: int) -> list[tuple[str, str]]:
    """Return distinct settings as a query and the settings hash it leads to; the first is the empty query."""
    made = []
    for nth in range(number):
        look = {"ratings_limit": str(1 + nth % 10), "label_style": _LABELS[nth // 10 % 3]} if nth else {}
        if nth % _EVERY_LARGE == _EVERY_LARGE - 1:
            look["imageSize"] = "large"
        query = "&".join(f"{name}={value}" for name, value in look.items())
        made.append((f"?{query}" if query else "", str(settings_hash(parse(Kind.POSTER, Format.JPG, look)))))
    return made
