"""The lettering of quality badges: our own, with no trademark of a format's owner."""

from collections.abc import Mapping
from typing import Final

from shared.settings.quality import Quality

QUALITY_TEXT: Final[Mapping[Quality, str]] = {
    Quality.P240: "240p",
    Quality.P360: "360p",
    Quality.P480: "480p",
    Quality.P576: "576p",
    Quality.P720: "720p",
    Quality.P1080: "1080p",
    Quality.SD: "SD",
    Quality.K2: "2K",
    Quality.K4: "4K",
    Quality.K4_UPSCALED: "4K UP",
    Quality.K5: "5K",
    Quality.K8: "8K",
    Quality.THREE_D: "3D",
    Quality.HDR: "HDR",
    Quality.HDR10_PLUS: "HDR10+",
    Quality.DOLBY_VISION: "DV",
    Quality.REMUX: "REMUX",
    Quality.BLURAY: "BLU-RAY",
    Quality.DVD: "DVD",
    Quality.WEB: "WEB",
    Quality.H264: "H.264",
    Quality.H265: "H.265",
    Quality.AUDIO20: "2.0",
    Quality.AUDIO51: "5.1",
    Quality.AUDIO71: "7.1",
    Quality.DD20: "DD 2.0",
    Quality.DD51: "DD 5.1",
    Quality.DDP20: "DD+ 2.0",
    Quality.DDP51: "DD+ 5.1",
    Quality.TRUEHD51: "TRUEHD 5.1",
    Quality.TRUEHD71: "TRUEHD 7.1",
    Quality.PCM51: "PCM 5.1",
    Quality.PCM71: "PCM 7.1",
    Quality.ATMOS: "ATMOS",
}
"""What a chip says, by quality."""
