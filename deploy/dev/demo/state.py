"""What the handlers share: the app's keys and their way of responding."""

from collections import Counter
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.picture_cache import PictureCache

Json = dict[str, object]
ANSWERS: Final = msgspec.json.decode(
    Path(__file__).with_name("answers.json").read_bytes(), type=dict[str, dict[str, Json]]
)
"""The responses by source and kind, without the parts that are calculated; `filled` replaces their placeholders."""
CATALOGUE: Final = web.AppKey("catalogue", Catalogue)
PICTURES: Final = web.AppKey("pictures", PictureCache)
CALLS: Final = web.AppKey("calls", Counter[str])
_DIGITS: Final = 6


def filled(answer: Json, **subjects: object) -> Json:
    """Return an answer with the value for each placeholder, looked up in the subjects.

    A text ``$title.tmdb`` is replaced by that value, whatever its type; all others are format strings.
    """
    return {name: _value(each, subjects) for name, each in answer.items()}


def _value(shape: object, subjects: Mapping[str, object]) -> object:
    match shape:
        case dict():
            return filled(shape, **subjects)
        case list():
            return [_value(each, subjects) for each in shape]
        case str() if shape.startswith("$"):
            return attrgetter(shape[1:])(SimpleNamespace(**subjects))
        case str():
            return shape.format(**subjects)
        case _:
            return shape


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with this body as JSON."""
    raw = msgspec.json.encode(body)
    return web.Response(body=raw, status=status, headers=headers, content_type="application/json", charset="utf-8")


def number_in(request: web.Request, name: str, usual: int) -> int:
    """Return a number of the query; the usual one where it is missing, is none, or has too many digits."""
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else usual
