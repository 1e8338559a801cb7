"""What the running app holds, under typed keys."""

from typing import Final

from aiohttp import web

from gateway.keys.cache import KeyLookup
from gateway.keys.change_feed import Newsreader
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics
from gateway.pictures.prefetch import Hints

HINTS: Final = web.AppKey("hints", Hints)
KEYS: Final = web.AppKey("keys", KeyLookup)
METRICS: Final = web.AppKey("metrics", GatewayMetrics)
NEWS: Final = web.AppKey("news", Newsreader)
USAGE: Final = web.AppKey("usage", Usage)
