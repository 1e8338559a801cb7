"""What a gateway needs at most: the sum of its limits. The chart's memory limit follows :data:`PEAK_BYTES`."""

from typing import Final

from gateway.keys.api_key import PROFILES_BYTES
from gateway.keys.known_keys import KNOWN_BYTES, MOST_TEXT_BYTES
from gateway.keys.pinned_art import PINNED_BYTES
from gateway.pictures.address import ADDRESSES_BYTES
from gateway.pictures.proxy_limits import ProxyLimits
from gateway.pictures.settings_resolver import RESOLVED_BYTES
from gateway.settings.layers import PARSED_BYTES
from shared.http.connections import UNREAD_BYTES
from shared.stores.settings_registry import STORED_BYTES

BASE_BYTES: Final = 96 << 20
"""The interpreter with all libraries and pages, and the connections of callers and to stores; measured."""

FACTS_BYTES: Final = 80 << 20
"""Full tables of the settings that keys have used today, refused keys, announcements, rate limits and usage, limited by
their number of entries."""

PEAK_BYTES: Final = (
    BASE_BYTES
    + FACTS_BYTES
    + KNOWN_BYTES
    + MOST_TEXT_BYTES
    + ADDRESSES_BYTES
    + RESOLVED_BYTES
    + STORED_BYTES
    + 2 * PARSED_BYTES
    + PROFILES_BYTES
    + PINNED_BYTES
    + ProxyLimits().bytes
    + UNREAD_BYTES
)
