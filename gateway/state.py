"""What the running app holds, under typed keys."""

from typing import Final

from aiohttp import web

from gateway.hints import Hints
from gateway.keys.lookup import KeyLookup
from gateway.keys.news import Newsreader
from gateway.metrics import GatewayMetrics
from gateway.usage import Usage

HINTS: Final = web.AppKey("hints", Hints)
KEYS: Final = web.AppKey("keys", KeyLookup)
METRICS: Final = web.AppKey("metrics", GatewayMetrics)
NEWS: Final = web.AppKey("news", Newsreader)
USAGE: Final = web.AppKey("usage", Usage)
