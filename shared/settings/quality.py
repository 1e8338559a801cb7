"""The quality of a file, as its client states it: RPDB's words, several of which mean the same."""

import re
from enum import StrEnum
from typing import Final

MOST_QUALITIES: Final = 4
"""RPDB's own limit per picture."""

_DECORATED: Final = re.compile(r"(?P<word>[a-z0-9]+?)(?:color(?:ful|alt)?|gold|lossless|surround|3dsound)?", re.ASCII)
"""RPDB has several drawings of one badge, which its words tell apart by these endings."""


class Quality(StrEnum):
    """A property of a file; the values are RPDB's words without the endings that choose a drawing."""

    P240 = "240p"
    P360 = "360p"
    P480 = "480p"
    P576 = "576p"
    P720 = "720p"
    P1080 = "1080p"
    SD = "sd"
    K2 = "2k"
    K4 = "4k"
    K4_UPSCALED = "4kupscaled"
    K5 = "5k"
    K8 = "8k"
    THREE_D = "3d"
    HDR = "hdr"
    HDR10_PLUS = "hdr10plus"
    DOLBY_VISION = "dolbyvision"
    REMUX = "remux"
    BLURAY = "bluray"
    DVD = "dvd"
    WEB = "web"
    H264 = "h264"
    H265 = "h265"
    AUDIO20 = "audio20"
    AUDIO51 = "audio51"
    AUDIO71 = "audio71"
    DD20 = "dd20"
    DD51 = "dd51"
    DDP20 = "ddp20"
    DDP51 = "ddp51"
    TRUEHD51 = "truehd51"
    TRUEHD71 = "truehd71"
    PCM51 = "pcm51"
    PCM71 = "pcm71"
    ATMOS = "atmos"


def read_qualities(text: str) -> tuple[Quality, ...]:
    """Return the first qualities of a list; words without a meaning here are left out and do not count."""
    found = dict.fromkeys(quality for word in text.split(",") if (quality := _quality(word)))
    return tuple(found)[:MOST_QUALITIES]


def _quality(word: str) -> Quality | None:
    plain = re.sub("[ _-]", "", word.lower())
    match = _DECORATED.fullmatch(plain)
    known = {plain, match["word"]} if match else {plain}
    return next((quality for quality in Quality if quality in known), None)
