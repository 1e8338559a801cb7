"""What the handlers share: the app's keys and the way they answer."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.press import Press

CATALOGUE: Final = web.AppKey("catalogue", Catalogue)
PRESS: Final = web.AppKey("press", Press)
CALLS: Final = web.AppKey("calls", Counter[str])


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    raw = msgspec.json.encode(body)
    return web.Response(body=raw, status=status, headers=headers, content_type="application/json", charset="utf-8")
