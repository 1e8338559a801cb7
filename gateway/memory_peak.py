"""What a gateway needs at most: the sum of its limits. The chart's memory limit follows :data:`PEAK_BYTES`."""

from typing import Final

from gateway.keys.api_key import PROFILES_BYTES
from gateway.keys.cache import MOST_KNOWN_BYTES
from gateway.pictures.address import ADDRESSES_BYTES
from gateway.pictures.handler import LAYERS_BYTES
from gateway.pictures.proxy import ProxyLimits
from gateway.pictures.settings_resolver import RESOLVED_BYTES
from gateway.settings.layers import PARSED_BYTES
from shared.http.connections import UNREAD_BYTES

BASE_BYTES: Final = 112 << 20
"""The interpreter with all libraries and pages, and the connections of callers and to stores; measured."""

FACTS_BYTES: Final = 152 << 20
"""Full caches of settings, those that keys have used today, refused keys, announcements, rate limits and usage, limited
by their number of entries."""

PEAK_BYTES: Final = (
    BASE_BYTES
    + FACTS_BYTES
    + MOST_KNOWN_BYTES
    + ADDRESSES_BYTES
    + RESOLVED_BYTES
    + LAYERS_BYTES
    + 2 * PARSED_BYTES
    + PROFILES_BYTES
    + ProxyLimits().bytes
    + UNREAD_BYTES
)
