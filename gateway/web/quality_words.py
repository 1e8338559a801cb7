"""The labels of quality badges and of a title's facts on the pages."""

from collections.abc import Mapping
from typing import Final

from shared.settings.model import TitleFact
from shared.settings.quality import Quality

FACTS: Final[Mapping[str, str]] = {TitleFact.GENRE: "Genre", TitleFact.RUNTIME: "Runtime", TitleFact.YEAR: "Year"}

_AUDIO: Final = {"dd": "Dolby Digital ", "ddp": "Dolby Digital Plus ", "truehd": "TrueHD ", "pcm": "PCM "}
_CHANNELS: Final = {"20": "2.0", "51": "5.1", "71": "7.1"}
_NAMED: Final = {
    Quality.SD: "SD",
    Quality.K2: "2K",
    Quality.K4: "4K",
    Quality.K4_UPSCALED: "4K upscaled",
    Quality.K5: "5K",
    Quality.K8: "8K",
    Quality.THREE_D: "3D",
    Quality.HDR: "HDR",
    Quality.HDR10_PLUS: "HDR10+",
    Quality.DOLBY_VISION: "Dolby Vision",
    Quality.REMUX: "Remux",
    Quality.BLURAY: "Blu-ray",
    Quality.DVD: "DVD",
    Quality.WEB: "Web",
    Quality.H264: "H.264",
    Quality.H265: "H.265",
    Quality.AUDIO20: "Stereo",
    Quality.AUDIO51: "5.1",
    Quality.AUDIO71: "7.1",
    Quality.ATMOS: "Atmos",
}


def _label(quality: Quality) -> str:
    codec, channels = quality[:-2], _CHANNELS.get(quality[-2:])
    return f"{_AUDIO[codec]}{channels}" if channels and codec in _AUDIO else _NAMED.get(quality, quality.value)


QUALITIES: Final[Mapping[str, str]] = {quality: _label(quality) for quality in Quality}
