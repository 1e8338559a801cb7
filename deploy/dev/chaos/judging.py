"""Checks whether a response is the one requested: the right title, settings and bytes, and not cached if it must not.

A title is recognised by its artwork: a picture must look more like the artwork of its own film than like any other. The
artwork is taken from the sources, not from the stack. What is late may also be the neutral placeholder.
"""

import hashlib
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit

from PIL import Image, ImageChops, ImageOps, ImageStat

from deploy.dev.chaos.pictures import LOOKS, Picture, original_of
from deploy.dev.demo.catalogue import FILMS
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture, Form
from renderer.drawing.placeholder import placeholder
from shared.domain.pictures import Format, Kind, Size
from tests.stack.caller import Answer

_SMALL: Final[dict[Form, tuple[int, int]]] = {"poster": (24, 36), "backdrop": (32, 18)}
_ART_WIDTH: Final = 92
_PLACEHOLDER: Final = "a placeholder"
_KINDS: Final[dict[Form, Kind]] = {"poster": Kind.POSTER, "backdrop": Kind.BACKDROP}
_PLAIN: Final = "MISS-FALLBACK"
_PLAIN_KEPT: Final = "public, max-age=60"
_FACT_KEPT: Final = "public, max-age=300"
_DEGRADED: Final = "max-age=1200,"
_GOOD: Final = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})


def is_plain(answer: Answer) -> bool:
    """Return whether it is the artwork without ratings."""
    return answer.cache == _PLAIN


def is_whole(answer: Answer) -> bool:
    """Return whether it is the finished picture with all ratings that its sources have."""
    return answer.status in _GOOD and not is_plain(answer) and _DEGRADED not in answer.cache_control


class Judge:
    """Checks every picture; remembers all that were served, so that none is served for another."""

    def __init__(self) -> None:
        self._finished: dict[str, Picture] = {}
        self._whole: dict[Picture, str] = {}
        self._seen: set[tuple[Picture, str]] = set()

    def etag(self, picture: Picture) -> str | None:
        """Return the ETag of the finished picture, if a caller has received it."""
        return self._whole.get(picture)

    def fault_of(self, picture: Picture, answer: Answer) -> str:
        """Return what is wrong with a picture that was answered with 200, or the empty string.

        Takes some milliseconds when these bytes are new.
        """
        look, headers = LOOKS[picture.look], answer.headers
        digest = hashlib.sha256(answer.body).hexdigest()[:32]
        if headers.get("etag") != f'"{digest}"':
            return "the ETag is not that of the bytes"
        if headers.get("x-elements-hash", "") not in urlsplit(answer.url).path.split("/"):
            return "the hash is not that of the address"
        if headers.get("content-type") != look.media_type:
            return f"is {headers.get('content-type')}"
        fault = self._fault_of_history(picture, answer, digest)
        if not fault and (picture, digest) not in self._seen:
            fault = _fault_of_pixels(picture, answer)
            self._seen.add((picture, digest))
        return fault

    def _fault_of_history(self, picture: Picture, answer: Answer, digest: str) -> str:
        if is_plain(answer):  # two settings may have the same fallback artwork
            return ""
        if self._finished.setdefault(digest, picture) != picture:
            return "the same bytes were served for another picture"
        if is_whole(answer) and self._whole.setdefault(picture, digest) != digest:
            return "the finished picture was a different one before"
        return ""


def accident_kept(answer: Answer, *, exists: bool) -> str:
    """Return how public caches would store a transient error, or the empty string if they would not.

    Only permanent results may be stored: pictures, fallback artwork for a minute, and that an unknown film is unknown.
    """
    kept = answer.cache_control
    if answer.status in _GOOD:
        return kept if is_plain(answer) and kept != _PLAIN_KEPT else ""
    if answer.status == HTTPStatus.NOT_FOUND and not exists and kept == _FACT_KEPT:
        return ""
    return "" if kept == "no-store" else f"{answer.status} {kept or 'without Cache-Control'}"


def _fault_of_pixels(picture: Picture, answer: Answer) -> str:
    look = LOOKS[picture.look]
    try:
        with Image.open(BytesIO(answer.body)) as image:
            image.load()
            if image.size != look.size:
                return f"is {image.width}x{image.height}"
            likest = _likest(look.form, image)
    except (OSError, SyntaxError, ValueError) as error:
        return f"cannot be decoded: {type(error).__name__}"
    wanted = original_of(picture.film).slug
    if likest == wanted or (likest == _PLACEHOLDER and is_plain(answer)):
        return ""
    return f"looks like {likest} and not like {wanted}"


def _likest(form: Form, image: Image.Image) -> str:
    """Return the film whose artwork this resembles most."""
    small = _thumbnail(form, image)

    def distance(art: Image.Image) -> float:
        return sum(ImageStat.Stat(ImageChops.difference(small, art)).mean)

    return min(_arts(form), key=lambda slug: min(distance(art) for art in _arts(form)[slug]))


@lru_cache(2)
def _arts(form: Form) -> dict[str, list[Image.Image]]:
    arts = {film.slug: [_art(film.slug, form, duotone=it) for it in (False, True)] for film in FILMS}
    neutral = Image.open(BytesIO(placeholder(_KINDS[form], Size.MEDIUM, Format.JPG)))
    return arts | {_PLACEHOLDER: [_thumbnail(form, neutral)]}


def _art(slug: str, form: Form, *, duotone: bool) -> Image.Image:
    return _thumbnail(form, Image.open(BytesIO(render(DemoPicture(slug, form, "xx", duotone), _ART_WIDTH, "jpg"))))


def _thumbnail(form: Form, image: Image.Image) -> Image.Image:
    return ImageOps.fit(image.convert("RGB"), _SMALL[form])
