"""What the handlers share: the app's keys and their way of responding."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.picture_cache import PictureCache

Json = dict[str, object]
ANSWERS: Final = msgspec.json.decode(
    Path(__file__).with_name("answers.json").read_bytes(), type=dict[str, dict[str, Json]]
)
"""The constant parts of the responses, by source and kind of response."""
CATALOGUE: Final = web.AppKey("catalogue", Catalogue)
PICTURES: Final = web.AppKey("pictures", PictureCache)
CALLS: Final = web.AppKey("calls", Counter[str])


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with this body as JSON."""
    raw = msgspec.json.encode(body)
    return web.Response(body=raw, status=status, headers=headers, content_type="application/json", charset="utf-8")
