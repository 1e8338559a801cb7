"""Settings as the query parameters that lead to them, for captions and for links to the page where they are chosen."""

from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from gateway.settings.layers import as_text
from gateway.settings.resolved import as_parameters
from shared.settings.model import Settings
from shared.settings.parameters import parse

_MOST_REMEMBERED: Final = 512
_READABLE: Final = ",|:"
"""What stands in lists, and need not be escaped in a query."""


@lru_cache(_MOST_REMEMBERED)
def shortest_query(settings: Settings) -> str | None:
    """Return a query that leads to these settings and names nothing that is at its default; empty for the defaults.

    ``None`` for settings that no query leads to.
    """
    kind, fmt = settings.kind, settings.format
    usual = as_parameters(parse(kind, fmt, {}))
    whole = {name: as_text(value) for name, value in as_parameters(settings).items() if value is not None}
    query = {name: text for name, text in whole.items() if text != as_text(usual[name])}
    if parse(kind, fmt, query) != settings:  # something at its default matters beside the rest
        query = whole
        if parse(kind, fmt, query) != settings:
            return None
    for name in tuple(query):
        without = {other: text for other, text in query.items() if other != name}
        if parse(kind, fmt, without) == settings:
            query = without
    while (order := query.get("ratings_order", "")) and "," in order:
        shorter = query | {"ratings_order": order.rpartition(",")[0]}
        if parse(kind, fmt, shorter) != settings:
            break
        query = shorter
    return urlencode(query, safe=_READABLE)
