"""Typed keys of the parts that the app holds."""

from typing import Final

from aiohttp import web

from gateway.keys.cache import ApiKeyCache
from gateway.keys.change_feed import ChangeFeed
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics
from gateway.pictures.prefetch import Prefetch

PREFETCH: Final = web.AppKey("prefetch", Prefetch)
KEYS: Final = web.AppKey("keys", ApiKeyCache)
METRICS: Final = web.AppKey("metrics", GatewayMetrics)
CHANGE_FEED: Final = web.AppKey("change_feed", ChangeFeed)
USAGE: Final = web.AppKey("usage", Usage)
